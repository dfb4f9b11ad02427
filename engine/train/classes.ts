import { DataError, EngineError, expectOptions } from '../errors';
import { IGNORE_INDEX } from '../graph/plan';
import type { Graph } from '../graph/graph';
import { expectShape, type Tensor } from '../graph/tensor';
import { crossEntropy } from '../shaders/cross_entropy/cross_entropy';
import { binaryCrossEntropy } from '../shaders/elementwise_loss/elementwise_loss';
import {
  ImageBatches,
  imageObjective,
  type ImageBatch,
  type ImageModel,
  type LabelledImage,
} from './image_batches';
import { countLabels, type Objective } from './objective';
import { numbersFeed, numbersLoss } from './regress';
import type { IdText, TextBatch, TextBatches } from './text_batches';
import { eachRow, textObjective, type TextModel } from './text_objective';

/** A text and its class, or with `multiLabel` all the classes that hold, by number from 0. */
export interface LabelledText extends IdText {
  readonly label: number | readonly number[];
}

/** A text and the class of each token; IGNORE_INDEX for tokens that have none, such as all but the first of a word. */
export interface TaggedText extends IdText {
  readonly tags: ArrayLike<number>;
}

/** Classes and their weights, of whole texts (`classify`) or of tokens (`tag`). */
export interface ClassOptions {
  /** K. */
  readonly classes: number;
  /** How much each class counts (K), see `CrossEntropyOptions.weights`. Default: all alike. */
  readonly weights?: ArrayLike<number> | null;
  /** Label smoothing while training, see `CrossEntropyOptions.labelSmoothing`; evaluation is without. Default 0. */
  readonly smoothing?: number;
}

/** What `classify` learns: one class of a text, or several. */
export interface ClassifyOptions extends ClassOptions {
  /** Each class holds or not, by itself: binary cross-entropies instead of one over all. Default false. */
  readonly multiLabel?: boolean;
  /**
   * With `multiLabel`, how much it counts that each class holds (K), beside 1 where it does not:
   * `pos_weight` of `torch.nn.BCEWithLogitsLoss`. Default: 1.
   */
  readonly positiveWeights?: ArrayLike<number> | null;
}

/**
 * The class of each text, or of each image: cross-entropy of the model's (B, K), the mean over the rows, or with weights
 * Σ w loss / Σ w. With `multiLabel` the mean of K binary cross-entropies of each row. Throws `DataError` for labels that are
 * no classes, with their rows' numbers.
 */
export function classify(
  batches: TextBatches<LabelledText>,
  options: ClassifyOptions,
): Objective<TextBatch<LabelledText>, TextModel>;
export function classify(
  batches: ImageBatches<LabelledImage>,
  options: ClassifyOptions,
): Objective<ImageBatch<LabelledImage>, ImageModel>;
export function classify(
  batches: TextBatches<LabelledText> | ImageBatches<LabelledImage>,
  options: ClassifyOptions,
): Objective<TextBatch<LabelledText>, TextModel> | Objective<ImageBatch<LabelledImage>, ImageModel> {
  const { multiLabel = false, positiveWeights = null, weights = null, smoothing = 0 } = options;
  expectOptions('classify', options, { classes: 0, weights, smoothing, multiLabel, positiveWeights });
  const refuse = (what: string): never => {
    throw new EngineError('classify', what, 'Leave it out.');
  };
  if (multiLabel && (weights || smoothing)) refuse('weights or smoothing is given with multiLabel');
  if (!multiLabel && positiveWeights) refuse('positiveWeights is given without multiLabel');
  const { classes, counts } = classesOf('classify', options);
  const where = 'classify';
  const expectLabel = ({ label }: Pick<LabelledText, 'label'>, row: number): void => {
    const many = typeof label !== 'number';
    if (many !== multiLabel) {
      const what = `row ${row} has ${many ? 'a list of labels' : `label ${label}`}`;
      throw new DataError(
        where,
        what,
        multiLabel ? 'Give a list.' : 'Give a number, or say multiLabel: true.',
      );
    }
    for (const one of many ? label : [label]) expectClass(where, row, 'label', one, classes);
  };
  if (batches instanceof ImageBatches) for (const [i, row] of batches.rows.entries()) expectLabel(row, i);
  else eachRow(batches, expectLabel);
  /** The loss of scores (B, K), and the inputs that hold the labels of rows. */
  const over = (
    identity: Readonly<Record<string, number | string>>,
    record: (g: Graph, scores: Tensor, B: number) => Tensor,
    feed: (
      rows: readonly Pick<LabelledText, 'label'>[],
      B: number,
    ) => { readonly inputs: Readonly<Record<string, ArrayBufferView>>; readonly labels: number },
  ) =>
    batches instanceof ImageBatches
      ? imageObjective(batches, 'classify', identity, { record, feed })
      : textObjective(batches, 'classify', identity, {
          record: (g, model: TextModel, { ids, input }, { B }) => record(g, model.forward(g, ids, input), B),
          feed: ({ rows }, { B }) => feed(rows, B),
        });
  if (multiLabel) {
    const positive = weightsOf(where, 'positiveWeights', positiveWeights, classes);
    const identity = { classes, positiveWeights: positive ? [...positive].join(' ') : 'none' };
    return over(
      identity,
      (g, scores, B) => numbersLoss(g, scores, [B, classes], binaryCrossEntropy),
      (rows, B) => {
        const [targets, each] = [new Float32Array(B * classes), new Float32Array(B * classes)];
        each.fill(1, 0, rows.length * classes);
        for (const [b, { label }] of rows.entries())
          for (const k of label as readonly number[]) {
            targets[b * classes + k] = 1;
            each[b * classes + k] = positive?.[k] ?? 1;
          }
        return numbersFeed(targets, each, rows.length * classes);
      },
    );
  }
  return over(
    counts.identity,
    (g, scores, B) => counts.loss(g, scores, g.input('labels', [B], 'u32', { below: classes }), [B]),
    (rows, B) => {
      const labels = new Uint32Array(B).fill(IGNORE_INDEX);
      for (const [b, { label }] of rows.entries()) labels[b] = label as number;
      return { inputs: { labels }, labels: counts.of(labels) };
    },
  );
}

