// Decoding on this adapter: what must hold of any model. That beam search finds what Hugging Face's does is in
// marian.chromium.test.ts.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Device, Graph, ParameterStore } from '../../engine/index';
import { EncoderDecoder } from '../../models/index';
import {
  SequenceGenerator,
  type GenerateSequenceOptions,
  type Hypothesis,
  type SentenceProgress,
} from '../../models/translation/index';
import { openTestGpu } from '../harness/host';

const V = 23;
const [begin, end] = [1, 2];
const model = new EncoderDecoder({
  ...{ vocabulary: V, context: 12, encoderLayers: 1, decoderLayers: 2, heads: 2, width: 16, hidden: 24 },
  outputBias: true,
});
const sources = [
  [5, 6, 7, 2],
  [9, 2],
  [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 2],
  [21, 20, 2],
];

let device: Device;
let store: ParameterStore;
let generator: SequenceGenerator;
beforeAll(async () => {
  device = await Device.open({ gpu: openTestGpu() });
  device.buffers.poison = 0x7fff7fff;
  store = new ParameterStore(device, model, { seed: 3 });
  // Untrained models hardly ever end.
  store.write('head.bias', new Float32Array(V).fill(1.5, end, end + 1));
  generator = new SequenceGenerator(device, model, { begin, end, sentences: 3, beams: 3 });
});
afterAll(() => {
  generator[Symbol.dispose]();
  store[Symbol.dispose]();
  device[Symbol.dispose]();
});

const ids = (lists: readonly (readonly Hypothesis[])[]): (readonly number[])[][] =>
  lists.map((list) => list.map((hypothesis) => hypothesis.ids));

/** Log-probability of ids and the end after them, by feeding them. */
async function logProbabilityOf(source: readonly number[], { ids, finished }: Hypothesis): Promise<number> {
  const text = finished ? [...ids, end] : ids;
  const g = new Graph(device);
  const [s, t] = [g.input('source', [1, source.length], 'u32'), g.input('target', [1, text.length], 'u32')];
  using plan = await g.compile({ logits: model.forward(g, s, null, t) });
  plan.run({ source: Uint32Array.from(source), target: Uint32Array.from([begin, ...text.slice(0, -1)]) });
  const logits = await plan.read('logits');
  return text.reduce((sum, id, i) => {
    const row = logits.subarray(i * V, (i + 1) * V);
    const top = Math.max(...row);
    return sum + row[id] - top - Math.log(row.reduce((all, x) => all + Math.exp(x - top), 0));
  }, 0);
}

