/** From conversations to the text that a model was taught to answer: the templates of Hugging Face's tokenizers. */
import { DataError, EngineError, expectOneOf, expectOptions } from '../../engine/index';
import type { LoadedTokenizer } from '../files/load_tokenizer';
import { interpreterOf, type Jinja, type Program } from './chat_jinja';
import { expectMessages, type ChatMessage } from './chat_messages';
import { specialIds } from './inputs';
import { strftime } from './strftime';

/** Which of a model's templates `chatTemplate` takes. */
export interface ChatTemplateOptions {
  /** A template of the model's by its name, or one in Jinja that stands for them. Default: 'tool_use' beside tools, else 'default'. */
  readonly template?: string;
}

/** What a template is told besides the conversation. */
export interface ChatTextOptions {
  /** Whether the beginning of an answer stands at the end. Default true. */
  readonly generationPrompt?: boolean;
  /** What the model may call, as JSON schemas. Refused where the template knows no tools. */
  readonly tools?: readonly object[];
  /** What the model may look up, `{ title, text }`. Refused where the template knows no documents. */
  readonly documents?: readonly object[];
  /** More variables of the template, such as `enable_thinking`. Refused where it has no such variable. */
  readonly variables?: Readonly<Record<string, unknown>>;
  /** What templates take for today, in local time. Default: now. */
  readonly now?: Date;
}

/** What a template asked to be thrown. */
class Raised extends Error {}

/** As Python's sandbox has it. */
const LONGEST_RANGE = 100_000;

/**
 * The template of a model's conversations, `tokenizer` as `loadTokenizer` gives it: text and ids are those of Python's
 * `apply_chat_template`. Jinja is loaded when the first is made.
 *
 * Throws `DataError` where the model has none, or none of that name, and for what is no Jinja.
 */
export async function chatTemplate(
  tokenizer: LoadedTokenizer,
  options: ChatTemplateOptions = {},
): Promise<ChatTemplate> {
  const { template } = options;
  expectOptions('chatTemplate', options, { template });
  const jinja = (await import('@huggingface/jinja')) as unknown as Jinja;
  return new ChatTemplate(jinja, tokenizer, template);
}

/** Writes conversations as the text that a model was trained on. Made by `chatTemplate`. */
export class ChatTemplate {
  readonly #jinja: Jinja;
  readonly #tokenizer: LoadedTokenizer;
  readonly #sources: Readonly<Record<string, string>>;
  readonly #programs = new Map<string, Program>();

