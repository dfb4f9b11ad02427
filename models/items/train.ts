/** Trains a recommender of items, and leaves it with the weights that rank what people chose next best. */
import {
  AdamW,
  DataError,
  EngineError,
  expectOptions,
  ParameterStore,
  Run,
  TextBatches,
  throwIfAborted,
  type Device,
  type FitEvent,
  type IdText,
  type PauseSwitch,
  type RunOptions,
  type TextBatch,
} from '../../engine/index';
import { BERT4Rec } from './bert4rec';
import type { ItemSplit } from './histories';
import { hiddenItems, itemRows, nextItem, type ItemRow } from './next_item';
import { Recommender, type ItemJudgement } from './recommender';
import { SASRec } from './sasrec';

/** Model, histories and settings of `trainRecommender`. */
export interface TrainRecommenderOptions {
  readonly device: Device;
  /** With weights, such as a `ParameterStore`'s random ones: it begins with them, and has the best ones in the end. */
  readonly model: SASRec | BERT4Rec;
  /** What to learn from, and what to judge by; without cases of validation the last weights stay. See `leaveOneOut`. */
  readonly split: Pick<ItemSplit, 'training' | 'validation'>;
  /** Times that each history is met. Default 50; early stopping may end it before. */
  readonly epochs?: number;
  /** Peak of the learning rate, which rises in the first hundredth of the updates and then stays. Default 1e-3. */
  readonly lr?: number;
  /** Default 0. */
  readonly weightDecay?: number;
  /** Items of a batch, padding included. Default 2048. */
  readonly tokens?: number;
  /** Of a `SASRec`: see `NextItemOptions`. Default null: over all items. */
  readonly negatives?: number | null;
  /** Of a `BERT4Rec`: share of items that are hidden. Default 0.2. */
  readonly hidden?: number;
  /** Places that a rank may have to count, for hit rate and nDCG. Default 10. */
  readonly k?: number;
  /** Whether items of a history count as candidates, see `JudgeItemsOptions`. Default 'out'. */
  readonly seen?: 'out' | 'again';
  /** Epochs between judgements. Default 1. */
  readonly judgeEvery?: number;
  /** Stop after so many judgements that were no better. Default 5. */
  readonly patience?: number;
  /** Of first weights, batches, dropout and what is drawn. Default 0. */
  readonly seed?: number;
  readonly signal?: AbortSignal;
  readonly pause?: PauseSwitch;
  /** Updates so far, and how many there will be at most. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Kernels that are compiled so far, of those that it needs before its first update. */
  readonly onCompile?: (done: number, total: number) => void;
  /** Everything that happens; nDCG@k is `ndcg` of its evaluations. */
  readonly onEvent?: (event: FitEvent) => unknown;
  /** Opens another device where this one is lost. */
  readonly reopen?: RunOptions['reopen'];
}

/** How a call of `trainRecommender` ended: the model has the best weights, by nDCG@k. */
export interface TrainRecommenderResult {
  /** Why it ended. An aborted one leaves the best weights so far, too. */
  readonly reason: 'finished' | 'aborted' | 'early stop';
  /** Updates that were made. */
  readonly step: number;
  /** The step whose weights the model now has. */
  readonly best: number;
  /** How well they rank what is left out for validation; null where nothing was judged. */
  readonly judgement: ItemJudgement | null;
}

/**
 * Trains with AdamW, judges by nDCG@k on what is left out for validation, and keeps the best weights.
 *
 * Throws `DataError` where no history has two items; `EngineError` for settings that cannot be, by name; `TrainingError` where the loss is no longer
 * finite; `DeviceError` where it does not fit, or the device was lost without `reopen`.
 */
