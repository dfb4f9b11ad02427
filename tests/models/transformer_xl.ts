/** The Transformer-XL of tests/fixtures/make_attention_models.py, on Heed's ops, under the same parameter names. */
import {
  crossEntropy,
  Embedding,
  Linear,
  RelativeAttention,
  SegmentMemory,
  type Graph,
  type Tensor,
} from '../../engine/index';
import fixture from '../fixtures/attention-models.json';

const { B, V, C, H, D } = fixture.shape;

/** Empty memories for a `TransformerXLModel`. */
export const emptyMemories = (): SegmentMemory[] => [0, 1].map(() => new SegmentMemory(B, fixture.memory, C));

export class TransformerXLModel {
  readonly config = { vocabulary: V };
  readonly word_emb = new Embedding(V, C);
  readonly layers = [0, 1].map(() => new RelativeAttention({ width: C, heads: H, headWidth: D }));
  readonly head = new Linear(C, V, { bias: false });
  readonly #memories: readonly SegmentMemory[];

  /** The memories are not the model's own: whoever makes them gives them their place in GPU memory. */
  constructor(memories: readonly SegmentMemory[]) {
    this.#memories = memories;
  }

  loss(g: Graph, ids: Tensor, targets: Tensor): Tensor {
    let x = this.word_emb.forward(g, ids);
    for (const [i, layer] of this.layers.entries()) {
      x = g.scope(`layers.${i}`, () => layer.forward(g, x, { memory: this.#memories[i] }));
    }
    return crossEntropy(g, this.head.forward(g, x), targets);
  }
}

/** The same with memories of its own, which are part of its checkpoints. */
export class CarryingTransformerXL extends TransformerXLModel {
  readonly memories: readonly SegmentMemory[];

  constructor() {
    const memories = emptyMemories();
    super(memories);
    this.memories = memories;
  }
}
