/** How each kind of model answers what it is asked, and which text it read for that. */
import {
  DataError,
  encodingOf,
  type Device,
  type StreamingDecoder,
  type Tokenizer,
} from '../../../engine/index';
import {
  generateOptions,
  Generator,
  SequenceGenerator,
  sequenceOptions,
  type Decoder,
  type LoadedTokenizer,
  type Pretrained,
} from '../../../models/index';
import {
  chatTemplate,
  MaskFiller,
  QuestionAnswerer,
  TextClassifier,
  TextWriter,
  TokenTagger,
  ZeroShotClassifier,
  type ChatTemplate,
  type ClassifierModel,
  type MaskedModel,
  type OpenedEmbedder,
  type SpanModel,
  type TaggerModel,
} from '../../../models/tasks/index';
import { hasToken } from '../../../models/tasks/has_token';
import type { LookedAt, Reading } from '../../session/look';
import type { Answer, Ask, ChatTurn, Scored, Use } from './protocol';

/** An answer, and the text that it is an answer to as the model read it. */
export interface Performed {
  readonly answer: Answer;
  readonly text: LookedAt;
}

export interface AskOptions {
  readonly signal: AbortSignal;
  readonly onPiece: (text: string) => void;
}

type Perform = (ask: Ask, options: AskOptions) => Promise<Performed>;

/** What performs an ask, with all that it owns. */
export interface Performer {
  readonly perform: Perform;
  readonly way: Reading['way'];
  readonly owned: readonly Disposable[];
  readonly mask?: string;
  /** Where it is another one than the head says. */
  readonly use?: Use;
}

export interface Parts {
  readonly device: Device;
  readonly loaded: Pretrained<object>;
  readonly tokenizer: LoadedTokenizer;
}

/** Beams of a search, where the model says nothing; and most of those that it may ask for. */
const BEAMS = { usual: 4, most: 8 } as const;

const encoded = (tokenizer: Tokenizer, text: string, pair?: string): LookedAt => {
  const { ids, segments } = encodingOf(tokenizer, text, pair === undefined ? {} : { pair });
  return { ids, segments };
};

export function comparing({ embedder, tokenizer }: OpenedEmbedder): Performer {
  const perform: Perform = async (ask, { signal }) => {
    if (ask.use !== 'compare') throw wrong('compare');
    const texts = ask.texts.filter((text) => text.trim() !== '');
    const ranked = await embedder.rank(ask.text, texts, { long: 'cut', signal });
    const scores = ranked.map(({ index, score }): Scored => ({ label: texts[index], score }));
    return { answer: { use: 'compare', scores }, text: encoded(tokenizer, ask.text) };
  };
  return { perform, way: 'both', owned: [] };
}

