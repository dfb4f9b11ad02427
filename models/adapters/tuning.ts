/** Teaching a language model a text by an adapter as PEFT has it: what `npx heed tune` and the page Tune have in common. */
import {
  AdamW,
  DataError,
  encodeLong,
  nextToken,
  parameters,
  randomWindows,
  windows,
  type Adapter,
  type Batch,
  type Optimizer,
  type RunOptions,
  type Tokenizer,
  type TrainableModel,
} from '../../engine/index';
import { joined } from '../joined';
import type { Json } from '../pretrained_config';

/** Models that go on with a text, as Transformers calls them: for `openFor`. */
export const WRITING = { name: 'write', classes: /(ForCausalLM|LMHeadModel)$/, head: {} };

/** The longest window that is taken unless somebody says so: more costs memory and gains little. */
export const WINDOW = 256;

/** Held-out batches that a model is judged by at most. */
const JUDGED = 64;

/** Rows of a prefix, and virtual tokens, unless somebody says so. */
const PREFIX = 16;

/** Ranks of AdaLoRA at first, for each that is left in the end. */
const SURPLUS = 1.5;

/** An adapter as people choose one. */
export interface AdapterChoice {
  readonly kind: 'lora' | 'dora' | 'adalora' | 'ia3' | 'prefix' | 'prompt' | 'p-tuning';
  /** Of LoRA and DoRA, and the mean rank of AdaLoRA in the end. Default 8. */
  readonly rank?: number;
  /** Of LoRA, DoRA and AdaLoRA. Default twice the rank. */
  readonly alpha?: number;
  /** The same. Default 0. */
  readonly dropout?: number;
  /** Ends of names of linear layers, as Transformers has them; of all kinds but prefixes and prompts. Default: all but heads. */
  readonly targets?: readonly string[];
  /** Rows of keys and values before those of the text, of prefixes; virtual tokens, of prompts. Default 16. */
  readonly prefixLength?: number;
  /** Updates of the training, which AdaLoRA must know. Default 1000. */
  readonly steps?: number;
}

/** Kinds of what stands before a text, and takes places from it. */
export const BEFORE: readonly AdapterChoice['kind'][] = ['prefix', 'prompt', 'p-tuning'];

/** Rows that stand before a text; 0 for other kinds. */
const prefixRows = ({ kind, prefixLength = PREFIX }: AdapterChoice): number =>
  BEFORE.includes(kind) ? prefixLength : 0;

/** The longest window that a model of this context reads beside an adapter. */
export const longestWindow = (context: number, choice: AdapterChoice): number => context - prefixRows(choice);

/** Numbers that learn: not those that an adapter only keeps, such as norms of DoRA's rows. */
export const learntBy = ({ store }: Adapter): number =>
  [...store.parameters.values()].reduce((sum, { size, trainable }) => sum + (trainable ? size : 0), 0);

/** Numbers of a base, whatever they are stored as, and whether they learn or not. */
export const numbersOf = (model: object): number =>
  [...parameters(model).values()].reduce((sum, { size }) => sum + size, 0);

/** As adapter_config.json says it, for `adaptPeft`. */
export function adapterSettings(choice: AdapterChoice): Json {
  const { kind, rank = 8, alpha = 2 * rank, dropout = 0, targets } = choice;
  const before = { prefix: 'PREFIX_TUNING', prompt: 'PROMPT_TUNING', 'p-tuning': 'P_TUNING' } as const;
  if (kind in before)
    return { peft_type: before[kind as keyof typeof before], num_virtual_tokens: prefixRows(choice) };
  const target_modules = targets ?? 'all-linear';
  if (kind === 'ia3') return { peft_type: 'IA3', target_modules, feedforward_modules: [] };
  const common = { lora_alpha: alpha, lora_dropout: dropout, target_modules };
  if (kind === 'adalora') return { peft_type: 'ADALORA', ...common, ...budgetOf(rank, choice.steps) };
  return {
    ...{ peft_type: 'LORA', r: rank, use_dora: kind === 'dora' },
    ...common,
  };
}