describe('SequenceGenerator', () => {
  const modes: Record<string, GenerateSequenceOptions> = {
    beam: { nBest: 3, noRepeatNgram: 2 },
    greedy: { mode: 'greedy', banned: [4, [5, 6]] },
    sample: { mode: 'sample', nBest: 2, seed: 5, temperature: 1.5, topK: 9, topP: 0.9 },
  };
  it.each(Object.entries(modes))('gives each sentence what it gives alone: %s', async (_, options) => {
    const together = await generator.generate(sources, options);
    for (const [i, source] of sources.entries()) {
      const [alone] = await generator.generate([source], options);
      expect(ids([together[i]])).toEqual(ids([alone]));
      for (const [j, { score }] of alone.entries()) expect(together[i][j].score).toBeCloseTo(score, 4);
      for (const one of alone) {
        expect(one.logProbability).toBeCloseTo(await logProbabilityOf(source, one), 4);
        expect(one.finished ? one.ids.length + 1 : one.ids.length).toBeLessThanOrEqual(12);
      }
    }
    expect(ids(await generator.generate([...sources].reverse(), options))).toEqual(ids(together).reverse());
  });

  it('draws by seed, like greedy where only one token is left to draw', async () => {
    const draw = async (options: GenerateSequenceOptions): Promise<unknown> =>
      ids(await generator.generate(sources, { mode: 'sample', ...options }));
    expect(await draw({ seed: 1 })).toEqual(await draw({ seed: 1 }));
    expect(await draw({ seed: 1 })).not.toEqual(await draw({ seed: 2 }));
    expect(await draw({ topK: 1 })).toEqual(ids(await generator.generate(sources, { mode: 'greedy' })));
    const [[a, b]] = (await draw({ nBest: 2, temperature: 3 })) as number[][][];
    expect(a).not.toEqual(b);
  });

  it('begins as it is told, and avoids what is banned', async () => {
    const forced = [[7, 8], [], [9, 9, 9], [4]];
    for (const mode of ['beam', 'greedy', 'sample'] as const) {
      const lists = await generator.generate(sources, { mode, forced, banned: [4, 10], tokens: 8 });
      for (const [i, [best]] of lists.entries()) {
        expect(best.ids.slice(0, forced[i].length)).toEqual(forced[i]);
        for (const id of best.ids.slice(forced[i].length)) expect([4, 10]).not.toContain(id);
        expect(best.logProbability).toBeCloseTo(await logProbabilityOf(sources[i], best), 4);
      }
    }
    const all = Array.from({ length: V }, (_, id) => id);
    for (const mode of ['beam', 'greedy', 'sample'] as const) {
      const only = await generator.generate(sources, {
        mode,
        banned: all.filter((id) => id !== 6),
        tokens: 4,
      });
      for (const [best] of only) expect(best.ids).toEqual([6, 6, 6, 6]);
      await expect(generator.generate(sources, { mode, banned: all })).rejects.toThrow(
        /all tokens that sentence \d could go on with after 0 are banned. Ban fewer/,
      );
    }
  });

  it('penalises what it left out by the attention of the last layer', async () => {
    const beta = 0.7;
    const plain = await generator.generate(sources, { nBest: 3 });
    const lists = await generator.generate(sources, { nBest: 3, coverage: beta, lengthPenalty: 0.6 });
    expect(lists.flat().some(({ finished }) => finished)).toBe(true);
    expect(ids(lists)).not.toEqual(ids(plain));
    for (const [i, source] of sources.entries()) {
      for (const { ids: own, score, logProbability, finished } of lists[i]) {
        const length = own.length + (finished ? 1 : 0);
        const g = new Graph(device);
        const [s, t] = [g.input('source', [1, source.length], 'u32'), g.input('target', [1, length], 'u32')];
        using plan = await g.compile({ logits: model.forward(g, s, null, t) });
        plan.run({
          source: Uint32Array.from(source),
          target: Uint32Array.from([begin, ...own].slice(0, length)),
        });
        const { probabilities } = await plan.attention('decoder.layers.1.crossAttention', 'mean');
        let penalty = 0;
        for (let at = 0; at < source.length; at++) {
          let sum = 0;
          for (let row = 0; row < length; row++) sum += probabilities[row * source.length + at];
          penalty += Math.log(Math.min(1, sum));
        }
        expect(score).toBeCloseTo(logProbability / length ** 0.6 + beta * penalty, 4);
      }
    }
  });

  it('streams the best of each sentence', async () => {
    const steps: (readonly SentenceProgress[])[] = [];
    const lists = await generator.generate(sources, { onStep: (progress) => steps.push(progress) });
    const last = new Map(steps.flat().map((progress) => [progress.sentence, progress]));
    expect([...last.keys()].sort()).toEqual([0, 1, 2, 3]);
    for (const [i, [best]] of lists.entries()) {
      expect(last.get(i)!.done).toBe(true);
      expect(last.get(i)!.ids).toEqual(best.ids);
    }
    expect(steps[0].every(({ ids: own }) => own.length <= 1)).toBe(true);
  });

  it('stops when asked, can be used again, and does one thing at a time', async () => {
    const stop = new AbortController();
    const aborted = generator.generate(sources, { signal: stop.signal, onStep: () => stop.abort() });
    await expect(generator.generate(sources)).rejects.toThrow('this generator is busy');
    await expect(aborted).rejects.toThrow(/abort/i);
    expect(ids(await generator.generate(sources))).toEqual(ids(await generator.generate(sources)));
    expect(await generator.generate([])).toEqual([]);
  });

  it('says when weights are damaged', async () => {
    const name = 'decoder.layers.1.feedForwardNorm.bias';
    const kept = await store.read(name);
    store.write(
      name,
      kept.map(() => NaN),
    );
    for (const mode of ['beam', 'sample'] as const) {
      await expect(generator.generate(sources, { mode })).rejects.toThrow('the logits are not finite');
    }
    store.write(name, kept);
  });

  it('makes nothing new for the same work again', async () => {
    const options = { nBest: 3, coverage: 0.1 };
    await generator.generate(sources, options);
    const before = device.buffers.stats;
    for (let i = 0; i < 3; i++) await generator.generate(sources, options);
    expect(device.buffers.stats).toEqual(before);
  });
});
