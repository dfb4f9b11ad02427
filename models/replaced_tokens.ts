import {
  binaryCrossEntropy,
  Classifier,
  embedding,
  multiply,
  textPositions,
  type Graph,
  type Tensor,
} from '../engine/index';
import {
  BERT_INIT,
  TextEncoder,
  type TextEncoderConfig,
  type TextEncoderInput,
  type TextEncoderParts,
} from './text_encoder';

/** Which tokens of a text a generator has put there: how ELECTRA learns (Clark et al. 2020). */
export class ReplacedTokens<C extends TextEncoderConfig = TextEncoderConfig> extends TextEncoder<C> {
  readonly classifier: Classifier;

  constructor(parts: TextEncoderParts<C>) {
    super(parts);
    const { width, activation } = this.config;
    this.classifier = new Classifier({ width, classes: 1, activation, init: BERT_INIT });
  }

  /** ids (B, T) u32 -> logits (B, T): above 0 where a token is likely replaced. */
  override forward(g: Graph, ids: Tensor, input: TextEncoderInput = {}): Tensor {
    return g.view(g.call(this, 'classifier', super.forward(g, ids, input)), ids.shape);
  }

  /**
   * The mean binary cross-entropy over real tokens. labels (B, T) u32: 1 of replaced ones, 0 of others, IGNORE_INDEX of those
   * that do not count. -> scalar.
   */
  loss(g: Graph, ids: Tensor, labels: Tensor, input: TextEncoderInput = {}): Tensor {
    const { shape } = ids;
    const of = (numbers: readonly number[], at: Tensor): Tensor => {
      const table = g.constant('labels', [numbers.length, 1], Float32Array.from(numbers));
      return g.view(embedding(g, at, table, { dtype: 'f32' }), shape);
    };
    let weights = of([1, 1], labels);
    if (input.lengths) {
      const [, rows] = shape;
      const places = textPositions(g, input.lengths, { rows, first: 1, padding: 0 });
      const real = [0, ...Array.from({ length: rows }, () => 1)];
      weights = multiply(g, weights, of(real, places));
    }
    return binaryCrossEntropy(g, this.forward(g, ids, input), of([0, 1], labels), { weights });
  }
}
