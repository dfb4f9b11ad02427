/** A model that is loaded, with what it is for: answers what it is asked, and tells what it saw. */
import {
  DataError,
  encodingOf,
  parameters,
  type Device,
  type StreamingDecoder,
  type Tokenizer,
} from '../../../engine/index';
import {
  generateOptions,
  Generator,
  load,
  loadTokenizer,
  SequenceGenerator,
  sequenceOptions,
  type Decoder,
  type LoadedTokenizer,
  type ModelFolder,
  type Pretrained,
} from '../../../models/index';
import {
  chatTemplate,
  MaskFiller,
  openEmbedder,
  QuestionAnswerer,
  TextClassifier,
  TextWriter,
  TokenTagger,
  ZeroShotClassifier,
  type ClassifierModel,
  type MaskedModel,
  type SpanModel,
  type TaggerModel,
} from '../../../models/tasks/index';
import { Look, type LookedAt, type Reading } from './look';
import type { Answer, Ask, ChatTurn, Found, Opened, Scored, Use } from './protocol';

export interface LoadOptions {
  readonly device: Device;
  readonly signal: AbortSignal;
  readonly onWeights: (done: number, total: number) => void;
}

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
interface Performer {
  readonly perform: Perform;
  readonly way: Reading['way'];
  readonly owned: readonly Disposable[];
  readonly mask?: string;
  /** Where it is another one than the head says. */
  readonly use?: Use;
}

interface Parts {
  readonly device: Device;
  readonly loaded: Pretrained<object>;
  readonly tokenizer: LoadedTokenizer;
}

/** What models learn from on this page. */
const LESSONS: Partial<Record<Use, 'text' | 'rows'>> = { write: 'text', fill: 'text', classify: 'rows' };

/** Beams of a search, where the model says nothing; and most of those that it may ask for. */
const BEAMS = { usual: 4, most: 8 } as const;

export class OpenModel implements Disposable {
  readonly info: Opened;
  readonly loaded: Pretrained<object>;
  readonly tokenizer: Tokenizer;
  readonly look: Look;
  readonly #performer: Performer;

  private constructor(info: Opened, parts: Omit<Parts, 'device'>, look: Look, performer: Performer) {
    [this.info, this.loaded, this.tokenizer] = [info, parts.loaded, parts.tokenizer];
    [this.look, this.#performer] = [look, performer];
  }

  /** Loads it onto the device. A load that fails or is aborted leaves nothing there. */
  static async open(
    folder: ModelFolder,
    found: Found & { readonly use: Use },
    { device, signal, onWeights }: LoadOptions,
  ): Promise<OpenModel> {
    const { families } = await import('../../../models/families/index');
    const { storage } = found;
    const options = { device, families, signal, storage, onProgress: onWeights };
    const own: Disposable[] = [];
    try {
      let parts: Parts;
      let performer: Performer;
      if (found.use === 'compare') {
        const opened = await openEmbedder(folder, options);
        own.push(opened);
        parts = { device, loaded: opened.loaded, tokenizer: opened.tokenizer };
        performer = comparing(opened);
      } else {
        const tokenizer = await loadTokenizer(folder, { signal });
        const loaded = await load(folder, options);
        own.push(loaded);
        parts = { device, loaded, tokenizer };
        const chats = found.use === 'write' && Object.keys(tokenizer.chatTemplates).length > 0;
        performer = PERFORMERS[chats ? 'chat' : found.use](parts as never);
      }
      const { loaded, tokenizer } = parts;
      const model = loaded.model as Reading['model'] & { readonly labels?: readonly string[] };
      const labels = found.use === 'classify' || found.use === 'tag' ? (model.labels ?? []) : [];
      const info: Opened = {
        ...found,
        use: performer.use ?? found.use,
        context: model.config.context,
        mask: performer.mask ?? null,
        labels,
        zeroShot: found.use === 'classify' && labels.some((label) => /^entail/i.test(label)),
        learns: storage.startsWith('int') ? null : (LESSONS[found.use] ?? null),
      };
      const look = new Look(device, { way: performer.way, model } as Reading);
      return new OpenModel(info, { loaded, tokenizer }, look, {
        ...performer,
        owned: [...performer.owned, ...own],
      });
    } catch (error) {
      for (const one of own) one[Symbol.dispose]();
      throw error;
    }
  }

  ask(ask: Ask, options: AskOptions): Promise<Performed> {
    return this.#performer.perform(ask, options);
  }

  get parameters(): number {
    return [...parameters(this.loaded.model).values()].reduce((sum, { size }) => sum + size, 0);
  }

  [Symbol.dispose](): void {
    this.look[Symbol.dispose]();
    for (const one of this.#performer.owned) one[Symbol.dispose]();
  }
}

const encoded = (tokenizer: Tokenizer, text: string, pair?: string): LookedAt => {
  const { ids, segments } = encodingOf(tokenizer, text, pair === undefined ? {} : { pair });
  return { ids, segments };
};

function comparing({ embedder, tokenizer }: Awaited<ReturnType<typeof openEmbedder>>): Performer {
  const perform: Perform = async (ask, { signal }) => {
    if (ask.use !== 'compare') throw wrong('compare');
    const texts = ask.texts.filter((text) => text.trim() !== '');
    const ranked = await embedder.rank(ask.text, texts, { long: 'cut', signal });
    const scores = ranked.map(({ index, score }): Scored => ({ label: texts[index], score }));
    return { answer: { use: 'compare', scores }, text: encoded(tokenizer, ask.text) };
  };
  return { perform, way: 'both', owned: [] };
}

const PERFORMERS = {
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
        tell(id < tokenizer.size ? decoder.push(id) : '');
      }
      tell(decoder.end());
      return { answer: { use: 'write', text }, text: { ids } };
    };
    return { perform, way: 'forward', owned: [generator] };
  },

  chat({ device, loaded, tokenizer }: Parts & { readonly loaded: Pretrained<Decoder> }): Performer {
    const writer = new TextWriter(device, loaded, tokenizer);
    const perform: Perform = async (ask, { signal, onPiece }) => {
      if (ask.use !== 'chat') throw wrong('chat');
      const { before, tokens, temperature, topP, seed } = ask;
      const messages: ChatTurn[] = [...before, { role: 'user', content: ask.text }];
      const choices = temperature === 0 ? { temperature } : { temperature, topP, seed };
      const { message, finished } = await writer.chat(messages, {
        ...choices,
        ...{ tokens, signal, onText: onPiece },
      });
      const template = await chatTemplate(tokenizer);
      const ids = template.ids([...messages, { ...message }], { generationPrompt: false });
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
        ids.filter((id) => id < tokenizer.size),
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
