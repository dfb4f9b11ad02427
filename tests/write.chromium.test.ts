// What the page Write reads and draws from, without the page: the writer that ships beside Transformers, the engine's own sampler,
// the recording, and a GPT of the Train page's session while it learns.
import { describe, expect, it } from 'vitest';
import { next } from '../demo/write/example';
import { unpack } from '../demo/write/recording';
import recordedFile from '../demo/write/recording.json';
import { rank, shape } from '../demo/write/sampling';
import type { WriteEvent } from '../demo/write/session/protocol';
import { WriteSession } from '../demo/write/session/session';
import { beginningOf } from '../demo/write/sources';
import { Session } from '../demo/session/session';
import { SIZES } from '../demo/session/sizes';
import type { Connection } from '../demo/session/connection';
import { ShippedReader } from '../demo/session/shipped-reader';
import { Trained } from '../demo/session/trained';
import { Graph, sample, type Device } from '../engine/index';
import fixture from './fixtures/writer.json';
import { withDevice } from './harness/device';

const files = {
  'config.json': new URL('../demo/models/writer/config.json', import.meta.url).href,
  'model.safetensors': new URL('../demo/models/writer/model.safetensors', import.meta.url).href,
  'tokenizer.json': new URL('../demo/models/writer/tokenizer.json', import.meta.url).href,
};
const { text, ids, probabilities, attention } = fixture;

/** Distances of two lists of numbers: the largest. */
const apart = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, x, i) => Math.max(most, Math.abs(x - b[i])), 0);

describe('the writer that ships', () => {
  let device: Device;
  withDevice((opened) => (device = opened));
  const connection: Pick<Connection, 'use'> = { use: (work) => work(device) };
  const shipped = new ShippedReader();
  const read = (what: string | readonly number[], options = {}) =>
    shipped.use(connection, files, (reader) => reader.read(what, options));

  it('reads a text as Transformers does: what may follow, surprise, attention of every head', async () => {
    const reading = await read(text);
    expect([...reading.ids]).toEqual(ids);
    expect([reading.text, reading.from]).toEqual([text, 0]);
    const V = reading.logits.length / ids.length;
    const row = (t: number) => reading.logits.subarray(t * V, (t + 1) * V);
    for (const [t, p] of probabilities.entries()) {
      const shaped = shape(rank(row(t)), { temperature: 1, topK: 0, topP: 1 });
      expect(
        Math.abs(Math.log(shaped.own[shaped.order.indexOf(ids[t + 1])] / p)),
        `token ${t + 1}`,
      ).toBeLessThan(1e-3);
    }
    for (const { temperature, topK, topP, kept, best } of fixture.drawn) {
      const shaped = shape(rank(row(ids.length - 1)), { temperature, topK, topP });
      const where = JSON.stringify({ temperature, topK, topP });
      expect(Math.abs(shaped.topP.count - kept), `${where}: tokens kept`).toBeLessThanOrEqual(
        kept > 100 ? 1 : 0,
      );
      expect([...shaped.order.subarray(0, best.length)], where).toEqual(best.map(([id]) => id));
      for (const [at, [, share]] of best.entries()) expect(shaped.share(at), where).toBeCloseTo(share, 4);
    }
    expect(reading.maps).toHaveLength(attention.length);
    for (const [layer, heads] of attention.entries()) {
      const { rows, columns, probabilities: maps } = reading.maps[layer];
      for (const [head, last] of heads.entries()) {
        const at = (head * rows + rows - 1) * columns;
        expect(apart(last, maps.subarray(at, at + columns)), `layer ${layer}, head ${head}`).toBeLessThan(
          2e-4,
        );
      }
    }
  });

  it('draws what the engine draws from its logits: nothing that is cut, and all that is kept', async () => {
    const { logits } = await read(text, { attention: false });
    const V = logits.length / ids.length;
    const likely = rank(logits.slice(-V)).order;
    // Few tokens, two of them alike, so that every one that may be drawn is.
    const row = Float32Array.from(likely.subarray(0, 24), (id) => logits[logits.length - V + id]);
    row[5] = row[4];
    const g = new Graph(device);
    const n = 4000;
    using plan = await g.compile({ ids: sample(g, g.input('logits', [n, row.length], 'f32')) });
    const all = Float32Array.from({ length: n * row.length }, (_, i) => row[i % row.length]);
    for (const [temperature, topK, topP] of [
      [0, 0, 1],
      [1, 1, 1],
      [1, 0, 1],
      [0.7, 5, 1], // between the two that are alike
      [2, 12, 0.6],
      [1, 0, 0],
    ]) {
      plan.run({ logits: all }, { temperature, topK, topP, seed: 3 });
      const drawn = new Set(await plan.readIntegers('ids'));
      const shaped = shape(rank(row), { temperature, topK, topP });
      const kept = [...shaped.order].filter((_, at) => shaped.share(at) > 0);
      expect(
        [...drawn].sort((a, b) => a - b),
        JSON.stringify({ temperature, topK, topP }),
      ).toEqual(kept.sort((a, b) => a - b));
    }
  });

  it('reads the end of a text that is longer than it reads', async () => {
    const long = Array.from({ length: 150 }, (_, i) => ids[i % ids.length]);
    const whole = await read(long);
    const end = await read(long.slice(-128));
    expect([whole.from, whole.ids.length]).toEqual([22, 150]);
    expect(whole.logits).toEqual(end.logits);
    expect(whole.maps).toEqual(end.maps);
    expect(whole.logits.length).toBe(128 * 2048);
  });

  it('texts that are read at the same time do not mix', async () => {
    const others = await Promise.all([read('A'), read(text), read('In the years after')]);
    for (const { text: one, logits, maps } of others) {
      const alone = await read(one);
      expect(logits).toEqual(alone.logits);
      expect(maps).toEqual(alone.maps);
    }
    expect((await read('')).text).toBe('\n');
  });

  it('is what was recorded for browsers without WebGPU, and a beginning of it is read as by itself', async () => {
    const { reading, given, info } = unpack(recordedFile);
    const model = await read([...reading.ids]);
    expect(reading.text).toBe(model.text);
    expect(apart(reading.logits, model.logits)).toBeLessThan(2e-3); // thousandths, and another adapter
    expect(reading.maps).toHaveLength(model.maps.length);
    for (const [layer, { probabilities: maps }] of reading.maps.entries()) {
      expect(apart(maps, model.maps[layer].probabilities)).toBeLessThan(2e-4);
    }
    expect([...reading.ids.subarray(0, given)]).toEqual(ids);
    const known = await shipped.use(connection, files, (reader) => Promise.resolve(reader.info()));
    expect({ ...known, number: 0 }).toEqual(info);
    const beginning = beginningOf(reading, given);
    const alone = await read(text);
    expect(apart(beginning.logits, alone.logits)).toBeLessThan(2e-3);
    for (const [layer, { probabilities: maps }] of beginning.maps.entries()) {
      expect(maps.length).toBe(alone.maps[layer].probabilities.length);
      expect(apart(maps, alone.maps[layer].probabilities)).toBeLessThan(2e-4);
    }
  });

  it('the code that the page shows finds the same', async () => {
    const folder = async (name: string): Promise<Blob | null> => {
      const url = (files as Readonly<Record<string, string>>)[name];
      return url === undefined ? null : (await fetch(url)).blob();
    };
    const { words, attention: row } = await next(folder, text);
    const reading = await read(text);
    const V = reading.logits.length / ids.length;
    const { tokens } = await shipped.use(connection, files, (reader) => Promise.resolve(reader.info()));
    const { order } = rank(reading.logits.slice(-V));
    expect(words).toEqual([...order.subarray(0, 5)].map((id) => tokens[id]));
    expect(apart(row, attention[1][2])).toBeLessThan(2e-4);
  });
});

