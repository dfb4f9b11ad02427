/**
 * A model that translates, as a file: weights, what the model is, its vocabulary, and what a reader should know of it.
 * One safetensors format for training checkpoints, means of checkpoints and weights that are shipped.
 */
import {
  DataError,
  expectOptions,
  inTodaysNames,
  isExtras,
  isTrainingState,
  openSafetensors,
  parameters,
  saveSafetensors,
  type CheckpointExtras,
  type FileSource,
  type NamedTensor,
  type OpenOptions,
  WEIGHTS_FORMAT,
  type WeightSource,
} from '../../engine/index';
import {
  completeEncoderDecoder,
  type CompleteEncoderDecoderConfig,
  type EncoderDecoderConfig,
} from '../encoder_decoder_config';
import { canonicalLanguage } from '../../engine/metrics/index';
import { EncoderDecoder } from '../encoder_decoder';
import { isWhole } from '../option_checks';
import { PairVocabulary } from './pair_vocabulary';

/** What a reader should know of a model: its card. */
export interface TranslationInfo {
  readonly title: string;
  /**
   * BCP 47, kept in their canonical form: how sources are cut into sentences, and how BLEU cuts targets into tokens. Where
   * they are missing, the script of the texts tells.
   */
  readonly languages?: readonly [source: string, target: string];
  /** What it was trained on, and under which licence. */
  readonly data?: string;
  readonly licence?: string;
  /** Updates, and target tokens seen. */
  readonly steps?: number;
  readonly adapter?: string;
  /** Such as { bleu: 21.3 }, and on what they were measured. */
  readonly scores?: Readonly<Record<string, number>>;
  readonly scoredOn?: string;
  /** Of BLEU among them, in sacreBLEU's form: with which tokenizer. */
  readonly signature?: string;
  /** The number that chose these weights among the evaluations': see `TranslationRunSettings.monitor`. */
  readonly chosenBy?: string;
  /** Tokens of the longest source in training, its end included: longer texts are cut at the ends of sentences. */
  readonly longest?: number;
}

/** The same with canonical codes of languages: see `canonicalLanguage`, which refuses others. */
export function canonicalInfo<Info extends Partial<TranslationInfo>>(
  info: Info,
  language = canonicalLanguage,
): Info {
  const { languages } = info;
  if (languages === undefined) return info;
  if (!Array.isArray(languages) || languages.length !== 2) {
    throw new DataError(
      'languages',
      'they are not two',
      "Give those of source and target, such as ['en', 'fr'].",
    );
  }
  return { ...info, languages: languages.map((code) => language(code)) };
}

/** As files had them before codes were looked at: what no language has is not known. */
function oldLanguage(code: string): string {
  try {
    return canonicalLanguage(code);
  } catch (error) {
    if (error instanceof DataError) return 'und';
    throw error;
  }
}

/** What a file says of its model. Throws a DataError where that is not what `TranslationInfo` says. */
export function savedInfo(json: string | undefined): TranslationInfo {
  const info = Object.assign({ title: '' }, JSON.parse(json ?? '{}') as TranslationInfo | null);
  const { longest, steps, scores = {}, title, data, licence, adapter, scoredOn, signature, chosenBy } = info;
  const texts = [title, data, licence, adapter, scoredOn, signature, chosenBy];
  const good =
    texts.every((text) => text === undefined || typeof text === 'string') &&
    (longest === undefined || isWhole(longest, 1)) &&
    (steps === undefined || isWhole(steps, 0)) &&
    typeof scores === 'object' &&
    Object.values(scores ?? [null]).every((score) => typeof score === 'number');
  if (good) return canonicalInfo(info, oldLanguage);
  throw new DataError('TranslationModel', 'what it says of itself is damaged', 'Use another copy.');
}

const FORMATS = ['heed.train.', 'heed.weights.'];

/** The strings of a checkpoint that make it a translation model. */
export function translationExtras(
  vocabulary: PairVocabulary,
  info: TranslationInfo,
  more: CheckpointExtras = {},
): CheckpointExtras {
  return { ...more, vocabulary: vocabulary.toJson(), info: JSON.stringify(info) };
}

/**
 * A translation model in one file: configuration, vocabulary, card and weights, which are read when a `Translator` is
 * made.
 */
export class TranslationModel {
  readonly config: CompleteEncoderDecoderConfig;
  readonly vocabulary: PairVocabulary;
  readonly info: TranslationInfo;
  /** Without optimizer state. */
  readonly weights: WeightSource;
  /** What else rides along in the file. */
  readonly extras: CheckpointExtras;

  constructor(parts: {
    readonly config: EncoderDecoderConfig;
    readonly vocabulary: PairVocabulary;
    readonly info: TranslationInfo;
    readonly weights: WeightSource;
    readonly extras?: CheckpointExtras;
  }) {
    this.config = completeEncoderDecoder(parts.config);
    this.vocabulary = parts.vocabulary;
    this.info = canonicalInfo(parts.info);
    this.weights = parts.weights;
    this.extras = parts.extras ?? {};
  }