export const PERFORMERS = {
  write({ device, loaded, tokenizer }: Parts & { readonly loaded: Pretrained<Decoder> }): Performer {
    const generator = new Generator(device, loaded.model);
    const perform: Perform = async (ask, { signal, onPiece }) => {
      if (ask.use !== 'write') throw wrong('write');
      const { tokens, temperature, topP, seed } = ask;
      const prompt = tokenizer.encode(ask.text);
      const ids = [...(prompt.length > 0 ? prompt : beginning(loaded, tokenizer))];
      const choices = temperature === 0 ? { temperature } : { temperature, topP, seed };
      const room = Math.max(1, Math.min(tokens, generator.context - ids.length));
      const { stop, banned } = generateOptions(loaded);
      const options = { ...(stop && { stop }), ...(banned && { banned }), ...choices, tokens: room, signal };
      const decoder: StreamingDecoder = tokenizer.decoder();
      let text = '';
      const tell = (piece: string): void => {
        text += piece;
        if (piece !== '') onPiece(piece);
      };
      for await (const id of generator.generate(ids.slice(), options)) {
        ids.push(id);
        tell(hasToken(tokenizer, id) ? decoder.push(id) : '');
      }
      tell(decoder.end());
      return { answer: { use: 'write', text }, text: { ids } };
    };
    return { perform, way: 'forward', owned: [generator] };
  },

  chat({ device, loaded, tokenizer }: Parts & { readonly loaded: Pretrained<Decoder> }): Performer {
    const writer = new TextWriter(device, loaded, tokenizer);
    let template: Promise<ChatTemplate> | null = null;
    const perform: Perform = async (ask, { signal, onPiece }) => {
      if (ask.use !== 'chat') throw wrong('chat');
      const { before, tokens, temperature, topP, seed } = ask;
      const messages: ChatTurn[] = [...before, { role: 'user', content: ask.text }];
      const choices = temperature === 0 ? { temperature } : { temperature, topP, seed };
      const { message, finished } = await writer.chat(messages, {
        ...choices,
        ...{ tokens, signal, onText: onPiece },
      });
      const ids = (await (template ??= chatTemplate(tokenizer))).ids([...messages, { ...message }], {
        generationPrompt: false,
      });
      const { context } = loaded.model.config;
      const answer = { use: 'chat', text: message.content, finished } as const;
      return { answer, text: { ids: ids.slice(0, context) } };
    };
    return { perform, way: 'forward', owned: [writer], use: 'chat' };
  },

  fill({ device, loaded, tokenizer }: Parts): Performer {
    const filler = new MaskFiller(device, loaded.model as unknown as MaskedModel, tokenizer);
    const perform: Perform = async (ask, { signal }) => {
      if (ask.use !== 'fill') throw wrong('fill');
      const [found] = await filler.fill([ask.text], { topK: 10, long: 'cut', signal });
      const places = found.map((each) => each.map(({ text, score }): Scored => ({ label: text, score })));
      return { answer: { use: 'fill', places }, text: encoded(tokenizer, ask.text) };
    };
    return { perform, way: 'both', owned: [filler], mask: filler.mask };
  },

  classify({ device, loaded, tokenizer }: Parts): Performer {
    const model = loaded.model as unknown as ClassifierModel;
    const classifier = new TextClassifier(device, model, tokenizer);
    let zeroShot: ZeroShotClassifier | null = null;
    const perform: Perform = async (ask, { signal }) => {
      if (ask.use !== 'classify') throw wrong('classify');
      const long = 'cut';
      if (ask.labels.length > 0) zeroShot ??= new ZeroShotClassifier(device, model, tokenizer);
      const [found] =
        ask.labels.length > 0
          ? await zeroShot!.classify([ask.text], ask.labels, { long, signal })
          : await classifier.classify([ask.text], { long, signal });
      const numbers = model.problem === 'regression' && ask.labels.length === 0;
      const scores = found.map(({ label, score }): Scored =>
        numbers ? { label, score: null, value: score } : { label, score },
      );
      return { answer: { use: 'classify', scores }, text: encoded(tokenizer, ask.text) };
    };
    const rest: Disposable = { [Symbol.dispose]: () => zeroShot?.[Symbol.dispose]() };
    return { perform, way: 'both', owned: [classifier, rest] };
  },

  tag({ device, loaded, tokenizer }: Parts): Performer {
    const tagger = new TokenTagger(device, loaded.model as unknown as TaggerModel, tokenizer);
    const perform: Perform = async (ask, { signal }) => {
      if (ask.use !== 'tag') throw wrong('tag');
      const [spans] = await tagger.tag([ask.text], { aggregation: 'average', long: 'cut', signal });
      return { answer: { use: 'tag', spans }, text: encoded(tokenizer, ask.text) };
    };
    return { perform, way: 'both', owned: [tagger] };
  },

  answer({ device, loaded, tokenizer }: Parts): Performer {
    const answerer = new QuestionAnswerer(device, loaded.model as unknown as SpanModel, tokenizer);
    const perform: Perform = async (ask, { signal }) => {
      if (ask.use !== 'answer') throw wrong('answer');
      const { question, text: context } = ask;
      const [answers] = await answerer.answer([{ question, context }], { topK: 3, signal });
      const spans = answers.map(({ text, ...rest }) => ({ label: text, ...rest }));
      return { answer: { use: 'answer', spans }, text: encoded(tokenizer, question, context) };
    };
    return { perform, way: 'both', owned: [answerer] };
  },

  rewrite({ device, loaded, tokenizer }: Parts & { readonly loaded: Pretrained<Decoder> }): Performer {
    const { special, generation } = sequenceOptions(loaded);
    const generator = new SequenceGenerator(device, loaded.model, {
      ...special,
      sentences: 1,
      beams: BEAMS.most,
    });
    const read = (ids: readonly number[]): string =>
      tokenizer.decode(
        ids.filter((id) => hasToken(tokenizer, id)),
        { special: false },
      );
    const perform: Perform = async (ask, { signal, onPiece }) => {
      if (ask.use !== 'rewrite') throw wrong('rewrite');
      const { ids } = encoded(tokenizer, ask.text);
      let told = 0;
      const [[best]] = await generator.generate([ids], {
        ...{ beams: BEAMS.usual, ...generation, signal },
        onStep([{ ids }]) {
          const text = read([...ids]);
          if (performance.now() - told < 30) return;
          told = performance.now();
          onPiece(text);
        },
      });
      const { context } = loaded.model.config;
      const written = [special.begin, ...best.ids].slice(0, context); // what the decoder read
      return { answer: { use: 'rewrite', text: read(best.ids) }, text: { ids, written } };
    };
    return { perform, way: 'source', owned: [generator] };
  },
} satisfies Record<Exclude<Use, 'compare'>, (parts: never) => Performer>;

/** Models that write begin an empty text with the token that texts begin with. */
function beginning({ config }: Pretrained<Decoder>, tokenizer: Tokenizer): number[] {
  const begin = tokenizer.special.bos ?? config.bos_token_id ?? tokenizer.special.eos;
  if (typeof begin === 'number') return [begin];
  throw new DataError('Text', 'it is empty', 'Write the first words.');
}

const wrong = (use: Use): Error => new Error(`this model is asked to ${use}`);
