/** Heads of models that read images, as Transformers has them (Dosovitskiy et al. 2021, Touvron et al. 2021). */
import { add, Classifier, firstRow, Pooler, scale, slice, type Graph, type Tensor } from '../engine/index';
import { expectSizes } from './option_checks';
import { problemLoss, problemOf, type Problem } from './problem';
import {
  VisionEncoder,
  type VisionEncoderConfig,
  type VisionEncoderInput,
  type VisionEncoderParts,
} from './vision_encoder';
import { VIT_INIT } from './vit';

/** What classes are called, and of which kind they are. */
export interface VisionHead {
  /** In order: K of them. */
  readonly labels: readonly string[];
  /** Default 'regression' for one label, else 'single_label_classification'. */
  readonly problem?: Problem | null;
}

/** A model without a head but the pooler, whose row stands for the image. */
export class PooledVisionEncoder<
  C extends VisionEncoderConfig = VisionEncoderConfig,
> extends VisionEncoder<C> {
  readonly pooler: Pooler;

  constructor(parts: VisionEncoderParts<C>) {
    super(parts);
    this.pooler = new Pooler({ width: this.config.width, init: VIT_INIT });
  }

  /** pixels (B, 3, H, W) -> (B, C), from the first row; `hidden` gives all rows. */
  override forward(g: Graph, pixels: Tensor, input: VisionEncoderInput = {}): Tensor {
    return g.call(this, 'pooler', super.forward(g, pixels, input));
  }
}

/** What all heads for classes have in common. */
abstract class LabelledVisionEncoder<
  C extends VisionEncoderConfig = VisionEncoderConfig,
> extends VisionEncoder<C> {
  readonly labels: readonly string[];
  readonly problem: Problem;

  constructor(parts: VisionEncoderParts<C>, { labels, problem }: VisionHead) {
    super(parts);
    expectSizes('head', { labels: labels.length }, ['labels']);
    this.labels = labels;
    this.problem = problemOf(labels, problem);
  }

  protected head(): Classifier {
    return new Classifier({ width: this.config.width, classes: this.labels.length, init: VIT_INIT });
  }

  /**
   * As Transformers' `problem_type` says: cross-entropy of labels u32 (B), the mean of binary cross-entropies of labels
   * (B, K), or the mean squared error from labels f32 (B, K). -> scalar. `classify` and `regress` are the objectives.
   */
  loss(g: Graph, pixels: Tensor, labels: Tensor, input: VisionEncoderInput = {}): Tensor {
    return problemLoss(g, this.problem, this.forward(g, pixels, input), labels);
  }
}

/** Classes of images, or numbers, read from the first row. */
export class VisionClassifier<
  C extends VisionEncoderConfig = VisionEncoderConfig,
> extends LabelledVisionEncoder<C> {
  readonly classifier: Classifier;

  constructor(parts: VisionEncoderParts<C>, head: VisionHead) {
    super(parts, head);
    this.classifier = this.head();
  }

  /** pixels (B, 3, H, W) -> logits, or numbers, (B, K). */
  override forward(g: Graph, pixels: Tensor, input: VisionEncoderInput = {}): Tensor {
    return g.call(this, 'classifier', firstRow(g, super.forward(g, pixels, input)));
  }
}

/**
 * Classes of images by two heads, that of the first row and that of the second, which learnt from a teacher: their mean
 * (Touvron et al. 2021). Transformers only runs it; `loss` trains that mean, `scores` gives both for a loss of your own.
 */
export class DistilledVisionClassifier<
  C extends VisionEncoderConfig = VisionEncoderConfig,
> extends LabelledVisionEncoder<C> {
  readonly classifier: Classifier;
  /** Of the row that a teacher taught. */
  readonly distilled: Classifier;

  constructor(parts: VisionEncoderParts<C>, head: VisionHead) {
    super(parts, head);
    this.classifier = this.head();
    this.distilled = this.head();
  }

  /** pixels (B, 3, H, W) -> the mean of both heads' logits, (B, K). */
  override forward(g: Graph, pixels: Tensor, input: VisionEncoderInput = {}): Tensor {
    const { labels, teacher } = this.scores(g, pixels, input);
    return scale(g, add(g, labels, teacher), 0.5);
  }

  /** pixels (B, 3, H, W) -> logits of the head for labels, and of that for a teacher's, (B, K) each. */
  scores(
    g: Graph,
    pixels: Tensor,
    input: VisionEncoderInput = {},
  ): { readonly labels: Tensor; readonly teacher: Tensor } {
    const x = super.forward(g, pixels, input);
    const [B, , C] = x.shape;
    const second = g.view(slice(g, x, 1, 1, 1), [B, C]);
    return {
      labels: g.call(this, 'classifier', firstRow(g, x)),
      teacher: g.call(this, 'distilled', second),
    };
  }
}
