/**
 * The Transformer-XL of tests/fixtures/make_attention_models.py, attention layers with norms alone, on Heed's blocks: and how
 * Transformers' names become Heed's.
 */
import {
  crossEntropy,
  Embedding,
  LayerNorm,
  Linear,
  RelativeAttention,
  SegmentMemory,
  type Graph,
  type RelativeAttentionConfig,
  type Tensor,
} from '../../engine/index';
import fixture from '../fixtures/attention-models.json';

const { B, V, C, H, D } = fixture.shape;

/** Empty memories for a `TransformerXLModel`. */
export const emptyMemories = (): SegmentMemory[] => [0, 1].map(() => new SegmentMemory(B, fixture.memory, C));

/** Transformers' attention layer: residual, and a norm after the sum or before the projections. */
export class Layer {
  readonly attention: RelativeAttention;
  readonly norm: LayerNorm;
  readonly #before: boolean;

  constructor({
    preNorm = false,
    epsilon = 1e-5,
    ...config
  }: RelativeAttentionConfig & { preNorm?: boolean; epsilon?: number }) {
    this.attention = new RelativeAttention(config);
    this.norm = new LayerNorm(config.width, { epsilon });
    this.#before = preNorm;
  }

  /** `rows`: memory and x. */
  forward(g: Graph, x: Tensor, rows: Tensor): Tensor {
    const attend = (h: Tensor): Tensor => this.attention.forward(g, h, { residual: x, queries: x.shape[1] });
    return this.#before ? attend(this.norm.forward(g, rows)) : this.norm.forward(g, attend(rows));
  }
}

/** Tensors by Transformers' names -> by Heed's: queries are projected apart from keys and values. */
export function inOurNames(theirs: ReadonlyMap<string, Float32Array>): Map<string, Float32Array> {
  const names: readonly (readonly [string, string])[] = [
    ['r_net', 'attention.distances'],
    ['o_net', 'attention.output'],
    ['r_w_bias', 'attention.contentBias'],
    ['r_r_bias', 'attention.positionBias'],
    ['layer_norm', 'norm'],
  ];
  return new Map(
    [...theirs].flatMap(([name, data]): [string, Float32Array][] => {
      if (name.endsWith('qkv_net.weight')) {
        const layer = name.slice(0, -'qkv_net.weight'.length);
        const third = data.length / 3;
        return [
          [`${layer}attention.q.weight`, data.subarray(0, third)],
          [`${layer}attention.kv.weight`, data.subarray(third)],
        ];
      }
      const [from, to] = names.find(([from]) => name.includes(from)) ?? ['', ''];
      return [[name.replace(from, to), data]];
    }),
  );
}

export class TransformerXLModel {
  readonly config = { vocabulary: V };
  readonly word_emb = new Embedding(V, C);
  readonly layers = [0, 1].map(() => new Layer({ width: C, heads: H, headWidth: D }));
  readonly head = new Linear(C, V, { bias: false });
  readonly #memories: readonly SegmentMemory[];

  /** The memories are not the model's own: whoever makes them gives them their place in GPU memory. */
  constructor(memories: readonly SegmentMemory[]) {
    this.#memories = memories;
  }

  loss(g: Graph, ids: Tensor, targets: Tensor): Tensor {
    let x = this.word_emb.forward(g, ids);
    for (const [i, layer] of this.layers.entries()) {
      x = g.scope(`layers.${i}`, () => layer.forward(g, x, this.#memories[i].extend(g, x)));
    }
    return crossEntropy(g, this.head.forward(g, x), targets);
  }
}
