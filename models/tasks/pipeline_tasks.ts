/** How each pipeline is made of what this folder has. */
import { EngineError, expectOneOf, expectOptions, type Device } from '../../engine/index';
import type { Pretrained } from '../family/load';
import type { LoadedTokenizer } from '../files/load_tokenizer';
import type { Decoder } from '../generation/decoder';
import { sequenceOptions } from '../generation/sequence_settings';
import { isWhole } from '../option_checks';
import type { ChatMessage } from './chat_messages';
import type { ImageInput } from '../images/image';
import type { ImageProcessor } from '../images/image_processor';
import type { FeatureExtractor } from '../speech/feature_extractor';
import { hasToken } from './has_token';
import { imagesAt, soundsAt } from './addresses';
import { ImageClassifier, type ImageClassifierModel } from './image_classifier';
import { expectTexts } from './inputs';
import { MaskFiller, type MaskedModel } from './mask_filler';
import { generationOf, searchOf, speechOf } from './pipeline_options';
import type {
  ClassificationResult,
  FillResult,
  GivenAudio,
  GivenImage,
  GenerationResultOptions,
  PipelineTask,
  SearchResultOptions,
  SpeechResult,
  SpeechResultOptions,
} from './pipeline_calls';
import { QuestionAnswerer, type SpanModel } from './question_answerer';
import { SentenceEmbedder, type Pooling, type EncoderModel } from './sentence_embedder';
import { TextClassifier, type ClassifierModel } from './text_classifier';
import { TextRewriter } from './text_rewriter';
import { TextWriter } from './text_writer';
import { shaped } from './tensor_result';
import { TokenRows } from './token_rows';
import type { CaptioningModel } from './image_captioner';
import type { SpeechModel } from '../speech/window_writer';
import { TokenTagger, type Aggregation, type TaggerModel } from './token_tagger';
import { ZeroShotClassifier } from './zero_shot_classifier';
import { ZeroShotImageClassifier, type SharpImageTextModel } from './zero_shot_image_classifier';

/** Other names of tasks. */
export const ALIASES = {
  'sentiment-analysis': 'text-classification',
  ner: 'token-classification',
  embeddings: 'feature-extraction',
  asr: 'automatic-speech-recognition',
} as const satisfies Record<string, PipelineTask>;

interface Opened<M extends object> {
  readonly device: Device;
  readonly loaded: Pretrained<M>;
  readonly tokenizer: LoadedTokenizer;
}

/** Of a task on images; the tokenizer only where it reads texts, too. */
interface OpenedImages<M extends object> extends Opened<M> {
  readonly processor: ImageProcessor;
  readonly fetch: typeof globalThis.fetch;
}

/** Of a task on sounds. */
interface OpenedSounds extends Opened<SpeechModel> {
  readonly processor: FeatureExtractor;
  readonly fetch: typeof globalThis.fetch;
}

/** What a pipeline is called with differs from task to task: pipeline_calls.ts says it. */
type Call = (...input: never[]) => Promise<unknown>;

interface OpenedTask {
  readonly call: Call;
  readonly dispose: () => void;
}

interface Task {
  /** Classes of Transformers that can do it. */
  readonly classes: RegExp;
  /** Whether it reads a checkpoint's body, whatever head stands on it. */
  readonly anyHead?: true;
  /** What its models read besides texts, or instead of them. Default: texts alone. */
  readonly reads?: 'images' | 'images and texts' | 'sounds';
  readonly open: (opened: never) => OpenedTask | Promise<OpenedTask>;
}

type Given = string | readonly string[];
/** Throws `DataError` for what is neither a text nor a list of texts. */
function listOf(where: string, given: Given, noun = 'text'): readonly string[] {
  const list = typeof given === 'string' ? [given] : given;
  expectTexts(where, list, noun);
  return list;
}
/** Throws `EngineError` for a count of results that cannot be. */
function expectMost(where: string, most: unknown): void {
  if (!isWhole(most, 1)) {
    throw new EngineError(where, `top_k is ${String(most)}`, 'Use a whole number of at least 1.');
  }
}
const alike = <R>(texts: Given, results: readonly R[]): R | readonly R[] =>
  typeof texts === 'string' ? results[0] : results;
/** What of one image or sound, or of each. */
const alikeImages = <R>(
  given: GivenImage | GivenAudio | readonly (GivenImage | GivenAudio)[],
  results: readonly R[],
): R | readonly R[] => (Array.isArray(given) ? results : results[0]);
const disposer =
  (...parts: readonly Disposable[]): (() => void) =>
  () => {
    for (const part of parts) part[Symbol.dispose]();
  };