/** A tenth of the steps before ranks fall, a quarter after; as often in between as a hundredth, which is never more than each step. */
function budgetOf(rank: number, steps = 1000): Json {
  return {
    ...{ init_r: Math.max(rank + 1, Math.round(SURPLUS * rank)), target_r: rank, total_step: steps },
    ...{
      tinit: Math.floor(steps / 10),
      tfinal: Math.floor(steps / 4),
      deltaT: Math.max(1, Math.floor(steps / 100)),
    },
  };
}

/**
 * The ids of texts one after the other, each ended by the token that ends texts, where the model has one (`ends`:
 * `eos_token_id` of its config.json). Throws as `encodeLong`.
 */
export async function tokensOf(
  texts: readonly string[],
  tokenizer: Tokenizer,
  ends: unknown,
  options: { readonly signal?: AbortSignal; readonly onProgress?: (share: number) => void } = {},
): Promise<Uint32Array> {
  const { signal, onProgress } = options;
  const [end] = [ends].flat();
  const mark = typeof end === 'number' ? [end] : [];
  const parts: ArrayLike<number>[] = [];
  for (const [i, text] of texts.entries()) {
    const ids = await encodeLong(tokenizer, text, {
      ...(signal && { signal }),
      ...(onProgress && {
        onProgress: ({ done, total }) => onProgress((i + done / Math.max(1, total)) / texts.length),
      }),
    });
    parts.push(ids, mark);
  }
  return joined(Uint32Array, parts);
}

/** What of a text is learnt, and what is held out to judge by. */
export interface TextSplit {
  /** Rows of a batch, at most as many as are held out, and tokens of a row. */
  readonly size: { readonly batch: number; readonly length: number };
  /** Ids to learn from. */
  readonly training: Uint32Array;
  /** Batches of the end of the text. */
  readonly held: readonly Batch[];
  /** Ids of the text's end. */
  readonly left: number;
}

/** Holds out the end of a text: `share` of it. Throws `DataError` where that is less than a window. `where`: where the text is from. */
export function splitText(
  ids: Uint32Array,
  share: number,
  asked: { readonly batch: number; readonly length: number },
  { where, todo }: { readonly where: string; readonly todo: string },
): TextSplit {
  const { length } = asked;
  const left = Math.floor(share * ids.length);
  const batch = Math.min(asked.batch, Math.floor((left - 1) / length));
  if (batch < 1) {
    const what = `the text has ${ids.length} tokens, ${left} of them held out, and a window takes ${length + 1}`;
    throw new DataError(where, what, todo);
  }
  const size = { batch, length };
  const held = windows(ids.subarray(ids.length - left), { ...size, limit: JUDGED });
  return { size, training: ids.subarray(0, ids.length - left), held, left };
}

/** How an adapter learns a text, for `Run`: the optimizer, the schedule, what is minimised; and for `fit`: batches, and how often it is judged. */
export function textCourse(
  { size, training, held }: TextSplit,
  { steps, lr, seed }: { readonly steps: number; readonly lr: number; readonly seed: number },
): {
  readonly run: Pick<RunOptions<Batch, TrainableModel>, 'objective' | 'schedule' | 'seed'> & {
    readonly optimizer: Optimizer;
  };
  readonly fit: {
    readonly steps: number;
    readonly batches: (micro: number) => Batch;
    readonly validation: readonly Batch[];
    readonly evaluateEvery: number;
    readonly keepBest: true;
  };
} {
  return {
    run: {
      objective: nextToken(size),
      optimizer: new AdamW({ beta2: 0.999, weightDecay: 0.01 }),
      schedule: { kind: 'linear', lr, warmup: Math.ceil(steps / 10), steps },
      seed,
    },
    fit: {
      ...{ steps, batches: randomWindows(training, { ...size, seed }), validation: held },
      ...{ evaluateEvery: Math.max(1, Math.ceil(steps / 10)), keepBest: true },
    },
  };
}