  /** By `chatTemplate`. */
  constructor(jinja: Jinja, tokenizer: LoadedTokenizer, template: string | undefined) {
    this.#jinja = jinja;
    this.#tokenizer = tokenizer;
    const { chatTemplates: own } = tokenizer;
    if (template === undefined) this.#sources = own;
    else if (Object.hasOwn(own, template)) this.#sources = { default: own[template] };
    else this.#sources = { default: template };
    const names = Object.keys(own);
    if (template !== undefined && !Object.hasOwn(own, template) && !/\{[{%#]/.test(template)) {
      const known = names.length > 0 ? `Its templates are ${names.join(', ')}` : 'It has none';
      const what = `the model has no template ${JSON.stringify(template)}`;
      throw new DataError('chatTemplate', what, `${known}; or give one in Jinja.`);
    }
    if (template === undefined && names.length === 0) {
      const todo =
        'It was not taught to chat: use write, or give { template }, in Jinja, if you know how it was. Chat models say Instruct or Chat.';
      throw new DataError('chatTemplate', 'the model has no chat template', todo);
    }
    if (!Object.hasOwn(this.#sources, 'default') && !Object.hasOwn(this.#sources, 'tool_use')) {
      const what = `the model has the templates ${names.join(', ')}, and none is the default`;
      throw new DataError('chatTemplate', what, 'Name one: { template }.');
    }
    for (const name of ['default', 'tool_use']) if (Object.hasOwn(this.#sources, name)) this.#program(name);
  }

  #program(name: string): Program {
    let program = this.#programs.get(name);
    if (!program) {
      try {
        const tokens = this.#jinja.tokenize(this.#sources[name], { trim_blocks: true, lstrip_blocks: true });
        program = this.#jinja.parse(tokens);
      } catch (cause) {
        const what = `the template ${name} is no Jinja (${(cause as Error).message})`;
        throw new DataError('chatTemplate', what, 'Take the file anew, or give another { template }.', {
          cause,
        });
      }
      this.#programs.set(name, program);
    }
    return program;
  }

  /**
   * A conversation as a text, special tokens written out. Throws `DataError` for what is no conversation, and where the template refuses
   * it, in its words: most want user and assistant to take turns.
   */
  text(messages: readonly ChatMessage[], options: ChatTextOptions = {}): string {
    const { generationPrompt = true, tools, documents, variables = {}, now = new Date() } = options;
    expectOptions('chat', options, { generationPrompt, tools, documents, variables, now });
    expectOneOf('chat', 'generationPrompt', generationPrompt, [true, false]);
    expectMessages('chat', messages);
    const name =
      (tools && Object.hasOwn(this.#sources, 'tool_use')) || !Object.hasOwn(this.#sources, 'default')
        ? 'tool_use'
        : 'default';
    const source = this.#sources[name];
    for (const [variable, value] of Object.entries({ tools, documents, ...variables })) {
      if (value === undefined || new RegExp(`\\b${variable.replace(/\W/g, '\\$&')}\\b`).test(source))
        continue;
      const todo = 'It would change nothing: leave it out, or give another template.';
      throw new EngineError('chat', `the template ${name} knows no ${variable}`, todo);
    }
    const environment = new this.#jinja.Environment();
    const given = {
      messages,
      tools: tools ?? null,
      documents: documents ?? null,
      add_generation_prompt: generationPrompt,
    };
    const all = { ...globals(now), ...this.#tokenizer.specialTokens, ...given, ...variables };
    for (const [key, value] of Object.entries(all)) environment.set(key, value);
    try {
      return interpreterOf(this.#jinja, environment).run(this.#program(name)).value as string;
    } catch (cause) {
      const { message } = cause as Error;
      const what =
        cause instanceof Raised
          ? `the template refuses: ${message}`
          : `the template ${name} fails (${message})`;
      throw new DataError('chat', what, 'Change the messages, or give another template.', { cause });
    }
  }

  /** The same as ids; no special token is added beside those of the template. */
  ids(messages: readonly ChatMessage[], options: ChatTextOptions = {}): Uint32Array<ArrayBuffer> {
    return this.#tokenizer.encode(this.text(messages, options), { special: false });
  }

  /** The id that ends an answer: the special token that the template puts behind one. Null where it puts none. */
  get end(): number | null {
    const marker = 'answer';
    try {
      const messages = [
        { role: 'user', content: 'question' },
        { role: 'assistant', content: marker },
      ];
      const text = this.text(messages, { generationPrompt: false });
      const rest = text.slice(text.lastIndexOf(marker) + marker.length).trimStart();
      const [id] = this.#tokenizer.encode(rest, { special: false });
      return specialIds(this.#tokenizer).has(id) ? id : null;
    } catch (error) {
      if (error instanceof DataError) return null; // it may want something else of a conversation
      throw error;
    }
  }
}

/** What templates of Transformers can name beside what they are given. */
function globals(now: Date): Readonly<Record<string, unknown>> {
  return {
    ...{ true: true, false: false, none: null, True: true, False: false, None: null },
    raise_exception: (message: unknown): never => {
      throw new Raised(String(message));
    },
    strftime_now: (format: unknown): string => strftime(now, String(format)),
    range: (...given: number[]): number[] => rangeOf(given),
  };
}

/** Python's, as long as its sandbox lets it be. */
function rangeOf(given: readonly number[]): number[] {
  const [from, to, step] = given.length > 1 ? [given[0], given[1], given[2] ?? 1] : [0, given[0], 1];
  const count = Math.max(0, Math.ceil((to - from) / step));
  if (step === 0 || !(count <= LONGEST_RANGE)) throw new Raised(`range(${given.join(', ')}) is not done`);
  return Array.from({ length: count }, (_, i) => from + i * step);
}
