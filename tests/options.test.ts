// A misspelt option would be left out without a word, and its number with it: every bag of options refuses it by name.
import { describe, expect, it } from 'vitest';
import * as attentions from '../engine/attention';
import * as data from '../engine/data';
import * as heed from '../engine/index';
import * as metrics from '../engine/metrics/index';
import { EncoderDecoder, GPT, segmentPairs } from '../models/index';
import { PairVocabulary } from '../models/translation/index';
import { fakeDevice } from './harness/fake-device';

const device = fakeDevice();
const g = new heed.Graph(device);
let inputs = 0;
const f32 = (...shape: number[]): heed.Tensor => g.input(`x${inputs++}`, shape, 'f32');
const u32 = (...shape: number[]): heed.Tensor => g.input(`x${inputs++}`, shape, 'u32');
const kv = (): [heed.Tensor, heed.Tensor] => [f32(2, 8, 8), f32(2, 8, 8)];
const model = { config: { vocabulary: 4 }, loss: () => f32() };
const sizes = { vocabulary: 5, context: 8, heads: 1, width: 4 };
const pair = { source: [3], target: [3] };

/** Calls with a good option and whatever is added to it. */
const texts = [{ ids: [1, 2], label: 1, score: 0.5, tags: [0, 1] }];
const batches = new heed.TextBatches(texts, { pad: 0 });
const calls: Record<string, (more: object) => unknown> = {
  Graph: (o) => new heed.Graph(device, { train: true, ...o }),
  'Graph.input': (o) => g.input(`x${inputs++}`, [2], 'u32', { below: 3, ...o }),
  softmax: (o) => heed.softmax(g, f32(2, 3), { scale: 2, ...o }),
  crossEntropy: (o) => heed.crossEntropy(g, f32(2, 3), u32(2), { labelSmoothing: 0.1, ...o }),
  matmul: (o) => heed.matmul(g, f32(2, 3), f32(3, 2), { transposeA: false, ...o }),
  embedding: (o) => heed.embedding(g, u32(2), f32(4, 2), { padding: 1, ...o }),
  gelu: (o) => heed.gelu(g, f32(2), { approximate: true, ...o }),
  unfold: (o) => heed.unfold(g, f32(2, 3, 8), { kernel: [2], ...o }),
  fold: (o) => heed.fold(g, f32(2, 4, 6), { kernel: [2], stride: 2, size: [8], ...o }),
  convolution: (o) => heed.convolution(g, f32(2, 3, 8), f32(4, 3, 2), { padding: 1, ...o }),
  Convolution: (o) => new heed.Convolution({ inputs: 3, outputs: 4, kernel: [2], ...o }),
  topCandidates: (o) => heed.topCandidates(g, f32(2, 9), { count: 2, ...o }),
  sample: (o) => heed.sample(g, f32(2, 9), { counters: u32(2), ...o }),
  rope: (o) => heed.rope(g, f32(2, 3, 24), { heads: 2, ...o }),
  addPositions: (o) => heed.addPositions(g, f32(2, 3, 4), f32(5, 4), { starts: u32(2), ...o }),
  selectRows: (o) => heed.selectRows(g, f32(2, 3, 4), { lengths: u32(2), ...o }),
  lengthsAfter: (o) => heed.lengthsAfter(g, u32(2), { rows: 3, most: 5, ...o }),
  textPositions: (o) => heed.textPositions(g, u32(2), { rows: 3, first: 1, padding: 0, ...o }),
  attention: (o) => heed.attention(g, { q: f32(2, 3, 8), kv: f32(2, 3, 16), heads: 2, width: 4, ...o }),
  'attention of k and v': (o) =>
    heed.attention(g, { q: f32(2, 3, 8), k: f32(2, 3, 8), v: f32(2, 3, 8), heads: 2, width: 4, ...o }),
  selfAttention: (o) => heed.selfAttention(g, f32(2, 3, 24), { heads: 2, causal: true, ...o }),
  'rope of attention': (o) => heed.selfAttention(g, f32(2, 3, 24), { heads: 2, rope: { theta: 1e4, ...o } }),
  appendCache: (o) => heed.appendCache(g, f32(2, 1, 24), ...kv(), { heads: 2, ...o }),
  decodeAttention: (o) => heed.decodeAttention(g, f32(2, 1, 24), ...kv(), { heads: 2, ...o }),
  decodeCrossAttention: (o) => heed.decodeCrossAttention(g, f32(2, 1, 8), ...kv(), { heads: 2, ...o }),
  reorderCache: (o) => heed.reorderCache(g, ...kv(), u32(2), { within: 2, ...o }),
  linearAttention: (o) => attentions.linearSelfAttention(g, f32(2, 3, 24), { heads: 2, ...o }),
  dotProductAttention: (o) => {
    const x = { q: f32(1, 2, 4), k: f32(1, 2, 4), v: f32(1, 2, 4) };
    return attentions.dotProductAttention(g, { ...x, causal: true, ...o });
  },
  relativeAttention: (o) => {
    const x = { q: f32(1, 2, 4), kv: f32(1, 2, 8), distances: f32(2, 4) };
    const biases = { contentBias: f32(2, 2), positionBias: f32(2, 2) };
    return heed.relativeAttention(g, { ...x, ...biases }, { heads: 2, ...o });
  },
  adamw: (o) => {
    const block = { weights: f32(2), gradients: f32(2), first: f32(2), second: f32(2) };
    heed.adamw(g, block, { beta1: 0.9, ...o });
  },
  sgd: (o) => heed.sgd(g, { weights: f32(2), gradients: f32(2), first: null }, { weightDecay: 0.1, ...o }),
  sum: (o) => heed.sum(g, f32(2, 3), 1, { dtype: 'f32', ...o }),
  max: (o) => heed.max(g, f32(2, 3), 1, { keepdim: true, ...o }),
  meanSquaredError: (o) => heed.meanSquaredError(g, f32(2, 3), f32(2, 3), { weights: f32(2), ...o }),
  binaryCrossEntropy: (o) => heed.binaryCrossEntropy(g, f32(2), f32(2), { weights: f32(2), ...o }),
  Parameter: (o) => new heed.Parameter([2], { decay: false, ...o }),
  Linear: (o) => new heed.Linear(2, 2, { bias: false, ...o }),
  'Linear.forward': (o) => new heed.Linear(2, 2).forward(g, f32(2, 2), { activation: 'relu', ...o }),
  LayerNorm: (o) => new heed.LayerNorm(2, { epsilon: 1e-6, ...o }),
  RMSNorm: (o) => new heed.RMSNorm(2, { epsilon: 1e-6, ...o }),
  Embedding: (o) => new heed.Embedding(2, 2, { init: heed.zeros, ...o }),
  LearnedPositions: (o) => new heed.LearnedPositions(2, 2, { init: heed.zeros, ...o }),
  RelativeAttention: (o) => new heed.RelativeAttention({ width: 8, heads: 2, clamp: 4, ...o }),
  lora: (o) => heed.lora({ rank: 2, ...o }),
  prefix: (o) => heed.prefix({ length: 2, ...o }),
  segments: (o) => heed.segments(new Uint32Array(9), { batch: 1, length: 2, ...o }),
  segmentedText: (o) => heed.segmentedText({ batch: 1, length: 2, ...o }),
  SegmentMemory: (o) => new heed.SegmentMemory(2, 2, 2, { dtype: 'f32', ...o }),
  relativeSinusoidal: (o) => heed.relativeSinusoidal(g, 4, 4, { clamp: 2, ...o }),
  AdamW: (o) => new heed.AdamW({ beta1: 0.9, ...o }),
  SGD: (o) => new heed.SGD({ momentum: 0.9, ...o }),
  transformerSchedule: (o) => heed.transformerSchedule(8, { warmup: 2, ...o }),
  randomWindows: (o) => heed.randomWindows(new Uint32Array(9), { batch: 1, length: 2, ...o }),
  windows: (o) => heed.windows(new Uint32Array(9), { batch: 1, length: 2, ...o }),
  PairBatches: (o) => new data.PairBatches([pair], { begin: 1, end: 2, ...o }),
  nextToken: (o) => heed.nextToken({ batch: 1, length: 2, ...o }),
  TextBatches: (o) => new heed.TextBatches(texts, { pad: 0, ...o }),
  maskedToken: (o) => heed.maskedToken(batches, { mask: 3, vocabulary: 4, specials: [0], ...o }),
  segmentPairs: (o) => segmentPairs([[[4]], [[5]]], { begin: 1, separator: 2, maxLength: 8, ...o }),
  classify: (o) => heed.classify(batches, { classes: 2, ...o }),
  caption: (o) =>
    heed.caption({ shape: [1, 3, 2, 2], fingerprint: '' }, { begin: 0, end: 1, length: 2, ...o }),
  tag: (o) => heed.tag(batches, { classes: 2, ...o }),
  regress: (o) => heed.regress(batches, { numbers: 1, ...o }),
  Pooler: (o) => new heed.Pooler({ width: 4, ...o }),
  Classifier: (o) => new heed.Classifier({ width: 4, classes: 2, dropout: 0.1, ...o }),
  pairs: (o) => data.pairs(new data.PairBatches([pair], { begin: 1, end: 2 }), { smoothing: 0, ...o }),
  GPT: (o) => new GPT({ ...sizes, layers: 1, dropout: 0.1, ...o }),
  EncoderDecoder: (o) =>
    new EncoderDecoder({ ...sizes, encoderLayers: 1, decoderLayers: 1, preNorm: true, ...o }),
  t5Bucket: (o) => heed.t5Bucket(3, { buckets: 8, ...o }),
  BLEU: (o) => new metrics.BLEU({ order: 2, ...o }),
  ChrF: (o) => new metrics.ChrF({ beta: 1, ...o }),
  ErrorRate: (o) => new metrics.ErrorRate({ unit: 'word', ...o }),
  ROUGE: (o) => new metrics.ROUGE({ stemmer: true, ...o }),
};

