/** The Transformer-XL of tests/fixtures/make_attention_models.py, on Heed's ops, under the same parameter names. */
import {
  crossEntropy,
  Embedding,
  Linear,
  ParameterStore,
  RelativeAttention,
  SegmentMemory,
  type Device,
  type Graph,
  type Tensor,
} from '../../engine/index';
import fixture from '../fixtures/attention-models.json';

const { B, V, C, H, D } = fixture.shape;

export class TransformerXLModel implements Disposable {
  readonly config = { vocabulary: V };
  readonly word_emb = new Embedding(V, C);
  readonly layers = [0, 1].map(() => new RelativeAttention({ width: C, heads: H, headWidth: D }));
  readonly head = new Linear(C, V, { bias: false });
  readonly #memories = this.layers.map(() => new SegmentMemory(B, fixture.memory, C));
  readonly #state: ParameterStore;

  constructor(device: Device) {
    this.#state = new ParameterStore(device, { memories: this.#memories });
  }

  loss(g: Graph, ids: Tensor, targets: Tensor): Tensor {
    let x = this.word_emb.forward(g, ids);
    for (const [i, layer] of this.layers.entries()) {
      x = g.scope(`layers.${i}`, () => layer.forward(g, x, { memory: this.#memories[i] }));
    }
    return crossEntropy(g, this.head.forward(g, x), targets);
  }

  [Symbol.dispose](): void {
    this.#state[Symbol.dispose]();
  }
}