/**
 * The class of each token: cross-entropy of the model's (B, T, K), the mean over the tokens that have a tag, or with
 * weights Σ w loss / Σ w. Throws `DataError` for tags that are no classes or do not fit their text, with the row's number.
 */
export function tag(
  batches: TextBatches<TaggedText>,
  options: ClassOptions,
): Objective<TextBatch<TaggedText>, TextModel> {
  expectOptions('tag', options, { classes: 0, weights: 0, smoothing: 0 });
  const { classes, counts } = classesOf('tag', options);
  eachRow(batches, ({ ids, tags }, row) => {
    if (tags?.length !== ids.length) {
      const what = `row ${row} has ${tags?.length ?? 0} tags of ${ids.length} tokens`;
      throw new DataError('tag', what, 'Give one for each token: IGNORE_INDEX where there is none.');
    }
    for (let t = 0; t < tags.length; t++)
      if (tags[t] !== IGNORE_INDEX) expectClass('tag', row, `tag ${t}`, tags[t], classes);
  });
  return textObjective(batches, 'tag', counts.identity, {
    record: (g, model, { ids, input }, { B, T }) =>
      counts.loss(g, model.forward(g, ids, input), g.input('labels', [B, T], 'u32', { below: classes }), [
        B,
        T,
      ]),
    feed: ({ rows, lengths }, { B, T }) => {
      const labels = new Uint32Array(B * T).fill(IGNORE_INDEX);
      for (const [b, { tags }] of rows.entries())
        for (let t = 0; t < lengths[b]; t++) labels[b * T + t] = tags[t];
      return { inputs: { labels }, labels: counts.of(labels) };
    },
  });
}

function expectClass(where: string, row: number, what: string, value: number, classes: number): void {
  if (Number.isInteger(value) && value >= 0 && value < classes) return;
  throw new DataError(where, `${what} of row ${row} is ${value}`, `Give a class, from 0 to ${classes - 1}.`);
}

/** A list of K numbers of at least 0, one for each class, not all of them 0. */
function weightsOf(
  where: string,
  name: string,
  given: ArrayLike<number> | null,
  classes: number,
): Float32Array | null {
  if (!given) return null;
  const weights = Float32Array.from(given);
  const fine = weights.every((w) => w >= 0 && w < Infinity) && weights.some((w) => w > 0);
  if (weights.length === classes && fine) return weights;
  const todo = `Give ${classes} numbers of at least 0, not all of them 0.`;
  throw new EngineError(where, `${name} is [${weights.join(', ')}]`, todo);
}

/** What classes have in common, of texts or of tokens: the loss, and how much labels count. */
function classesOf(where: string, { classes, weights = null, smoothing = 0 }: ClassOptions) {
  if (!Number.isInteger(classes) || classes < 1)
    throw new EngineError(where, `classes is ${classes}`, 'Use a whole number ≥ 1.');
  if (!(smoothing >= 0 && smoothing < 1))
    throw new EngineError(where, `smoothing is ${smoothing}`, 'Use a share of at least 0 and below 1.');
  const each = weightsOf(where, 'weights', weights, classes);
  const counts = {
    identity: { classes, smoothing, weights: each ? [...each].join(' ') : 'none' },
    loss: (g: Graph, scores: Tensor, labels: Tensor, rows: readonly number[]): Tensor => {
      expectShape(g.where(where), scores, [...rows, classes]);
      return crossEntropy(g, scores, labels, {
        labelSmoothing: g.train ? smoothing : 0,
        ...(each && { weights: g.constant('class weights', [classes], each) }),
      });
    },
    of: (labels: Uint32Array): number =>
      each
        ? labels.reduce((sum, label) => sum + (label === IGNORE_INDEX ? 0 : each[label]), 0)
        : countLabels(labels),
  };
  return { classes, counts };
}
