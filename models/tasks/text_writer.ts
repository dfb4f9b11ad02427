import {
  DataError,
  EngineError,
  type Device,
  type StreamingDecoder,
  type Tokenizer,
} from '../../engine/index';
import type { Pretrained } from '../family/load';
import type { LoadedTokenizer } from '../files/load_tokenizer';
import type { Decoder } from '../generation/decoder';
import { Generator } from '../generation/generator';
import { generateText, type TextOptions } from '../generation/text';
import { generateOptions } from '../pretrained';
import type { ChatMessage } from './chat_messages';
import type { ChatTemplate, ChatTemplateOptions, ChatTextOptions } from './chat_template';
import { hasToken } from './has_token';
import { expectTexts, expectVocabulary, specialIds } from './inputs';

/** How `TextWriter` chooses tokens, and when a text ends. */
export type WriteOptions = Omit<TextOptions, 'tokenizer'>;

/** How `TextWriter.chat` writes, and what its template is told. */
export interface ChatOptions
  extends WriteOptions, ChatTemplateOptions, Omit<ChatTextOptions, 'generationPrompt'> {
  /** Called with each piece of the answer as it is made. */
  readonly onText?: (piece: string) => void;
}

/** What `TextWriter.chat` answers. */
export interface ChatAnswer {
  /** To go on with: what is answered, by the assistant. */
  readonly message: { readonly role: 'assistant'; readonly content: string };
  /** Whether it came to its end; else `tokens` or the context were used up. */
  readonly finished: boolean;
}

/** Goes on with texts, or answers messages: any model that writes the next token, such as GPT-2 or Llama. */
export class TextWriter implements Disposable {
  readonly #loaded: Pretrained<Decoder>;
  readonly #tokenizer: Tokenizer | LoadedTokenizer;
  readonly #generator: Generator;
  readonly #templates = new Map<string | undefined, ChatTemplate>();

  /** Only a tokenizer of `loadTokenizer` knows how to chat. Throws `DataError` for a tokenizer of another model. */
  constructor(device: Device, loaded: Pretrained<Decoder>, tokenizer: Tokenizer | LoadedTokenizer) {
    expectVocabulary('TextWriter', tokenizer, loaded.model.config.vocabulary);
    [this.#loaded, this.#tokenizer] = [loaded, tokenizer];
    this.#generator = new Generator(device, loaded.model);
  }

  /** What follows a prompt, piece by piece, as generation_config.json says unless options do. Throws as `generateText`. */
  write(prompt: string, options: WriteOptions = {}): AsyncGenerator<string, void, undefined> {
    expectTexts('write', [prompt], 'prompt');
    const tokenizer = this.#tokenizer;
    const encode = (text: string): Uint32Array => tokenizer.encode(text);
    const decoder = (): StreamingDecoder => this.#decoder((id) => hasToken(tokenizer, id));
    const all = { ...generateOptions(this.#loaded), ...options, tokenizer: { decoder, encode } };
    return generateText(this.#generator, prompt, all);
  }

  /**
   * What the model answers to a conversation, whose last message is most often the user's: by the template that it was taught with, up to
   * whatever ends an answer (the ends of generation_config.json, and what the template puts behind one), as generation_config.json says
   * unless options do. Default `tokens`: what the context has room for.
   *
   * Throws `DataError` where the model has no template, for messages that it refuses, and for those that are too long; the signal's
   * reason; and as `generateText`.
   */
  async chat(messages: readonly ChatMessage[], options: ChatOptions = {}): Promise<ChatAnswer> {
    const { template: named, tools, documents, variables, now, onText, ...choices } = options;
    const template = await this.#template(named);
    const ids = template.ids(messages, {
      ...(tools && { tools }),
      ...(documents && { documents }),
      ...(variables && { variables }),
      ...(now && { now }),
    });
    const { context } = this.#generator;
    if (ids.length >= context) {
      const what = `the conversation has ${ids.length} tokens, and there is room for ${context}`;
      throw new DataError('chat', what, 'Leave out its oldest messages.');
    }
    const special = specialIds(this.#tokenizer);
    let made = 0;
    const decoder = (): StreamingDecoder =>
      this.#decoder((id) => {
        made++;
        return hasToken(this.#tokenizer, id) && !special.has(id);
      });
    const own = generateOptions(this.#loaded);
    const { eos } = this.#tokenizer.special;
    const ends = [
      ...own.stop,
      ...(eos === undefined ? [] : [eos]),
      ...(template.end === null ? [] : [template.end]),
    ];
    const all = {
      ...{ tokens: context - ids.length, reuse: true, ...own, stop: [...new Set(ends)] },
      ...choices,
      tokenizer: { decoder },
    };
    let content = '';
    for await (const piece of generateText(this.#generator, ids, all)) {
      content += piece;
      onText?.(piece);
    }
    const { length = Infinity, overflow, tokens } = all;
    const room = overflow === 'slide' ? Infinity : context - ids.length + 1;
    const finished = made < Math.min(tokens, length - ids.length, room);
    return { message: { role: 'assistant', content }, finished };
  }

  /** Text of the ids that `takes` wants. */
  #decoder(takes: (id: number) => boolean): StreamingDecoder {
    const own = this.#tokenizer.decoder();
    return { push: (id) => (takes(id) ? own.push(id) : ''), end: () => own.end() };
  }

  async #template(name: string | undefined): Promise<ChatTemplate> {
    const tokenizer = this.#tokenizer;
    if (!('chatTemplates' in tokenizer)) {
      const what = 'the tokenizer was not opened with its folder, which has the template';
      throw new EngineError('chat', what, 'Open it by loadTokenizer.');
    }
    let template = this.#templates.get(name);
    if (!template) {
      const { chatTemplate } = await import('./chat_template');
      template = await chatTemplate(tokenizer, name === undefined ? {} : { template: name });
      this.#templates.set(name, template);
    }
    return template;
  }

  [Symbol.dispose](): void {
    this.#generator[Symbol.dispose]();
  }
}
