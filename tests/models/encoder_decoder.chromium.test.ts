// Parity with PyTorch: two translation models around nn.Transformer, see tests/fixtures/make_encoder_decoder.py; and
// decoding through caches against the whole model.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Device, Graph, IGNORE_INDEX, ParameterStore, type Plan } from '../../engine/index';
import { EncoderDecoder } from '../../models/index';
import fixture from '../fixtures/encoder-decoder.json';
import { fixtureTensors, type FixtureTensor } from '../fixtures/load';
import { hash32 } from '../fixtures/portable';
import { feature, openTestGpu } from '../harness/host';
import { expectSteps, fixtureAdamW, portableWeights, relativeError, type PortableParameter } from './parity';

const { B, S, T, V } = fixture.shape;
const { seed, smoothing, config } = fixture;
const { width: C } = config;

interface About {
  readonly sourceVocabulary: number;
  readonly activation: string;
  readonly preNorm: boolean;
  readonly parameters: Readonly<Record<string, PortableParameter>>;
  readonly losses: readonly number[];
  readonly gradientNorms: readonly number[];
}
const models: Readonly<Record<string, About>> = fixture.models;

const modelOf = ({ activation, preNorm, sourceVocabulary }: About): EncoderDecoder =>
  new EncoderDecoder({
    vocabulary: V,
    ...{ sourceVocabulary, preNorm, shared: !preNorm, tied: !preNorm, outputBias: preNorm },
    ...{ width: C, heads: config.heads, hidden: config.hidden, context: config.context },
    ...{ encoderLayers: config.layers, decoderLayers: config.layers },
    activation: activation as 'relu' | 'gelu',
    positions: preNorm ? 'learned' : 'sinusoidal',
    dropout: 0,
  });

/** Our names, and torch's. */
const TORCH: readonly (readonly [ours: RegExp, theirs: string])[] = [
  [/^tokens\./, 'embedding.'],
  [/^sourceTokens\./, 'source_embedding.'],
  [/^(source|target)Positions\./, '$1_positions.'],
  [/^head\./, 'output.'],
  [/attention\.qkv\./, 'self_attn.in_proj_'],
  [/attention\.output\./, 'self_attn.out_proj.'],
  [/crossAttention\.(q|kv)\./, 'multihead_attn.in_proj_'],
  [/crossAttention\.output\./, 'multihead_attn.out_proj.'],
  [/feedForward\.up\./, 'linear1.'],
  [/feedForward\.down\./, 'linear2.'],
  [/attentionNorm\./, 'norm1.'],
  [/(encoder.*)feedForwardNorm\./, '$1norm2.'],
  [/crossAttentionNorm\./, 'norm2.'],
  [/feedForwardNorm\./, 'norm3.'],
];

/** Torch's name of one of our parameters, and which of its rows are ours. */
function torchRows(ours: string): { name: string; first: number; last: number } {
  const name = TORCH.reduce((text, [own, theirs]) => text.replace(own, theirs), ours);
  const [, part] = /\.crossAttention\.(q|kv)\./.exec(ours) ?? [];
  if (!part) return { name, first: 0, last: Infinity };
  return { name, first: part === 'q' ? 0 : C, last: part === 'q' ? C : 3 * C };
}

/** Our part of torch's tensors, which are in `all` under `prefix` and torch's names. */
function ours(all: (name: string) => ArrayLike<number>, name: string): Float32Array {
  const { name: theirs, first, last } = torchRows(name);
  const inner = name.endsWith('.weight') ? C : 1;
  return Float32Array.from(all(theirs)).slice(first * inner, last === Infinity ? undefined : last * inner);
}

/**
 * Biases without those of keys, of which there are C before the last C: softmax is blind to a shift of all scores, so
 * their gradient is rounding noise, of which Adam makes full steps.
 */
function withoutKeys(name: string, data: Float32Array): Float32Array {
  if (!/\.(qkv|kv)\.bias$/.test(name)) return data;
  return Float32Array.from([...data.subarray(0, -2 * C), ...data.subarray(-C)]);
}

const integers = (seed: number, first: number, length: number, below: number): Uint32Array =>
  Uint32Array.from({ length }, (_, i) => hash32(seed, first + i) % below);

/** The batch of step n, as the script makes it. */
function batchAt(n: number, sourceVocabulary: number) {
  const text = integers(seed + 1, n * B * (T + 1), B * (T + 1), V);
  const rows = (shift: number): Uint32Array =>
    Uint32Array.from({ length: B * T }, (_, i) => text[Math.floor(i / T) * (T + 1) + (i % T) + shift]);
  const targetLengths = integers(seed + 3, n * B, B, T - 1).map((length) => length + 2);
  const labels = rows(1).map((id, i) => (i % T < targetLengths[Math.floor(i / T)] ? id : IGNORE_INDEX));
  return {
    source: integers(seed, n * B * S, B * S, sourceVocabulary),
    sourceLengths: integers(seed + 2, n * B, B, S - 1).map((length) => length + 2),
    target: rows(0),
    targetLengths,
    labels,
  };
}