describe('a GPT of this tab', () => {
  it('is read between two steps while it learns, and by another one when it is replaced', async () => {
    const trained = new Trained();
    const teacher = new Session(() => undefined, trained);
    const events: WriteEvent[] = [];
    const session = new WriteSession((event) => events.push(event), new ShippedReader(), trained);
    await session.open();
    const told = () => events.flatMap((event) => (event.kind === 'trained' ? [event.trained] : []));
    expect(told()).toEqual([null]);
    await expect(session.read('own', {}, 'ab', true)).rejects.toThrow(/no GPT/);

    await teacher.chooseText({ kind: 'pasted', text: 'abcdefgh'.repeat(200) });
    const size = { ...SIZES[0], batch: 2, context: 16 };
    const settings = {
      size,
      tokenizer: 'characters',
      rate: 3e-3,
      steps: 60,
      prompt: 'ab',
      temperature: 1,
    } as const;
    const training = teacher.train(settings);
    const surprise = new Map<number, number>();
    let going = true;
    void training.then(() => (going = false));
    while (going) {
      await new Promise((resolve) => setTimeout(resolve, 30));
      if (!trained.teacher?.trained) continue;
      const { step, logits, maps, number } = await session.read('own', {}, 'abcdefg', true);
      expect(number).toBe(trained.teacher.trained.number);
      expect(maps.map(({ heads, rows }) => [heads, rows])).toEqual([
        [size.heads, 7],
        [size.heads, 7],
      ]);
      for (const { probabilities: all } of maps) {
        for (let at = 0; at < all.length; at += 7) {
          expect(all.subarray(at, at + 7).reduce((a, b) => a + b)).toBeCloseTo(1, 4);
        }
      }
      const { tokens } = await session.about('own', {});
      const shaped = shape(rank(logits.slice(-tokens.length)), { temperature: 1, topK: 0, topP: 1 });
      const h = [...shaped.order].findIndex((id) => tokens[id] === 'h');
      surprise.set(step!, -Math.log2(shaped.own[h]));
    }
    await training;
    // It was read at several steps, and knew better what comes at the last one of these.
    const steps = [...surprise.keys()];
    expect(steps.length).toBeGreaterThan(2);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    expect(surprise.get(steps.at(-1)!)!).toBeLessThan(surprise.get(steps[0])!);
    const last = await session.read('own', {}, 'abcdefg', false);
    expect([last.step, last.maps]).toEqual([60, []]);
    const { tokens } = await session.about('own', {});
    const { order } = rank(last.logits.slice(-tokens.length));
    expect(tokens[order[0]]).toBe('h');
    await expect(session.read('own', {}, 'xyz', true)).rejects.toThrow(/"x"/);
    expect(trained.teacher!.trained).toMatchObject({ state: 'finished', prompt: 'ab', run: { step: 60 } });

    await teacher.chooseText({ kind: 'pasted', text: 'stuvwxyz'.repeat(200) });
    const before = trained.teacher!.trained!.number;
    await teacher.train({ ...settings, steps: 2, prompt: 's' });
    const other = await session.read('own', {}, 'xyz', true);
    expect(other.number).toBe(before + 1);
    expect(other.step).toBe(2);
    await teacher.forget();
    await expect(session.read('own', {}, 'xyz', true)).rejects.toThrow(/no GPT/);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(told().at(-1)).toBeNull();
  });
});
