/** The tiny models of tests/fixtures/make_attention_models.py, on Heed's ops, under the same parameter names. */
import {
  addPositions,
  attention,
  bucketBias,
  crossEntropy,
  denseBias,
  Embedding,
  LayerNorm,
  Linear,
  Parameter,
  RMSNorm,
  selfAttention,
  t5Bucket,
  type Graph,
  type Tensor,
} from '../../engine/index';
import fixture from '../fixtures/attention-models.json';

const { B, T, V, C, H, G, D } = fixture.shape;
const linear = (inputs: number, outputs: number): Linear => new Linear(inputs, outputs, { bias: false });

/** Heads of one T5 layer. */
export interface T5Sizes {
  /** C. */
  readonly model: number;
  readonly heads: number;
  /** D. */
  readonly width: number;
  /** How many buckets and where the last begins; without, there is no bias. */
  readonly buckets?: number;
  readonly maxDistance?: number;
}

/** T5's attention to the sequence itself: no scale, buckets of distances (Raffel et al. 2020). */
export class T5SelfAttention {
  readonly qkv: Linear;
  readonly o: Linear;
  readonly relative_attention_bias: { readonly weight: Parameter };
  readonly #sizes: Required<T5Sizes>;
  readonly #causal: boolean;

  constructor(sizes: Required<T5Sizes>, causal: boolean) {
    const { model, heads, width, buckets } = sizes;
    this.qkv = linear(model, 3 * heads * width);
    this.o = linear(heads * width, model);
    this.relative_attention_bias = { weight: new Parameter([buckets, heads]) };
    this.#sizes = sizes;
    this.#causal = causal;
  }

  /** x (B, T, C), lengths (B) -> (B, T, C). */
  forward(g: Graph, x: Tensor, { lengths, residual }: { lengths?: Tensor; residual?: Tensor } = {}): Tensor {
    const { heads, buckets, maxDistance } = this.#sizes;
    const options = { bidirectional: !this.#causal, buckets, maxDistance };
    const table = g.use(this.relative_attention_bias.weight);
    const bias = bucketBias(table, (distance) => t5Bucket(distance, options));
    const qkv = this.qkv.forward(g, x);
    const y = selfAttention(g, qkv, {
      heads,
      scale: 1,
      causal: this.#causal,
      bias,
      ...(lengths && { lengths }),
    });
    return this.o.forward(g, y, residual ? { residual } : {});
  }
}

/** T5's attention to another sequence: no scale and no bias. */
class T5CrossAttention {
  readonly q: Linear;
  readonly kv: Linear;
  readonly o: Linear;
  constructor() {
    this.q = linear(C, H * D);
    this.kv = linear(C, 2 * H * D);
    this.o = linear(H * D, C);
  }
  forward(g: Graph, x: Tensor, source: Tensor, lengths: Tensor, residual: Tensor): Tensor {
    const [q, kv] = [this.q.forward(g, x), this.kv.forward(g, source)];
    return this.o.forward(g, attention(g, { q, kv, heads: H, width: D, scale: 1, lengths }), { residual });
  }
}

class SDPALayer {
  readonly ln = new LayerNorm(C);
  readonly qkv = linear(C, (H + 2 * G) * D);
  readonly o = linear(H * D, C);
  readonly bias: Parameter | null;
  constructor(learned: boolean) {
    this.bias = learned ? new Parameter([1, H, 1, T]) : null;
  }
  forward(g: Graph, x: Tensor): Tensor {
    const qkv = this.qkv.forward(g, this.ln.forward(g, x));
    const tensor = this.bias ? g.use(this.bias) : g.constant('mask', [1, 1, T, T], mask);
    const bias = denseBias(tensor);
    const y = selfAttention(g, qkv, { heads: H, keyValueHeads: G, causal: this.bias !== null, bias });
    return this.o.forward(g, y, { residual: x });
  }
}

const mask = Float32Array.from(fixture.mask, (visible) => (visible === '1' ? 0 : -Infinity));

export class SDPAModel {
  readonly config = { vocabulary: V };
  readonly wte = new Embedding(V, C);
  readonly wpe = { weight: new Parameter([T, C]) };
  readonly h = [new SDPALayer(true), new SDPALayer(false)];
  readonly ln_f = new LayerNorm(C);
  readonly head = linear(C, V);

  loss(g: Graph, ids: Tensor, targets: Tensor): Tensor {
    let x = addPositions(g, this.wte.forward(g, ids), g.use(this.wpe.weight));
    for (const layer of this.h) x = layer.forward(g, x);
    return crossEntropy(g, this.head.forward(g, this.ln_f.forward(g, x)), targets);
  }
}

const t5 = { model: C, heads: H, width: D, buckets: fixture.buckets, maxDistance: fixture.maxDistance };

class T5Layer {
  readonly SelfAttention: T5SelfAttention;
  readonly layer_norm = new RMSNorm(C, { epsilon: 1e-6 });
  constructor(causal: boolean) {
    this.SelfAttention = new T5SelfAttention(t5, causal);
  }
  forward(g: Graph, x: Tensor, lengths?: Tensor): Tensor {
    const normal = this.layer_norm.forward(g, x);
    return this.SelfAttention.forward(g, normal, { residual: x, ...(lengths && { lengths }) });
  }
}

export class T5Model {
  readonly config = { vocabulary: V };
  readonly shared = new Embedding(V, C);
  readonly encoder = new T5Layer(false);
  readonly encoder_norm = new RMSNorm(C, { epsilon: 1e-6 });
  readonly decoder = new T5Layer(true);
  readonly cross = {
    EncDecAttention: new T5CrossAttention(),
    layer_norm: new RMSNorm(C, { epsilon: 1e-6 }),
  };
  readonly decoder_norm = new RMSNorm(C, { epsilon: 1e-6 });
  readonly lm_head = linear(C, V);

  loss(g: Graph, ids: Tensor, targets: Tensor): Tensor {
    const x = this.shared.forward(g, ids);
    const lengths = g.constant('lengths', [B], Uint32Array.from(fixture.lengths));
    const encoded = this.encoder_norm.forward(g, this.encoder.forward(g, x, lengths));
    let y = this.decoder.forward(g, x);
    const { EncDecAttention, layer_norm } = this.cross;
    y = EncDecAttention.forward(g, layer_norm.forward(g, y), encoded, lengths, y);
    return crossEntropy(g, this.lm_head.forward(g, this.decoder_norm.forward(g, y)), targets);
  }
}
