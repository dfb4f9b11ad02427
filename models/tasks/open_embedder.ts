import { DataError, EngineError, expectOptions, type Device } from '../../engine/index';
import type { AnyFamily } from '../family/family';
import { load, type LoadOptions, type Pretrained } from '../family/load';
import {
  jsonListOf,
  jsonOf,
  opener,
  type FolderOptions,
  type ModelFolder,
  type Opener,
} from '../files/folder';
import { loadTokenizer, type LoadedTokenizer } from '../files/load_tokenizer';
import { SentenceEmbedder, type EmbedderOptions, type EncoderModel, type Pooling } from './sentence_embedder';

/** What `openEmbedder` may open, and where its weights go. */
export interface OpenEmbedderOptions extends FolderOptions {
  readonly device: Device;
  /** Bodies that may be loaded, such as `bertModel` and `mpnetModel`. */
  readonly families: readonly AnyFamily[];
  /** Bytes of weights on the device so far, and in all. */
  readonly onProgress?: (done: number, total: number) => void;
  /** As of `load`. */
  readonly storage?: LoadOptions<AnyFamily>['storage'];
}

/** An embedder with the model and tokenizer that it was opened with. Dispose of it to free the weights. */
export interface OpenedEmbedder extends Disposable {
  readonly embedder: SentenceEmbedder;
  readonly loaded: Pretrained<object>;
  readonly tokenizer: LoadedTokenizer;
}

/**
 * A sentence encoder as its folder describes it: the body, and how rows become one as the files of sentence-transformers say
 * (modules.json, its Pooling and Normalize, sentence_bert_config.json). Without those files the mean of the rows, as there. Disposing of
 * it frees the model.
 *
 * Throws `DataError` for steps that are not done, by name, and as `load`.
 */
export async function openEmbedder(
  folder: ModelFolder,
  options: OpenEmbedderOptions,
): Promise<OpenedEmbedder> {
  const { device, families, onProgress, storage = 'f32', signal, fetch } = options;
  expectOptions('openEmbedder', options, { device, families, onProgress, storage, signal, fetch });
  const reading = { ...(signal && { signal }), ...(fetch && { fetch }) };
  const how = await howToPool(opener(folder, reading));
  const tokenizer = await loadTokenizer(folder, reading);
  const loaded = await load(folder, {
    ...{ device, families, storage, newHead: {}, ...reading },
    ...(onProgress && { onProgress }),
  });
  try {
    const model = loaded.model as EncoderModel;
    if (typeof model.hidden !== 'function') {
      throw new EngineError(
        'openEmbedder',
        `${loaded.type} gives no rows of tokens`,
        'Name bodies of encoders.',
      );
    }
    const { maxLength = model.config.context, ...rest } = how;
    const most = Math.min(maxLength, model.config.context);
    const embedder = new SentenceEmbedder(device, model, tokenizer, { ...rest, maxLength: most });
    const dispose = (): void => {
      embedder[Symbol.dispose]();
      loaded[Symbol.dispose]();
    };
    return { embedder, loaded, tokenizer, [Symbol.dispose]: dispose };
  } catch (error) {
    loaded[Symbol.dispose]();
    throw error;
  }
}

const MODULES = /^sentence_transformers\.models\.(?:\w+\.)?(Transformer|Pooling|Normalize)$/;

/** By the names of their files; the rest of a Pooling's config.json says nothing that changes numbers. */
const MODES: Readonly<Record<string, Pooling>> = {
  pooling_mode_mean_tokens: 'mean',
  pooling_mode_cls_token: 'first',
  pooling_mode_lasttoken: 'last',
};

async function howToPool(open: Opener): Promise<EmbedderOptions> {
  const modules = await jsonListOf(open, 'modules.json');
  const { max_seq_length: most, do_lower_case: lowers } =
    (await jsonOf(open, 'sentence_bert_config.json')) ?? {};
  if (lowers === true) {
    const todo = 'Lower the texts yourself and set it to false.';
    throw new DataError('sentence_bert_config.json', 'do_lower_case is true, which is not done', todo);
  }
  if (most !== undefined && most !== null && !(Number.isInteger(most) && (most as number) > 0)) {
    const what = `max_seq_length is ${JSON.stringify(most)}`;
    throw new DataError('sentence_bert_config.json', what, 'It must be a count of tokens.');
  }
  const limit = typeof most === 'number' ? { maxLength: most } : {};
  if (!modules) return { pooling: 'mean', normalize: false, ...limit };
  const kinds = modules.map((module) => {
    const { type, path } = Object(module) as { readonly type?: unknown; readonly path?: unknown };
    const kind = typeof type === 'string' ? MODULES.exec(type)?.[1] : undefined;
    if (kind && typeof path === 'string') return { kind, path };
    throw new DataError('modules.json', `${JSON.stringify(type)} is not done`, 'Use another model.');
  });
  const order = kinds.map(({ kind }) => kind).join(' ');
  if (!['Transformer Pooling', 'Transformer Pooling Normalize'].includes(order)) {
    throw new DataError(
      'modules.json',
      `its steps are ${order}`,
      'They must be Transformer, Pooling, perhaps Normalize.',
    );
  }
  const name = `${kinds[1].path}/config.json`;
  const pooling = await jsonOf(open, name);
  if (!pooling) throw new DataError(name, 'it is not there', 'Give all files of the model.');
  const chosen = Object.keys(pooling).filter(
    (key) => key.startsWith('pooling_mode') && pooling[key] === true,
  );
  const [mode] = chosen;
  if (chosen.length !== 1 || !Object.hasOwn(MODES, mode)) {
    const what = `it asks for ${chosen.join(' and ') || 'no pooling mode'}`;
    throw new DataError(name, what, `Done is one of ${Object.keys(MODES).join(', ')}.`);
  }
  return { pooling: MODES[mode], normalize: kinds.length === 3, ...limit };
}
