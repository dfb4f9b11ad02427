import {
  Attention,
  Embedding,
  FeedForward,
  LayerNorm,
  Linear,
  mean,
  meanSquaredError,
  Stack,
  TransformerLayer,
  type Graph,
  type Objective,
  type Tensor,
} from '../../engine/index';
import type { Family } from '../../models/index';

/** Reads a text in both directions and gives it a number. */
export class Scorer {
  readonly config: { readonly vocabulary: number; readonly width: number; readonly layers: number };
  readonly tokens: Embedding;
  readonly stack: Stack;
  readonly score: Linear;

  constructor(config: Scorer['config']) {
    const { vocabulary, width, layers } = (this.config = config);
    const norm = () => new LayerNorm(width);
    const layer = () =>
      new TransformerLayer({
        attention: new Attention({ width, heads: 4 }),
        feedForward: new FeedForward({ width }),
        ...{ norm, order: 'pre' },
      });
    this.tokens = new Embedding(vocabulary, width);
    this.stack = new Stack(Array.from({ length: layers }, layer), { norm: norm() });
    this.score = new Linear(width, 1);
  }

  /** ids (B, T) u32 -> (B, 1). */
  forward(g: Graph, ids: Tensor): Tensor {
    const hidden = g.call(this, 'stack', g.call(this, 'tokens', ids));
    return g.call(this, 'score', mean(g, hidden, 1));
  }
}

/** Texts of one length, and the number of each. */
export interface Scored {
  readonly ids: Uint32Array;
  readonly scores: Float32Array;
}

/** What to train it on: the squared error, mean over B texts of T tokens. */
export const squaredError = (B: number, T: number): Objective<Scored, Scorer> => ({
  shapes: 1,
  identity: { B, T },
  record: (g, _, model) =>
    meanSquaredError(g, model.forward(g, g.input('ids', [B, T], 'u32')), g.input('scores', [B, 1], 'f32')),
  feed: ({ ids, scores }) => ({ shape: 0, inputs: { ids, scores }, labels: B, tokens: B * T }),
});

/** How files name its parameters: it loads with `load(folder, { device, families: [scorer] })` and saves under these. */
export const scorer: Family<Scorer> = {
  type: 'scorer',
  title: 'Scorer',
  architectures: ['Scorer'],
  build: (config) =>
    new Scorer({
      vocabulary: Number(config.vocab_size),
      width: Number(config.hidden_size),
      layers: Number(config.num_hidden_layers),
    }),
  weights: () => ({
    tensors: {
      'tokens.weight': 'words.weight',
      'stack.layers.*.attention.qkv.{weight,bias}': 'block.*.{query,key,value}.{weight,bias}',
      'stack.layers.*.attention.output.{weight,bias}': 'block.*.mix.{weight,bias}',
      'stack.layers.*.attentionNorm.{weight,bias}': 'block.*.norm_1.{weight,bias}',
      'stack.layers.*.feedForward.{up,down}.{weight,bias}': 'block.*.{up,down}.{weight,bias}',
      'stack.layers.*.feedForwardNorm.{weight,bias}': 'block.*.norm_2.{weight,bias}',
      'stack.norm.{weight,bias}': 'norm.{weight,bias}',
      'score.{weight,bias}': 'regression.{weight,bias}',
    },
  }),
};