function search(task: PipelineTask, key: string): Task['open'] {
  return ({ device, loaded, tokenizer }: Opened<Decoder>) => {
    const rewriter = new TextRewriter(device, loaded, tokenizer);
    const { generation } = sequenceOptions(loaded);
    const call = async (texts: Given, options: SearchResultOptions = {}) => {
      const found = await rewriter.rewrite(listOf(task, texts), searchOf(task, options, generation));
      return found.map(([text]) => ({ [key]: text }));
    };
    return { call, dispose: disposer(rewriter) };
  };
}

/** Whether it is a conversation rather than texts. */
const isChat = (given: unknown): given is readonly ChatMessage[] =>
  Array.isArray(given) &&
  given.length > 0 &&
  given.every((one) => typeof one === 'object' && one !== null && 'role' in one);

/** Bodies that give rows of tokens. */
const ENCODERS = /^(Bert|Roberta|XLMRoberta|Camembert|DistilBert|Albert|Electra|MPNet)Model$/;
const POOLINGS = { mean: 'mean', cls: 'first', last_token: 'last' } as const satisfies Record<
  string,
  Pooling
>;
/** Whisper is such a class, too, and reads no text. */
const SEARCHES = /^(?!Whisper).*For(Conditional|Seq2Seq)\w+$|^MarianMTModel$/;