const inputs = (g: Graph, sourceVocabulary: number) => ({
  source: g.input('source', [B, S], 'u32', { below: sourceVocabulary }),
  sourceLengths: g.input('sourceLengths', [B], 'u32'),
  target: g.input('target', [B, T], 'u32', { below: V }),
});

// One device for all, so that kernels are compiled once.
let device: Device;
let tensors: Map<string, FixtureTensor>;
beforeAll(async () => {
  device = await Device.open({ gpu: openTestGpu() });
  device.buffers.poison = 0x7fff7fff;
  tensors = await fixtureTensors('encoder-decoder.safetensors');
});
afterAll(() => device[Symbol.dispose]());

/** A store with torch's first weights in it. */
function load(name: string, model: EncoderDecoder, train: boolean): ParameterStore {
  const weights = portableWeights(models[name].parameters, name, seed);
  const store = new ParameterStore(device, model, { init: 'none', train });
  for (const key of store.parameters.keys())
    store.write(
      key,
      ours((theirs) => weights.get(theirs)!, key),
    );
  const used = new Set([...store.parameters.keys()].map((key) => torchRows(key).name));
  expect([...used].sort()).toEqual([...weights.keys()].sort());
  return store;
}

describe.each(Object.entries(models))('%s equals PyTorch', (name, about) => {
  const wanted = (part: string, key: string): Float32Array =>
    ours((theirs) => tensors.get(`${name}.${part}.${theirs}`)!.data, key);
  const model = modelOf(about);

  /** The loss and every gradient of a batch. */
  async function lossPlan(): Promise<Plan> {
    const g = new Graph(device, { train: true });
    const { source, sourceLengths, target } = inputs(g, about.sourceVocabulary);
    const labels = g.input('labels', [B, T], 'u32', { below: V });
    const loss = model.loss(g, source, sourceLengths, target, labels, { smoothing });
    g.backprop(loss);
    return g.compile({ loss });
  }

  it('loss and every gradient by name', async () => {
    using store = load(name, model, true);
    using plan = await lossPlan();
    const { targetLengths: _, ...fed } = batchAt(0, about.sourceVocabulary);
    plan.run(fed);
    expect(Math.abs((await plan.read('loss'))[0] / about.losses[0] - 1)).toBeLessThan(2e-6);
    for (const key of store.parameters.keys()) {
      const got = await store.read(key, 'gradient');
      const error = relativeError(withoutKeys(key, got), withoutKeys(key, wanted('grad', key)));
      expect(error, key).toBeLessThan(2e-5);
      if (withoutKeys(key, got) !== got) {
        for (const d of got.subarray(-2 * C, -C)) expect(Math.abs(d), `keys of ${key}`).toBeLessThan(1e-6);
      }
    }
  });

  async function logitsError(storage: 'f32' | 'f16'): Promise<number> {
    using _store = load(name, model, false);
    const g = new Graph(device, { storage });
    const { source, sourceLengths, target } = inputs(g, about.sourceVocabulary);
    const targetLengths = g.input('targetLengths', [B], 'u32');
    using plan = await g.compile({
      logits: model.forward(g, source, sourceLengths, target, targetLengths),
    });
    const { labels: _, ...fed } = batchAt(0, about.sourceVocabulary);
    plan.run(fed);
    return relativeError(await plan.read('logits'), tensors.get(`${name}.logits`)!.data);
  }

  it('logits, those of padding too', async () => expect(await logitsError('f32')).toBeLessThan(5e-6));

  it.skipIf(!feature('shader-f16'))('f16 storage stays near (needs shader-f16)', async () => {
    const error = await logitsError('f16');
    expect(error).toBeLessThan(5e-3); // a few roundings of 2⁻¹¹ a layer
    expect(error).toBeGreaterThan(1e-5); // it did store f16
  });

  it('ten AdamW steps: losses, gradient norms and final weights', async () => {
    const { learningRate: lr } = fixture.adamw;
    const optimizer = fixtureAdamW(fixture.adamw);
    using store = load(name, model, true);
    using plan = await lossPlan();
    const u = new Graph(device, { train: true });
    using update = await u.compile({ norm: optimizer.record(u, store) });
    const reports = [];
    for (let index = 0; index < fixture.steps; index++) {
      const { targetLengths: _, ...fed } = batchAt(index, about.sourceVocabulary);
      plan.run(fed);
      update.run({}, { index, lr, ...optimizer.corrections(index) });
      const [loss] = await plan.read('loss');
      const [norm] = await update.read('norm');
      reports.push({ index, loss, norm });
    }
    expectSteps(reports, about.losses, about.gradientNorms);
    for (const key of store.parameters.keys()) {
      const got = withoutKeys(key, await store.read(key));
      expect(relativeError(got, withoutKeys(key, wanted('after', key))), key).toBeLessThan(5e-5);
    }
  });
});