describe('an option that is not there', () => {
  it.each(Object.entries(calls))('is refused by %s', (_, call) => {
    call({});
    expect(() => call({ casual: true })).toThrow(
      /: there is no option "casual"\. (Did you mean .*)?It takes /,
    );
  });

  it('is told with the nearest that is', () => {
    expect(() => calls['selfAttention']({ casual: true })).toThrow(
      /^attention: there is no option "casual"\. Did you mean causal\? It takes causal, /,
    );
    expect(() => calls['AdamW']({ beta3: 1 })).toThrowErrorMatchingInlineSnapshot(
      `[EngineError: AdamW: there is no option "beta3". Did you mean beta1? It takes beta1, beta2, clip, epsilon, weightDecay.]`,
    );
  });

  it('is refused by schedules, trainers, devices and readers', async () => {
    const objective = heed.nextToken({ batch: 2, length: 2 });
    const options = { device, model, objective, optimizer: new heed.AdamW() };
    const create = (more: object) =>
      heed.Trainer.create({ ...options, schedule: { kind: 'constant', lr: 1 }, ...more } as never);
    await expect(create({ acumulate: 2 })).rejects.toThrow(
      'Trainer: there is no option "acumulate". Did you mean accumulate?',
    );
    await expect(create({ batch: 2, length: 2 })).rejects.toThrow(
      'Trainer: batch and length are those of an objective. Give objective: nextToken({ batch, length }).',
    );
    await expect(create({ objective: { ...objective, identity: { seed: 1 } } })).rejects.toThrow(
      'Trainer: identity of its objective has seed. Call it otherwise',
    );
    await expect(create({ objective: undefined })).rejects.toThrow('Trainer: it has no objective. Give one');
    await expect(create({ schedule: { kind: 'constant', lr: 1, steps: 9 } })).rejects.toThrow(
      'schedule: there is no option "steps". It takes ',
    );
    await expect(heed.Device.open({ power: 'low' } as never)).rejects.toThrow(
      'Device.open: there is no option',
    );
    await expect(heed.averageWeights([], { signl: 1 } as never)).rejects.toThrow('Did you mean signal?');
    const misspelt = { encodng: 'utf-8', limt: 1, minFrequncy: 1 } as never;
    await expect(heed.readText('a text', misspelt)).rejects.toThrow('readText: there is no option "encodng"');
    await expect(data.readPairs('a\tb', misspelt)).rejects.toThrow('readPairs: there is no option');
    const learn = PairVocabulary.learn([{ source: 'a', target: 'b' }], misspelt);
    await expect(learn).rejects.toThrow('PairVocabulary: there is no option');
  });
});