export const TASKS: Readonly<Record<PipelineTask, Task>> = {
  'text-classification': {
    classes: /ForSequenceClassification$/,
    open({ device, loaded, tokenizer }: Opened<ClassifierModel>) {
      const classifier = new TextClassifier(device, loaded.model, tokenizer);
      const call = async (texts: Given, options: { readonly top_k?: number | null } = {}) => {
        const { top_k: most = 1 } = options;
        expectOptions('text-classification', options, { top_k: most });
        if (most !== null) expectMost('text-classification', most);
        const list = listOf('text-classification', texts);
        const found = await classifier.classify(list, { long: 'cut' });
        const best = found.map((labels): readonly ClassificationResult[] =>
          labels.slice(0, most ?? undefined),
        );
        return most === 1 ? best.flat() : alike(texts, best);
      };
      return { call, dispose: disposer(classifier) };
    },
  },
  'image-classification': {
    classes: /ForImageClassification(WithTeacher)?$/,
    reads: 'images',
    open({ device, loaded, processor, fetch }: OpenedImages<ImageClassifierModel>) {
      const classifier = new ImageClassifier(device, loaded.model, processor);
      const call = async (
        given: GivenImage | readonly GivenImage[],
        options: { readonly top_k?: number | null } = {},
      ) => {
        const { top_k: most = 5 } = options;
        expectOptions('image-classification', options, { top_k: most });
        if (most !== null) expectMost('image-classification', most);
        const images = await imagesAt('image-classification', given, fetch);
        const found = await classifier.classify(images, most === null ? {} : { topK: most });
        return alikeImages(given, found);
      };
      return { call, dispose: disposer(classifier) };
    },
  },
  'zero-shot-image-classification': {
    classes: /^CLIPModel$/,
    reads: 'images and texts',
    open({ device, loaded, tokenizer, processor, fetch }: OpenedImages<SharpImageTextModel>) {
      const classifier = new ZeroShotImageClassifier(device, loaded.model, tokenizer, processor);
      const call = async (
        given: GivenImage | readonly GivenImage[],
        labels: Given,
        options: { readonly hypothesis_template?: string } = {},
      ) => {
        const { hypothesis_template: hypothesis = 'This is a photo of {}' } = options;
        expectOptions('zero-shot-image-classification', options, { hypothesis_template: hypothesis });
        const kinds = listOf('zero-shot-image-classification', labels, 'label');
        const images: readonly ImageInput[] = await imagesAt('zero-shot-image-classification', given, fetch);
        return alikeImages(given, await classifier.classify(images, kinds, { hypothesis }));
      };
      return { call, dispose: disposer(classifier) };
    },
  },
  'image-to-text': {
    classes: /^VisionEncoderDecoderModel$/,
    reads: 'images and texts',
    async open({ device, loaded, tokenizer, processor, fetch }: OpenedImages<CaptioningModel>) {
      const { ImageCaptioner } = await import('./image_captioner'); // what other tasks do without
      const captioner = new ImageCaptioner(device, loaded, tokenizer, processor);
      const { generation } = sequenceOptions(loaded);
      const call = async (
        given: GivenImage | readonly GivenImage[],
        options: SearchResultOptions = {},
      ): Promise<unknown> => {
        const { long: _, ...choices } = searchOf('image-to-text', options, generation);
        const images = await imagesAt('image-to-text', given, fetch);
        const found = await captioner.caption(images, choices);
        return alikeImages(
          given,
          found.map((all) => all.map(({ text }) => ({ generated_text: text }))),
        );
      };
      return { call, dispose: disposer(captioner) };
    },
  },
  'automatic-speech-recognition': {
    classes: /^WhisperForConditionalGeneration$/,
    reads: 'sounds',
    async open({ device, loaded, tokenizer, processor, fetch }: OpenedSounds) {
      const { Transcriber } = await import('./transcriber'); // what other tasks do without
      const transcriber = new Transcriber(device, loaded, tokenizer, processor);
      const call = async (
        given: GivenAudio | readonly GivenAudio[],
        options: SpeechResultOptions = {},
      ): Promise<unknown> => {
        const choices = speechOf(options);
        const { return_timestamps: timed = false } = options;
        const found: SpeechResult[] = [];
        for (const sound of await soundsAt('automatic-speech-recognition', given, fetch)) {
          const { text, segments } = await transcriber.transcribe(sound, choices);
          const chunks = segments.map((one) => ({
            text: one.text,
            timestamp: [one.start, one.end] as const,
          }));
          found.push({ text, ...(timed && { chunks }) });
        }
        return alikeImages(given, found);
      };
      return { call, dispose: disposer(transcriber, processor) };
    },
  },
  'token-classification': {
    classes: /ForTokenClassification$/,
    open({ device, loaded, tokenizer }: Opened<TaggerModel>) {
      const tagger = new TokenTagger(device, loaded.model, tokenizer);
      const call = async (
        texts: Given,
        options: {
          readonly ignore_labels?: readonly string[];
          readonly aggregation_strategy?: Aggregation;
        } = {},
      ) => {
        const { ignore_labels: ignore = ['O'], aggregation_strategy: aggregation = 'none' } = options;
        const known = { ignore_labels: ignore, aggregation_strategy: aggregation };
        expectOptions('token-classification', options, known);
        const found = await tagger.tag(listOf('token-classification', texts), {
          aggregation,
          ignore,
          long: 'cut',
        });
        const key = aggregation === 'none' ? 'entity' : 'entity_group';
        const shown = found.map((tags) =>
          tags.map(({ label, text, ...rest }) => ({ [key]: label, word: text, ...rest })),
        );
        return alike(texts, shown);
      };
      return { call, dispose: disposer(tagger) };
    },
  },
  'question-answering': {
    classes: /ForQuestionAnswering$/,
    open({ device, loaded, tokenizer }: Opened<SpanModel>) {
      const answerer = new QuestionAnswerer(device, loaded.model, tokenizer);
      const call = async (question: string, context: string, options: { readonly top_k?: number } = {}) => {
        const { top_k: topK = 1 } = options;
        expectOptions('question-answering', options, { top_k: topK });
        expectMost('question-answering', topK);
        const [answers] = await answerer.answer([{ question, context }], { topK });
        const shown = answers.map(({ text, ...rest }) => ({ answer: text, ...rest }));
        return topK === 1 ? shown[0] : shown;
      };
      return { call, dispose: disposer(answerer) };
    },
  },
  'fill-mask': {
    classes: /ForMaskedLM$/,
    open({ device, loaded, tokenizer }: Opened<MaskedModel>) {
      const filler = new MaskFiller(device, loaded.model, tokenizer);
      const call = async (texts: Given, options: { readonly top_k?: number } = {}) => {
        const { top_k: topK = 5 } = options;
        expectOptions('fill-mask', options, { top_k: topK });
        expectMost('fill-mask', topK);
        const list = listOf('fill-mask', texts);
        const found = await filler.fill(list, { topK, long: 'cut' });
        const shown = found.map((places, i) => {
          const ids = tokenizer.encode(list[i]);
          const masks = [...ids.keys()].filter((at) => ids[at] === tokenizer.special.mask);
          const each = places.map((fillings, nth) =>
            fillings.map(({ token, text, score }): FillResult => {
              const filled = [...ids];
              filled.splice(masks[nth], 1, ...(hasToken(tokenizer, token) ? [token] : []));
              const sequence = tokenizer.decode(filled, { special: false });
              return { score, token, token_str: text, sequence };
            }),
          );
          return each.length === 1 ? each[0] : each;
        });
        return alike<FillResult[] | FillResult[][]>(texts, shown);
      };
      return { call, dispose: disposer(filler) };
    },
  },
  'zero-shot-classification': {
    classes: /ForSequenceClassification$/,
    open({ device, loaded, tokenizer }: Opened<ClassifierModel>) {
      const classifier = new ZeroShotClassifier(device, loaded.model, tokenizer);
      const call = async (
        texts: Given,
        labels: Given,
        options: { readonly hypothesis_template?: string; readonly multi_label?: boolean } = {},
      ) => {
        const { hypothesis_template: hypothesis = 'This example is {}.', multi_label: multiLabel = false } =
          options;
        const known = { hypothesis_template: hypothesis, multi_label: multiLabel };
        expectOptions('zero-shot-classification', options, known);
        const list = listOf('zero-shot-classification', texts);
        const kinds = listOf('zero-shot-classification', labels, 'label');
        const more = { hypothesis, multiLabel, long: 'cut' } as const;
        const found = await classifier.classify(list, kinds, more);
        const shown = found.map((ranked, i) => ({
          sequence: list[i],
          labels: ranked.map(({ label }) => label),
          scores: ranked.map(({ score }) => score),
        }));
        return alike(texts, shown);
      };
      return { call, dispose: disposer(classifier) };
    },
  },
  'feature-extraction': {
    classes: ENCODERS,
    anyHead: true,
    open({ device, loaded, tokenizer }: Opened<EncoderModel>) {
      const made = new Map<string, TokenRows | SentenceEmbedder>();
      /** One of each kind that was asked for. */
      const the = <R extends TokenRows | SentenceEmbedder>(key: string, make: () => R): R => {
        if (!made.has(key)) made.set(key, make());
        return made.get(key) as R;
      };
      const call = async (
        texts: Given,
        options: { readonly pooling?: 'none' | keyof typeof POOLINGS; readonly normalize?: boolean } = {},
      ) => {
        const { pooling = 'none', normalize = false } = options;
        expectOptions('feature-extraction', options, { pooling, normalize });
        expectOneOf('feature-extraction', 'pooling', pooling, ['none', ...Object.keys(POOLINGS)]);
        expectOneOf('feature-extraction', 'normalize', normalize, [true, false]);
        const list = listOf('feature-extraction', texts);
        const key = `${pooling} ${String(normalize)}`;
        const own = [device, loaded.model, tokenizer] as const;
        if (pooling === 'none') {
          const rows = the(key, () => new TokenRows(...own, { normalize }));
          return rows.read(list, { long: 'cut' });
        }
        const how = { pooling: POOLINGS[pooling], normalize };
        const embedder = the(key, () => new SentenceEmbedder(...own, how));
        const found = await embedder.embed(list, { long: 'cut' });
        const data = new Float32Array(found.length * embedder.width);
        found.forEach((one, i) => data.set(one, i * embedder.width));
        return shaped(data, [found.length, embedder.width]);
      };
      return { call, dispose: () => disposer(...made.values())() };
    },
  },
  'text-generation': {
    classes: /(ForCausalLM|LMHeadModel)$/,
    open({ device, loaded, tokenizer }: Opened<Decoder>) {
      const writer = new TextWriter(device, loaded, tokenizer);
      const answered = async (messages: readonly ChatMessage[], options: GenerationResultOptions) => {
        const { message } = await writer.chat(messages, generationOf(options));
        return [{ generated_text: [...messages, message] }];
      };
      const call = async (
        given: Given | readonly ChatMessage[] | readonly (readonly ChatMessage[])[],
        options: GenerationResultOptions & { return_full_text?: boolean } = {},
      ) => {
        if (isChat(given)) return answered(given, options);
        if (Array.isArray(given) && given.length > 0 && given.every(isChat)) {
          const all: Awaited<ReturnType<typeof answered>>[] = [];
          for (const messages of given) all.push(await answered(messages, options));
          return all;
        }
        const { return_full_text: full = true, ...choices } = options;
        expectOneOf('text-generation', 'return_full_text', full, [true, false]);
        const texts = given as Given;
        const found: { readonly generated_text: string }[][] = [];
        for (const text of listOf('text-generation', texts)) {
          let written = full ? text : '';
          for await (const piece of writer.write(text, generationOf(choices))) written += piece;
          found.push([{ generated_text: written }]);
        }
        return alike(texts, found);
      };
      return { call, dispose: disposer(writer) };
    },
  },
  'text2text-generation': { classes: SEARCHES, open: search('text2text-generation', 'generated_text') },
  summarization: { classes: SEARCHES, open: search('summarization', 'summary_text') },
  translation: { classes: SEARCHES, open: search('translation', 'translation_text') },
};
