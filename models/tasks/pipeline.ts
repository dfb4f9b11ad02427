/** Tasks by the names and with the results of Hugging Face's pipelines: who comes from there changes one import. */
import { Device, EngineError, expectOneOf, expectOptions, throwIfAborted } from '../../engine/index';
import type { AnyFamily } from '../family/family';
import { loadModel, type LoadOptions, type Pretrained } from '../family/load';
import type { ModelFolder } from '../files/folder';
import { hub, type HubOptions } from '../files/hub';
import { loadTokenizer, type LoadedTokenizer } from '../files/load_tokenizer';
import type { ImageProcessor } from '../images/image_processor';
import { loadImageProcessor } from '../images/load_image_processor';
import { definedOf } from '../option_checks';
import type { FeatureExtractor } from '../speech/feature_extractor';
import type { loadFeatureExtractor } from '../speech/load_feature_extractor';
import type { ImageTask, PipelineCalls, PipelineTask } from './pipeline_calls';
import { ALIASES, TASKS } from './pipeline_tasks';

/** Where `pipeline` finds its model, and where the weights go. */
export interface PipelineOptions extends Pick<
  HubOptions,
  'revision' | 'endpoint' | 'token' | 'cache' | 'onProgress' | 'signal' | 'fetch'
> {
  /** Default: one that is opened for the pipeline, and ends with it. */
  readonly device?: Device;
  /** What may be loaded. Default: every family that can do the task, loaded on demand. */
  readonly families?: readonly AnyFamily[];
  /** How weights are stored on the device, as of `load`. Default 'f32'. */
  readonly storage?: LoadOptions<AnyFamily>['storage'];
}

/** A task to call, with what it stands on. Disposing of it frees the model. */
export type Pipeline<T extends PipelineTask> = PipelineCalls[T] &
  Disposable & {
    readonly task: T;
    readonly loaded: Pretrained<object>;
    /** Null where the task reads images alone. */
    readonly tokenizer: T extends 'image-classification' ? null : LoadedTokenizer;
    /** Of images, or of sounds; null where the task reads texts. */
    readonly processor: T extends ImageTask
      ? ImageProcessor
      : T extends 'automatic-speech-recognition'
        ? FeatureExtractor
        : null;
  };

/** What only tasks on sounds load. */
async function hearing(...given: Parameters<typeof loadFeatureExtractor>): Promise<FeatureExtractor> {
  return (await import('../speech/load_feature_extractor')).loadFeatureExtractor(...given);
}

/**
 * Opens a model for a task: an id of the hub, the address of a folder, chosen files, or a function that finds a file.
 *
 * ```ts
 * using classify = await pipeline('text-classification', 'distilbert/distilbert-base-uncased-finetuned-sst-2-english');
 * await classify('I love this'); // [{ label: 'POSITIVE', score: 0.9998 }]
 * ```
 *
 * Throws `EngineError` for a task or an option that is not known, `DataError` for a model that cannot do it and as `load`,
 * `DeviceError` where it does not fit.
 */
export async function pipeline<T extends PipelineTask | keyof typeof ALIASES>(
  task: T,
  model: ModelFolder,
  options: PipelineOptions = {},
): Promise<Pipeline<T extends keyof typeof ALIASES ? (typeof ALIASES)[T] : T>> {
  const { device: given, families, storage = 'f32', signal, fetch, ...source } = options;
  const { revision, endpoint, token, cache, onProgress } = source;
  expectOptions('pipeline', options, {
    ...{ device: given, families, storage, signal, fetch, revision, endpoint, token, cache, onProgress },
  });
  const names = [...Object.keys(TASKS), ...Object.keys(ALIASES)];
  expectOneOf('pipeline', 'task', task, names);
  const name = (task in ALIASES ? ALIASES[task as keyof typeof ALIASES] : task) as PipelineTask;
  const { classes, anyHead, reads, open } = TASKS[name];
  const reading = { ...(signal && { signal }), ...(fetch && { fetch }) };
  const named = typeof model === 'string' || model instanceof URL;
  const asked = Object.keys(definedOf(source));
  if (!named && asked.length > 0) {
    const what = `${asked.join(', ')} ${asked.length > 1 ? 'are' : 'is'} for a model that is named, but the files are at hand`;
    throw new EngineError('pipeline', what, 'Leave out what is not needed, or name a model.');
  }
  const folder = named ? hub(model, { ...source, ...reading }) : model;
  const all = families ?? (await import('../families/index')).families;
  const able = all.filter(({ architectures }) => architectures.some((one) => classes.test(one)));
  if (able.length === 0) {
    throw new EngineError('pipeline', `none of the families does ${name}`, 'Give one that does.');
  }
  throwIfAborted(signal);
  const device = given ?? (await Device.open());
  let loaded: Pretrained<object> | null = null;
  try {
    const tokenizer = reads === 'images' ? null : await loadTokenizer(folder, reading);
    const processor =
      reads === 'sounds'
        ? await hearing(device, folder, reading)
        : reads
          ? await loadImageProcessor(folder, reading)
          : null;
    throwIfAborted(signal);
    const head = anyHead ? { newHead: {} } : {};
    const todo = `Use a model that was trained for ${name}.`; // pipelines train no heads
    loaded = await loadModel(folder, { device, families: able, storage, ...head, ...reading }, todo);
    const { call, dispose } = await open({
      device,
      loaded,
      tokenizer,
      processor,
      fetch: fetch ?? globalThis.fetch,
    } as never);
    let ended = false;
    const guarded = async (...input: never[]): Promise<unknown> => {
      if (!ended) return call(...input);
      throw new EngineError(name, 'it was disposed of', 'Open the pipeline again.');
    };
    const end = (): void => {
      if (ended) return;
      ended = true;
      dispose();
      loaded![Symbol.dispose]();
      if (!given) device[Symbol.dispose]();
    };
    const about = { task: name, loaded, tokenizer, processor, [Symbol.dispose]: end };
    return Object.assign(guarded, about) as unknown as Awaited<ReturnType<typeof pipeline<T>>>;
  } catch (error) {
    loaded?.[Symbol.dispose]();
    if (!given) device[Symbol.dispose]();
    throw error;
  }
}
