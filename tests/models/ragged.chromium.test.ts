// Batches of prompts of unequal lengths: each sequence gives what it gives alone, in the models and through ops.
import { describe, expect, it } from 'vitest';
import {
  alibiSlopes,
  Attention,
  type Device,
  Embedding,
  FeedForward,
  Graph,
  LayerNorm,
  normal,
  ParameterStore,
  reorderState,
  slopeBias,
  Stack,
  TransformerLayer,
  type AttentionConfig,
  type LayerState,
  type Plan,
  type Tensor,
} from '../../engine/index';
import { CausalLM } from '../../models/causal_lm';
import { EncoderDecoder } from '../../models/encoder_decoder';
import type { Placed } from '../../models/generation/decoder';
import { GPT } from '../../models/gpt';
import { withDevice } from '../harness/device';

interface Model {
  caches(rows: number): readonly LayerState[];
  next(g: Graph, ids: Tensor, state: readonly LayerState[], options: Placed): Tensor;
}

const [VOCABULARY, CONTEXT, WIDTH] = [23, 10, 16];
const shape = { vocabulary: VOCABULARY, context: CONTEXT, heads: 4, width: WIDTH };

function causal(options: Partial<AttentionConfig>): CausalLM {
  const norm = (): LayerNorm => new LayerNorm(WIDTH);
  const attention = { width: WIDTH, heads: 4, causal: true, init: normal(0.5), ...options };
  const layers = [1, 2].map(
    () =>
      new TransformerLayer({
        attention: new Attention(attention),
        feedForward: new FeedForward({ width: WIDTH, activation: 'gelu_tanh' }),
        ...{ norm, order: 'pre' },
      }),
  );
  const stack = new Stack(layers, { norm: norm() });
  const { vocabulary, context, width } = shape;
  return new CausalLM({
    ...{ vocabulary, context, width, stack },
    ...{ tokens: new Embedding(vocabulary, width), tied: false },
  });
}

/** Rows are hypotheses of one sentence, of which nothing is remembered: it adds the same to all. */
class Hypotheses implements Model {
  readonly model = new EncoderDecoder({ ...shape, encoderLayers: 1, decoderLayers: 1, tied: false });
  caches(rows: number): LayerState[] {
    return this.model.caches(1, { beams: rows, source: 1 });
  }
  next(g: Graph, ids: Tensor, state: readonly LayerState[], options: Placed): Tensor {
    return this.model.next(g, ids, state, options);
  }
}

const models: Readonly<Record<string, () => Model>> = {
  'learned positions': () => new GPT({ ...shape, layers: 2, tied: false }),
  'rotary positions, grouped heads and a sliding window': () =>
    causal({ keyValueHeads: 2, window: 4, rope: { theta: 100 } }),
  ALiBi: () => causal({ distanceBias: slopeBias(alibiSlopes(4)) }),
  'sinusoidal positions, of a decoder': () => new Hypotheses(),
};

const PROMPTS = [[3, 1, 4, 1, 5, 9], [7], [18, 8, 0]] as const;
const STEPS = 5;
/** What they go on with at last, several tokens at once. */
const CHUNKS = [[12], [6, 19, 3, 8], [20, 4]] as const;

const best = (logits: Float32Array): number => logits.indexOf(Math.max(...logits));

/** Decodes prompts side by side; one alone goes the way that knows of no starts. Gives each one's logits, step by step. */
class Batch {
  readonly lengths: number[];
  readonly logits: Float32Array[][];
  readonly #device: Device;
  readonly #model: Model;
  readonly #state: readonly LayerState[];
  readonly #store: ParameterStore;

  constructor(device: Device, model: Model, count: number) {
    this.#device = device;
    this.#model = model;
    this.#state = model.caches(count);
    this.#store = new ParameterStore(device, { state: this.#state });
    this.lengths = new Array<number>(count).fill(0);
    this.logits = this.lengths.map(() => []);
  }