it('windows are of whole numbers, so that they end', () => {
  const tokens = new Uint32Array(20);
  for (const sizes of [{ batch: 0 }, { length: 0 }, { batch: -2 }, { length: 1.5 }, { batch: NaN }]) {
    const options = { batch: 1, length: 4, ...sizes };
    expect(() => heed.windows(tokens, options)).toThrow(/^windows: (batch|length) is /);
    expect(() => heed.randomWindows(tokens, options)).toThrow(/^randomWindows: (batch|length) is /);
  }
});

it('words of configurations are checked, and undefined is the default', () => {
  const config = { vocabulary: 4, context: 4, layers: 1, heads: 1, width: 4 };
  const make = (more: object) => new GPT({ ...config, ...more });
  for (const [more, message] of [
    [{ positions: 'rotary' }, 'GPT: positions is rotary. Use one of learned, rope.'],
    [{ norm: 'rmsnorm' }, 'GPT: norm is rmsnorm.'],
    [{ tied: 'no' }, 'GPT: tied is no. Use one of true, false.'],
    [{ epsilon: NaN }, 'GPT: epsilon is NaN'],
  ] as const) {
    expect(() => make(more)).toThrow(message);
  }
  expect(make({ tied: undefined, positions: undefined }).config).toMatchObject({
    tied: true,
    positions: 'learned',
  });
});

