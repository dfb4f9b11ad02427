// Reading many texts: calls at once, failures in the middle, lost devices. The model is a table, so that shapes compile fast.
import { afterEach, describe, expect, it } from 'vitest';
import { Device, embedding, type Encoding } from '../../engine/index';
import { TextReader, type Taken } from '../../models/tasks/text_reader';
import { openTestGpu } from '../harness/host';
import { Losing } from '../harness/losing';
import { withDevice } from '../harness/device';

const CONTEXT = 2048;
const TABLE = Float32Array.from({ length: 50 }, (_, i) => i);

const textOf = (length: number): Encoding => {
  const numbers = Uint32Array.from({ length }, (_, i) => (7 * i + length) % 50);
  const zeros = new Uint32Array(length);
  return {
    ids: numbers,
    segments: zeros,
    texts: new Int8Array(length),
    offsets: new Uint32Array(2 * length),
    words: new Int32Array(length),
  };
};
const readerOn = (device: Device, tokens = CONTEXT): TextReader =>
  new TextReader(
    device,
    { config: { context: CONTEXT } },
    (g, { ids }) => ({ rows: embedding(g, ids, g.constant('table', [50, 1], TABLE)) }),
    { tokens },
  );
/** Of more shapes than are kept. */
const lengths = Array.from({ length: 60 }, (_, i) => Math.ceil(1.13 ** i) + i).filter((n) => n <= CONTEXT);

describe('a reader of texts', () => {
  let device: Device;
  const unhandled: unknown[] = [];
  const note = (event: PromiseRejectionEvent): void => void unhandled.push(event.reason);
  globalThis.addEventListener?.('unhandledrejection', note);
  withDevice((opened) => (device = opened), { empty: true });
  afterEach(() => expect(unhandled).toEqual([]));

  it('takes several calls at once, with more shapes than it keeps', async () => {
    using reader = readerOn(device);
    const all = async (own: readonly number[], tokens: number): Promise<void> => {
      for (let round = 0; round < tokens; round++) {
        for (const n of own) {
          const texts = Array.from({ length: 1 + ((n + round) % 3) }, () => textOf(n));
          await reader.read(texts, (i, { rows }) => {
            expect([...rows.subarray(0, n)]).toEqual([...texts[i].ids]);
          });
        }
      }
    };
    await Promise.all([all(lengths, 1), all([...lengths].reverse(), 1), all(lengths.slice(20), 1)]);
  });

  it('says no more once a call has failed', async () => {
    using reader = readerOn(device, 8);
    const texts = Array.from({ length: 12 }, () => textOf(8));
    const reason = new Error('enough');
    for (const how of ['take', 'progress', 'abort'] as const) {
      const ending = new AbortController();
      let heard = 0;
      const take: Taken = () => {
        if (++heard === 3 && how === 'take') throw reason;
      };
      const onProgress = (done: number): void => {
        if (done === 3 && how === 'progress') throw reason;
        if (done === 3 && how === 'abort') ending.abort(reason);
      };
      const reading = reader.read(texts, take, { signal: ending.signal, onProgress });
      await expect(reading, how).rejects.toBe(reason);
      const before = heard;
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(heard, how).toBe(before);
    }
    let last = 0;
    await reader.read(texts, () => {}, { onProgress: (done) => (last = done) });
    expect(last).toBe(12); // and goes on
  });

  it('ends where it is disposed of in the middle', async () => {
    for (const when of [1, 2, 5]) {
      const reader = readerOn(device, 8);
      const texts = Array.from({ length: 12 }, () => textOf(8));
      const onProgress = (done: number): void => {
        if (done === when) reader[Symbol.dispose]();
      };
      await expect(reader.read(texts, () => {}, { onProgress })).rejects.toThrow(/disposed of/);
    }
    const reader = readerOn(device, 8);
    const reading = reader.read([textOf(8)], () => {});
    reader[Symbol.dispose](); // while it compiles
    await expect(reading).rejects.toThrow(/disposed of/);
    reader[Symbol.dispose]();
  });

  it.each(['createBuffer', 'createComputePipelineAsync', 'writeBuffer', 'submit', 'mapAsync'] as const)(
    'tells of a device that is lost at %s',
    async (call) => {
      const losing = new Losing(openTestGpu());
      using own = await Device.open({ gpu: losing.gpu });
      using reader = readerOn(own, 8);
      for (const n of [1, 2]) {
        losing.plan([{ call, n, when: 'before' }]);
        const texts = Array.from({ length: 4 }, (_, i) => textOf(8 * n + i));
        await expect(
          reader.read(texts, () => {}),
          call,
        ).rejects.toThrow(/device|GPU/i);
      }
    },
  );
});