describe('decoding through caches', () => {
  const beams = 2;
  const rows = B * beams;
  const about = models['post'];
  const model = modelOf(about);
  const { source, sourceLengths } = batchAt(0, about.sourceVocabulary);

  /** Of whole targets, (B·K) rows: logits by row and position. */
  async function whole() {
    const g = new Graph(device);
    const ids = g.input('ids', [rows, S], 'u32');
    const lengths = g.input('lengths', [rows], 'u32');
    const logits = model.forward(g, ids, lengths, g.input('target', [rows, T], 'u32'));
    const plan = await g.compile({ logits });
    const sentence = (r: number): number => Math.floor(r / beams);
    return {
      [Symbol.dispose]: () => plan[Symbol.dispose](),
      async logits(texts: readonly (readonly number[])[]): Promise<Float32Array[]> {
        const target = new Uint32Array(rows * T);
        texts.forEach((text, r) => target.set(text, r * T));
        plan.run({
          ids: Uint32Array.from(
            { length: rows * S },
            (_, i) => source[sentence(Math.floor(i / S)) * S + (i % S)],
          ),
          lengths: Uint32Array.from({ length: rows }, (_, r) => sourceLengths[sentence(r)]),
          target,
        });
        const all = await plan.read('logits');
        return texts.map((text, r) => all.slice((r * T + text.length - 1) * V, (r * T + text.length) * V));
      },
    };
  }

  it('gives what the whole model gives, as hypotheses change places', async () => {
    using _store = load('post', model, false);
    // Longer caches than sources and targets.
    const caches = model.caches(B, { beams, source: S + 1, target: T + 3 });
    using _state = new ParameterStore(device, { caches });
    using reference = await whole();

    const e = new Graph(device);
    const memory = model.encode(e, e.input('source', [B, S], 'u32'), e.input('lengths', [B], 'u32'));
    model.remember(e, memory, caches);
    using encode = await e.compile({ memory });
    encode.run({ source, lengths: sourceLengths });

    const g = new Graph(device);
    const ids = g.input('ids', [rows, 1], 'u32', { below: V });
    const lengths = g.input('lengths', [B], 'u32');
    const order = g.input('order', [rows], 'u32', { below: rows });
    using step = await g.compile({ logits: model.next(g, ids, caches, { sourceLengths: lengths, order }) });

    let texts: number[][] = Array.from({ length: rows }, () => []);
    for (let position = 0; position < T; position++) {
      const parents = Array.from({ length: rows }, (_, r) => {
        const first = r - (r % beams);
        return position === 0 ? r : first + (hash32(91, position * rows + r) % beams);
      });
      const tokens = integers(92, position * rows, rows, V);
      texts = parents.map((parent, r) => [...texts[parent], tokens[r]]);
      step.run(
        { ids: tokens, order: Uint32Array.from(parents), ...(position === 0 && { lengths: sourceLengths }) },
        { position, length: 1 },
      );
      const got = await step.read('logits');
      for (const [r, want] of (await reference.logits(texts)).entries()) {
        const error = relativeError(got.subarray(r * V, (r + 1) * V), want);
        expect(error, `position ${position}, row ${r}`).toBeLessThan(5e-6);
      }
    }

    // What each hypothesis looks at: rows are hypotheses, and padding of the source is not seen.
    const map = await step.attention('decoder.layers.1.crossAttention', 'mean', { batch: 1 });
    const width = map.probabilities.length / beams;
    for (let k = 0; k < beams; k++) {
      const seen = map.probabilities.subarray(k * width, (k + 1) * width);
      expect(seen.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
      expect(seen.subarray(sourceLengths[1]).every((p) => p === 0)).toBe(true);
    }
  });

  it('takes a prefix at once', async () => {
    using _store = load('post', model, false);
    const caches = model.caches(B, { beams, source: S, target: T });
    using _state = new ParameterStore(device, { caches });
    using reference = await whole();
    const g = new Graph(device);
    const lengths = g.input('lengths', [B], 'u32');
    model.remember(g, model.encode(g, g.input('source', [B, S], 'u32'), lengths), caches);
    using plan = await g.compile({
      logits: model.next(g, g.input('ids', [rows, 4], 'u32'), caches, { sourceLengths: lengths }),
    });
    const ids = integers(93, 0, rows * 4, V);
    plan.run({ source, lengths: sourceLengths, ids }, { length: 3 });
    const want = await reference.logits(
      Array.from({ length: rows }, (_, r) => [...ids.subarray(r * 4, r * 4 + 3)]),
    );
    const got = await plan.read('logits');
    for (let r = 0; r < rows; r++) {
      expect(relativeError(got.subarray(r * V, (r + 1) * V), want[r]), `row ${r}`).toBeLessThan(5e-6);
    }
  });
});