  /**
   * From a training checkpoint or from weights, by address, Blob or memory. Weights are read later, when a `Translator`
   * asks for them. Throws a DataError for anything else.
   */
  static async open(file: FileSource, options: OpenOptions = {}): Promise<TranslationModel> {
    const source = await openSafetensors(file, options);
    const where = 'TranslationModel';
    const todo = 'Choose a file that Heed wrote while it trained on pairs.';
    const { format = 'none', run, extras: extrasJson } = source.metadata;
    if (!FORMATS.some((known) => format.startsWith(known)) || run === undefined || extrasJson === undefined) {
      throw new DataError(where, `this safetensors file is no checkpoint of Heed (format ${format})`, todo);
    }
    let config: EncoderDecoderConfig;
    let extras: CheckpointExtras;
    let info: TranslationInfo;
    try {
      ({ config } = JSON.parse(run) as { config: EncoderDecoderConfig });
      extras = JSON.parse(extrasJson) as CheckpointExtras;
      info = savedInfo(extras['info']);
    } catch (cause) {
      throw new DataError(where, 'its description is damaged', 'Use another copy.', { cause });
    }
    if (!isExtras(extras)) throw new DataError(where, 'its description is damaged', 'Use another copy.');
    const { vocabulary } = extras;
    const signal = options.signal && { signal: options.signal };
    if (vocabulary === undefined || config?.encoderLayers === undefined) {
      throw new DataError(
        where,
        'this checkpoint is of a model of another kind: it has no vocabulary of pairs',
        todo,
      );
    }
    const weights: WeightSource = {
      names: () => source.names().filter((name) => !isTrainingState(name)),
      info: (name) => source.info(name),
      float32: (name, read) => source.float32(name, { ...signal, ...read }),
      pieces: (name, read) => source.pieces(name, { ...signal, ...read }),
    };
    const pairs = await PairVocabulary.fromJson(vocabulary);
    expectWeights(config, pairs, weights);
    return new TranslationModel({ config, vocabulary: pairs, info, extras, weights });
  }
}

/** Refuses a file whose tensors are not those of its model, or of its vocabulary: before anything is as large as it says. */
function expectWeights(
  config: EncoderDecoderConfig,
  vocabulary: PairVocabulary,
  weights: WeightSource,
): void {
  const fail = (what: string): never => {
    throw new DataError('TranslationModel', what, 'The file is damaged: use another copy.');
  };
  const tensors = weights.names().length;
  for (const key of ['encoderLayers', 'decoderLayers'] as const) {
    if (config[key] > tensors) fail(`${key} is ${config[key]}, but it has ${tensors} tensors`);
  }
  const model = new EncoderDecoder(config);
  for (const [key, size] of Object.entries(vocabulary.embedding)) {
    const own = model.config[key as keyof typeof vocabulary.embedding];
    if (own !== size) fail(`${key} is ${String(own)}, but its vocabulary makes it ${size}`);
  }
  const own = parameters(model);
  const source = inTodaysNames(weights, model);
  const names = source.names();
  const there = new Set(names);
  const other = names.find((name) => !own.has(name));
  if (other !== undefined) fail(`${other} has no place in its model`);
  for (const [name, { shape }] of own) {
    if (!there.has(name)) fail(`${name} is missing`);
    const found = source.info(name).shape;
    if (found.join() !== shape.join()) {
      fail(`${name} is (${found.join(', ')}), but its model makes it (${shape.join(', ')})`);
    }
  }
}

/**
 * The weights of a checkpoint without optimizer state, for shipping: `dtype` F16 (default) halves them, which costs
 * nothing that BLEU shows. `info` replaces what the file says of itself.
 */
export async function translationWeights(
  file: FileSource,
  options: { readonly dtype?: 'F16' | 'F32'; readonly info?: Partial<TranslationInfo> } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { dtype = 'F16', info = {} } = options;
  expectOptions('translationWeights', options, { dtype, info });
  const { extras, info: before } = await TranslationModel.open(file); // refuses other files
  const source = await openSafetensors(file);
  const tensors: NamedTensor[] = [];
  for (const name of source.names().filter((name) => !isTrainingState(name))) {
    tensors.push({ name, dtype, shape: source.info(name).shape, data: await source.float32(name) });
  }
  const { training: _training, ...kept } = extras; // what resuming needs
  return saveSafetensors(tensors, {
    ...source.metadata,
    format: WEIGHTS_FORMAT,
    extras: JSON.stringify({ ...kept, info: JSON.stringify({ ...before, ...canonicalInfo(info) }) }),
  });
}
