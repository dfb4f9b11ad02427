/**
 * A model that translates, as a file: weights, what the model is, its vocabulary, and what a reader should know of it.
 * One safetensors format for training checkpoints, means of checkpoints and weights that are shipped.
 */
import {
  DataError,
  isTrainingState,
  openSafetensors,
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
import { PairVocabulary } from './pair_vocabulary';

/** What a reader should know of a model: its card. */
export interface TranslationInfo {
  readonly title: string;
  /** BCP 47: how sources are cut into sentences, and how BLEU cuts targets into tokens. */
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
  /** Tokens of the longest source in training, its end included: longer texts are cut at the ends of sentences. */
  readonly longest?: number;
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
    this.info = parts.info;
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
      info = JSON.parse(extras['info'] ?? '{"title":""}') as TranslationInfo;
    } catch (cause) {
      throw new DataError(where, 'its description is damaged', 'Use another copy.', { cause });
    }
    const { vocabulary } = extras;
    if (vocabulary === undefined || config?.encoderLayers === undefined) {
      throw new DataError(
        where,
        'this checkpoint is of a model of another kind: it has no vocabulary of pairs',
        todo,
      );
    }
    return new TranslationModel({
      config,
      vocabulary: await PairVocabulary.fromJson(vocabulary),
      info,
      extras,
      weights: {
        names: () => source.names().filter((name) => !isTrainingState(name)),
        info: (name) => source.info(name),
        float32: (name) => source.float32(name, options.signal ? { signal: options.signal } : {}),
      },
    });
  }
}

/**
 * The weights of a checkpoint without optimizer state, for shipping: `dtype` F16 (default) halves them, which costs
 * nothing that BLEU shows. `info` replaces what the file says of itself.
 */
export async function translationWeights(
  file: FileSource,
  {
    dtype = 'F16',
    info = {},
  }: { readonly dtype?: 'F16' | 'F32'; readonly info?: Partial<TranslationInfo> } = {},
): Promise<Uint8Array<ArrayBuffer>> {
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
    extras: JSON.stringify({ ...kept, info: JSON.stringify({ ...before, ...info }) }),
  });
}
