import {
  DataError,
  expectOptions,
  parameters,
  RandomStream,
  throwIfAborted,
  type Device,
} from '../../engine/index';
import type { AnyFamily } from '../family/family';
import { loadModel, type LoadOptions, type Pretrained, type SaveOptions } from '../family/load';
import { blobOf, jsonOf, opener, type ModelFolder } from '../files/folder';
import { loadTokenizer, type LoadedTokenizer } from '../files/load_tokenizer';
import type { Json } from '../pretrained_config';
import { BODY } from './layers';

/** What `openFor` may open, and where its weights go. */
export interface OpenForOptions {
  readonly device: Device;
  /** What may be loaded. Default: every family that can do the task, loaded on demand. */
  readonly families?: readonly AnyFamily[];
  /** Of a new head. Default 0. */
  readonly seed?: number;
  /** As what the device stores weights, see `LoadOptions.storage`: adapters learn beside those in int8 and int4. Default 'f32'. */
  readonly storage?: LoadOptions<AnyFamily>['storage'];
  readonly signal?: AbortSignal;
  /** Bytes of weights on the device so far, and in all. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly fetch?: typeof globalThis.fetch;
}

/** A model for a task, and what reads its texts. Disposing of it frees the model. */
export interface OpenedFor extends Disposable {
  readonly loaded: Pretrained<object>;
  readonly tokenizer: LoadedTokenizer;
  /** Whether its head begins anew: the checkpoint had none, or one for other labels. */
  readonly newHead: boolean;
  /** The whole folder for `from_pretrained`: `loaded.save()`, the tokenizer, and what else tells how it is used, as it came. */
  save(options?: SaveOptions): Promise<ReadonlyMap<string, Blob>>;
}

/** Files beside the weights that stay what they were. */
const KEPT = [
  ...['tokenizer_config.json', 'special_tokens_map.json', 'vocab.txt', 'vocab.json', 'merges.txt'],
  ...[
    'modules.json',
    'sentence_bert_config.json',
    'config_sentence_transformers.json',
    '1_Pooling/config.json',
  ],
];

/**
 * Opens a checkpoint for a task. A head for the same labels is kept; where it has none, or another, a new one is put on its body
 * (`load({ newHead })`).
 *
 * Throws as `load`, and `DataError` where no family does the task.
 */
export async function openFor(
  folder: ModelFolder,
  task: { readonly name: string; readonly classes: RegExp; readonly head: Json },
  options: OpenForOptions,
): Promise<OpenedFor> {
  const { device, families, seed = 0, storage = 'f32', signal, onProgress, fetch } = options;
  expectOptions('openFor', options, { device, families, seed, storage, signal, onProgress, fetch });
  const reading = { ...(signal && { signal }), ...(fetch && { fetch }) };
  const all = families ?? (await import('../families/index')).families;
  const able = all.filter(({ architectures }) => architectures.some((one) => task.classes.test(one)));
  if (able.length === 0)
    throw new DataError('openFor', `none of the families does ${task.name}`, 'Give one that does.');
  const open = opener(folder, reading);
  const config = (await jsonOf(open, 'config.json')) ?? {};
  throwIfAborted(signal);
  const architecture = [config.architectures].flat()[0];
  const has = typeof architecture === 'string' && task.classes.test(architecture);
  const same = labelsFit(task.head, config);
  const fits = has && same && problemFits(task.head, config);
  const tokenizer = await loadTokenizer(folder, reading);
  const kept = new Map<string, Blob>();
  for (const name of KEPT) {
    const blob = await blobOf(open, name);
    if (blob) kept.set(name, blob);
  }
  const how: LoadOptions<AnyFamily> = {
    ...{ device, families: able, seed, storage, ...reading },
    ...(!fits && { newHead: task.head }),
    ...(onProgress && { onProgress }),
  };
  const loaded = await loadModel(folder, how, `Use a model that can ${task.name}.`);
  const drawn =
    has && !same && loaded.fresh.length === 0 ? drawLabels(loaded, task.head, seed) : loaded.fresh;
  return {
    ...{ loaded, tokenizer, newHead: drawn.length > 0 },
    save: async (saving) => {
      const own = new Blob([`${JSON.stringify(tokenizer.toJson())}\n`]);
      return new Map([...kept, ...(await loaded.save(saving)), ['tokenizer.json', own]]);
    },
    [Symbol.dispose]: () => loaded[Symbol.dispose](),
  };
}

/** Whether a checkpoint's head is for the same labels; the name of a number says nothing. */
function labelsFit(head: Json, config: Json): boolean {
  if (head.id2label === undefined) return true;
  const labels = (json: Json): readonly [string, unknown][] =>
    Object.entries((json.id2label as object | undefined) ?? {}).sort(([a], [b]) => Number(a) - Number(b));
  const [ours, theirs] = [labels(head), labels(config)];
  if (head.problem_type === 'regression' && theirs.length === 1) return true;
  return JSON.stringify(ours) === JSON.stringify(theirs);
}

/** Whether it tells the same of them: that one holds, or any, or a number. */
function problemFits(head: Json, config: Json): boolean {
  if (head.problem_type === undefined) return true;
  const one = Object.keys((config.id2label as object | undefined) ?? {}).length === 1;
  return head.problem_type === (config.problem_type ?? (one ? 'regression' : 'single_label_classification'));
}

/**
 * Draws anew what a head has for each label, where a checkpoint's is for as many others: `load` keeps what has the right shape. Gives the names.
 */
function drawLabels({ model, store }: Pretrained<object>, head: Json, seed: number): string[] {
  const count = Object.keys(head.id2label as object).length;
  const drawn: string[] = [];
  for (const [name, { shape, size, init }] of parameters(model)) {
    if (BODY.test(name) || !shape.includes(count)) continue;
    store.write(name, init(size, new RandomStream(seed, name)));
    drawn.push(name);
  }
  return drawn;
}