it('names of activations and feature maps are checked, too', () => {
  expect(() => heed.activation(g, f32(2), 'mish' as 'relu')).toThrow(
    'activation: there is no activation "mish". Use gelu, gelu_tanh, gelu_sigmoid, relu, silu, tanh or sigmoid.',
  );
  expect(() => heed.gated(g, f32(2), 'swish' as 'silu')).toThrow('gated: there is no activation "swish"');
  expect(() => calls['matmul']({ activation: 'logistic' })).toThrow(
    'matmul: there is no activation "logistic"',
  );
  expect(() => calls['linearAttention']({ featureMap: 'exp' })).toThrow('there is no featureMap "exp"');
});

it('storage, layouts and numbers of kernels are checked, too', () => {
  expect(() => new heed.Graph(device, { storage: 'bf16' as 'f16' })).toThrow(
    'Graph: storage is bf16. Use one of f32, f16.',
  );
  expect(() => g.input('half', [2], 'bf16' as 'f16')).toThrow('half: dtype is bf16');
  expect(() => new heed.Linear(2, 2, { layout: 'inout' as 'in_out' })).toThrow('Linear: layout is inout');
  for (const factor of [NaN, '2', null]) {
    expect(() => heed.scale(g, f32(2), factor as number)).toThrow(`scale.forward: factor is ${factor}`);
  }
});

it('integers are no floats to compute with', () => {
  for (const op of [heed.softmax, heed.relu, heed.gelu]) {
    expect(() => op(g, u32(2, 4))).toThrow(/it computes with floats, and got u32/);
  }
  for (const op of [heed.add, heed.multiply]) expect(() => op(g, u32(4), f32(4))).toThrow(/floats/);
  expect(() => heed.scale(g, u32(4), 2)).toThrow(/floats/);
});