  /** Of T new rows a sequence; where they change places, `order` says which each goes on from. */
  plan(T: number, reorders = false): Promise<Plan> {
    const B = this.lengths.length;
    const g = new Graph(this.#device, { label: `ragged ${T}` });
    const ids = g.input('ids', [B, T], 'u32', { below: VOCABULARY });
    const placed =
      B === 1 ? {} : { starts: g.input('starts', [B], 'u32'), lengths: g.input('lengths', [B], 'u32') };
    if (reorders) {
      const order = g.input('order', [B], 'u32', { below: B });
      reorderState(g, this.#state, order, placed.starts ? { starts: placed.starts } : {});
    }
    return g.compile({ logits: this.#model.next(g, ids, this.#state, placed) });
  }

  /** Feeds some tokens to each sequence, none to those that have ended; what is missing is padding. */
  async feed(
    plan: Plan,
    T: number,
    rows: readonly (readonly number[])[],
    more: Readonly<Record<string, Uint32Array>> = {},
  ): Promise<void> {
    const lengths = Uint32Array.from(rows, (ids) => ids.length);
    const ids = Uint32Array.from(rows.flatMap((own) => [...own, ...PADDING].slice(0, T)));
    const alive = this.lengths.filter((_, b) => lengths[b] > 0);
    const position = Math.min(...alive);
    const starts = Uint32Array.from(this.lengths, (length) => Math.max(0, length - position));
    const batch = this.lengths.length > 1;
    plan.run(
      { ids, ...(batch && { starts, lengths }), ...more },
      { position, ...(!batch && { length: lengths[0] }) },
    );
    const got = await plan.read('logits');
    for (const [b, n] of lengths.entries()) {
      if (n === 0) continue;
      this.lengths[b] += n;
      this.logits[b].push(got.slice(b * VOCABULARY, (b + 1) * VOCABULARY));
    }
  }

  [Symbol.dispose](): void {
    this.#store[Symbol.dispose]();
  }
}

const PADDING = new Array<number>(CONTEXT).fill(21);

async function decode(
  device: Device,
  model: Model,
  which: readonly number[],
): Promise<{ readonly ids: number[][]; readonly logits: Float32Array[][] }> {
  using batch = new Batch(device, model, which.length);
  const prompts = which.map((b) => PROMPTS[b]);
  const chunks = which.map((b) => CHUNKS[b]);
  const [T, C] = [prompts, chunks].map((rows) => Math.max(...rows.map((ids) => ids.length)));
  using prefill = await batch.plan(T);
  using step = await batch.plan(1);
  using chunk = await batch.plan(C);
  await batch.feed(prefill, T, prompts);
  const ids: number[][] = prompts.map(() => []);
  for (let i = 0; i < STEPS; i++) {
    // The longest meets the end of the context while the others go on.
    const next = batch.logits.map((own, b) => (batch.lengths[b] < CONTEXT ? [best(own.at(-1)!)] : []));
    if (next.some((own) => own.length > 0)) await batch.feed(step, 1, next);
    next.forEach((own, b) => ids[b].push(...own));
  }
  const last = chunks.map((own, b) => (batch.lengths[b] + own.length <= CONTEXT ? own : []));
  if (last.some((own) => own.length > 0)) await batch.feed(chunk, C, last);
  return { ids, logits: batch.logits };
}

/** Sums of batches of another size may round otherwise. */
function expectNear(got: Float32Array, want: Float32Array, what: string): void {
  const error = Math.max(...got.map((x, v) => Math.abs(x - want[v])));
  expect(error / Math.max(...want.map(Math.abs)), what).toBeLessThan(1e-6);
}

/** First weights of a GPT are so small that it says the same token for ever. */
async function enlarge(weights: ParameterStore): Promise<void> {
  for (const name of weights.parameters.keys()) {
    if (/norm/i.test(name)) continue;
    weights.write(
      name,
      (await weights.read(name)).map((x) => 20 * x),
    );
  }
}

describe('a batch of unequal prompts gives what each gives alone', () => {
  let device: Device;
  withDevice((opened) => (device = opened));

  it.each(Object.keys(models))('%s', { timeout: 600_000 }, async (name) => {
    const model = models[name]();
    using weights = new ParameterStore(device, model, { seed: 5 });
    if (model instanceof GPT) await enlarge(weights);
    const together = await decode(device, model, [0, 1, 2]);
    expect(together.ids.map((own) => own.length)).toEqual([CONTEXT - 6, STEPS, STEPS]);
    for (const b of PROMPTS.keys()) {
      const alone = await decode(device, model, [b]);
      expect(together.ids[b], `prompt ${b}`).toEqual(alone.ids[0]);
      expect(together.logits[b].length).toBe(alone.logits[0].length);
      together.logits[b].forEach((row, i) =>
        expectNear(row, alone.logits[0][i], `logits ${i} of prompt ${b}`),
      );
    }
  });

  it('changes places with its positions', async () => {
    const model = new GPT({ ...shape, layers: 2, tied: false });
    using weights = new ParameterStore(device, model, { seed: 5 });
    await enlarge(weights);
    using batch = new Batch(device, model, PROMPTS.length);
    using prefill = await batch.plan(6);
    using step = await batch.plan(1, true);
    await batch.feed(prefill, 6, PROMPTS);
    // The longest and the shortest: rows beyond where the shortest stands have to move.
    const order = [1, 0, 2];
    batch.lengths.splice(0, 3, ...order.map((b) => batch.lengths[b]));
    const tokens = [[4], [8], [15]];
    await batch.feed(step, 1, tokens, { order: Uint32Array.from(order) });
    for (const [place, b] of order.entries()) {
      using alone = new Batch(device, model, 1);
      using prompt = await alone.plan(PROMPTS[b].length);
      using next = await alone.plan(1);
      await alone.feed(prompt, PROMPTS[b].length, [PROMPTS[b]]);
      await alone.feed(next, 1, [tokens[place]]);
      expectNear(batch.logits[place][1], alone.logits[0][1], `prompt ${b} in place ${place}`);
    }
  });
});