export async function trainRecommender(options: TrainRecommenderOptions): Promise<TrainRecommenderResult> {
  const o = complete(options);
  const { device, model, split, k, seen, signal } = o;
  throwIfAborted(signal);
  if (!ParameterStore.of(device, model)) {
    const todo = 'Make them: using store = new ParameterStore(device, model), which owns them.';
    throw new EngineError('trainRecommender', 'the model has no weights', todo);
  }
  if (model instanceof BERT4Rec) {
    // Longer histories in pieces, from their ends.
    const rows = split.training.flatMap((history) => pieces(history, model.config.context));
    const batches = batchesOf(rows, o);
    return train(model, batches, hiddenItems(batches, { probability: o.hidden, seed: o.seed }));
  }
  const batches = batchesOf<ItemRow>(itemRows(split.training, model.config.context), o);
  return train(model, batches, nextItem(batches, { negatives: o.negatives, seed: o.seed }));

  async function train<R extends IdText, M extends SASRec | BERT4Rec>(
    trained: M,
    rows: TextBatches<R>,
    objective: NonNullable<RunOptions<TextBatch<R>, M>['objective']>,
  ): Promise<TrainRecommenderResult> {
    const steps = Math.max(1, Math.round(o.epochs * rows.perEpoch));
    using run = await Run.create<TextBatch<R>, M>({
      ...{ device, model: trained, objective, seed: o.seed },
      optimizer: new AdamW({ beta2: 0.98, weightDecay: o.weightDecay }),
      schedule: { kind: 'constant', lr: o.lr, warmup: Math.ceil(steps / 100) },
      ...(signal && { signal }),
      ...(o.reopen && { reopen: o.reopen }),
      ...(o.onCompile && { onProgress: o.onCompile }),
    });
    using judging = new Judging(trained);
    const judges = split.validation.length > 0;
    const seenSoFar: { last: ItemJudgement | null; best: ItemJudgement | null } = { last: null, best: null };
    const { reason, step } = await run.fit({
      ...{ steps, batches: (micro: number) => rows.at(micro) },
      ...(signal && { signal }),
      ...(o.pause && { pause: o.pause }),
      ...(judges && {
        ...{ monitor: { metric: 'ndcg', mode: 'max' }, keepBest: true, patience: o.patience },
        evaluateEvery: Math.max(1, Math.round(o.judgeEvery * rows.perEpoch)),
        measure: async (trainer) => {
          const asked = { k, seen, ...(signal && { signal }) };
          seenSoFar.last = await judging.on(trainer.device).judge(split.validation, asked);
          const { hitRate, ndcg, mrr } = seenSoFar.last;
          return { ndcg, hitRate, mrr };
        },
      }),
      onEvent: async (event) => {
        if (event.kind === 'evaluation' && event.best) seenSoFar.best = seenSoFar.last;
        await o.onEvent?.(event);
        if (event.kind === 'steps') o.onProgress?.(event.reports.at(-1)!.index + 1, steps);
      },
    });
    if (!run.best) return { reason, step, best: step, judgement: null };
    await run.load(run.best.bytes);
    return { reason, step, best: run.best.step, judgement: seenSoFar.best };
  }
}

/** The recommender of a training on the device as it is: its plans serve all judgements. */
class Judging implements Disposable {
  readonly #model: SASRec | BERT4Rec;
  #device: Device | null = null;
  #recommender: Recommender | null = null;

  constructor(model: SASRec | BERT4Rec) {
    this.#model = model;
  }

  on(device: Device): Recommender {
    if (this.#recommender && device === this.#device) return this.#recommender;
    this[Symbol.dispose]();
    this.#device = device;
    return (this.#recommender = new Recommender(device, this.#model));
  }

  [Symbol.dispose](): void {
    this.#recommender?.[Symbol.dispose]();
    this.#recommender = null;
  }
}

/** A history in pieces that a model reads at once, cut from its end. */
function pieces(history: Uint32Array, context: number): IdText[] {
  const found: IdText[] = [];
  for (let end = history.length; end > 0; end -= context)
    found.push({ ids: history.slice(Math.max(0, end - context), end) });
  return found.reverse();
}

function batchesOf<R extends IdText>(
  rows: readonly R[],
  { tokens, seed }: { tokens: number; seed: number },
): TextBatches<R> {
  if (rows.length === 0) {
    throw new DataError(
      'trainRecommender',
      'no history has two items',
      'Give longer ones: what follows what is learnt.',
    );
  }
  return new TextBatches(rows, { pad: 0, tokens, seed });
}

function complete(options: TrainRecommenderOptions) {
  const { device, model, split, signal, pause, onProgress, onCompile, onEvent, reopen } = options;
  const { epochs = 50, lr = 1e-3, weightDecay = 0, tokens = 2048, negatives = null, hidden = 0.2 } = options;
  const { k = 10, seen = 'out', judgeEvery = 1, patience = 5, seed = 0 } = options;
  const all = {
    ...{
      device,
      model,
      split,
      epochs,
      lr,
      weightDecay,
      tokens,
      negatives,
      hidden,
      k,
      seen,
      judgeEvery,
      patience,
    },
    ...{ seed, signal, pause, onProgress, onCompile, onEvent, reopen },
  };
  expectOptions('trainRecommender', options, all);
  const refuse = (what: string, todo: string): never => {
    throw new EngineError('trainRecommender', what, todo);
  };
  if (!(model instanceof SASRec || model instanceof BERT4Rec))
    refuse('model is neither a SASRec nor a BERT4Rec', 'Make one of them.');
  if (model instanceof BERT4Rec && negatives !== null)
    refuse('negatives are drawn for a SASRec', 'Leave it out.');
  if (model instanceof SASRec && options.hidden !== undefined)
    refuse('hidden is of a BERT4Rec', 'Leave it out.');
  for (const [name, x] of Object.entries({ epochs, lr, judgeEvery }))
    if (!(typeof x === 'number' && x > 0 && x < Infinity))
      refuse(`${name} is ${String(x)}`, 'Use a positive number.');
  if (split.validation.length === 0 && (options.patience ?? options.judgeEvery) !== undefined)
    refuse('there is nothing to judge by', 'Give cases of validation, or leave out patience and judgeEvery.');
  return all;
}
