import {
  argmax,
  crossEntropy,
  DataError,
  Graph,
  maskedToken,
  Plans,
  throwIfAborted,
  type Device,
  type IdText,
  type MaskedTokenOptions,
  type Plan,
  type Tensor,
  type TextBatch,
  type TextBatches,
  type TextInput,
} from '../../engine/index';
import { Perplexity, TokenAccuracy } from '../../engine/metrics/index';
import type { TaskOptions } from '../tasks/text_reader';
import type { SegmentPair } from './segment_pairs';

/** What is judged: `MaskedLM` is one, and `PreTraining`. */
export interface JudgedModel {
  readonly config: object & { readonly vocabulary: number; readonly segments?: number };
  /** ids (B, T) u32 -> logits (B, T, V). */
  forward(g: Graph, ids: Tensor, input: TextInput): Tensor;
  /** Not there: the model does not tell what follows what. */
  scores?(g: Graph, ids: Tensor, input: TextInput): { readonly tokens: Tensor; readonly next: Tensor };
}

/** How well a model fills in hidden tokens, and tells what follows what. */
export interface PretrainingJudgement {
  /** exp of the mean cross-entropy of hidden tokens: as uncertain as a choice among so many. */
  readonly perplexity: number;
  /** Share of hidden tokens whose likeliest token is the right one, 0 to 1. */
  readonly maskedAccuracy: number;
  /** Share of rows of which it is told rightly whether the second segment follows; not there where the model or the rows have none. */
  readonly nextAccuracy?: number;
}

/**
 * Judges a model by texts that it was not trained on: an epoch of `batches`, its tokens hidden as `maskedToken` hides them. The same batches and seed
 * hide the same tokens each time, so results compare. `measure` of `Run.fit` can return what it gives.
 *
 * Throws `DataError` where no token is hidden, the signal's reason once it aborts, and `EngineError` for options as `maskedToken` does.
 */
export async function judgePretraining(
  device: Device,
  model: JudgedModel,
  batches: TextBatches<SegmentPair> | TextBatches,
  options: MaskedTokenOptions & TaskOptions,
): Promise<PretrainingJudgement> {
  const { signal, onProgress, ...hiding } = options;
  const objective = maskedToken(batches, hiding);
  const [perplexity, tokens, next] = [new Perplexity(), new TokenAccuracy(), new TokenAccuracy()];
  const tellsNext = !!model.scores && batches.rows.every((row) => 'next' in row);
  let labelled = 0;
  using plans = new Plans<number>();
  for (let k = 0; k < batches.perEpoch; k++) {
    throwIfAborted(signal);
    const batch: TextBatch<IdText & Partial<Pick<SegmentPair, 'next'>>> = batches.at(k);
    const { inputs, labels } = objective.feed(batch);
    const plan = await plans.get(batch.shape, () =>
      compile(device, model, { ...batches.shapes[batch.shape], segmented: batches.segmented, tellsNext }),
    );
    plan.run(inputs);
    if (labels > 0) {
      const [[loss], told] = await Promise.all([plan.read('loss'), plan.readIntegers('told')]);
      perplexity.add(loss * labels, labels);
      tokens.add(told, inputs['labels'] as Uint32Array);
      labelled += labels;
    }
    if (tellsNext) {
      const told = await plan.readIntegers('next');
      next.add(
        told.subarray(0, batch.rows.length),
        batch.rows.map((row) => row.next!),
      );
    }
    onProgress?.(k + 1, batches.perEpoch);
  }
  if (labelled === 0)
    throw new DataError('judgePretraining', 'no token is hidden', 'Give texts of more than special tokens.');
  return {
    perplexity: perplexity.result().perplexity,
    maskedAccuracy: tokens.result().accuracy,
    ...(tellsNext && { nextAccuracy: next.result().accuracy }),
  };
}

/** Of one shape: mean loss, the likeliest token of each place u32 (B, T), and of each row whether it follows u32 (B). */
function compile(
  device: Device,
  model: JudgedModel,
  shape: { readonly B: number; readonly T: number; readonly segmented: boolean; readonly tellsNext: boolean },
): Promise<Plan> {
  const { B, T, segmented, tellsNext } = shape;
  const { vocabulary, segments: kinds = 1 } = model.config;
  const g = new Graph(device);
  const ids = g.input('ids', [B, T], 'u32', { below: vocabulary });
  const input = {
    lengths: g.input('lengths', [B], 'u32', { below: T + 1 }),
    segments: segmented ? g.input('segments', [B, T], 'u32', { below: kinds }) : null,
  };
  const labels = g.input('labels', [B, T], 'u32', { below: vocabulary });
  const scores = tellsNext
    ? model.scores!(g, ids, input)
    : { tokens: model.forward(g, ids, input), next: null };
  return g.compile({
    loss: crossEntropy(g, scores.tokens, labels),
    told: argmax(g, scores.tokens, -1),
    ...(scores.next && { next: argmax(g, scores.next, -1) }),
  });
}
