/**
 * Reads a text with a model that goes on with it: what may follow each of its tokens, and what every head attended to. A GPT
 * that learns is read as it is in that moment.
 */
import { EngineError, type Device, type Tokenizer } from '../../engine/index';
import { Look, type Logits, type Reading as Way } from './look';
import type { Maps } from './maps';
import { lineBreak, tokenText } from './token-text';

/** A model as a page needs to know it before it reads. */
export interface ReaderInfo {
  /** Texts of all tokens, by their ids. */
  readonly tokens: readonly string[];
  /** Tokens that are read at once. */
  readonly context: number;
  /** The token that ends a text; null where none does. */
  readonly end: number | null;
}

/** A text as it was read. */
export interface Reading {
  /** Of the whole text. */
  readonly ids: Uint32Array;
  /** As people read it. */
  readonly text: string;
  /** The first token that was read: of a longer text the model reads the last `context` ones. */
  readonly from: number;
  /** (read, vocabulary): row t is of what follows token `from` + t. */
  readonly logits: Float32Array;
  /** Of each layer (heads, read, read); none where nobody asked for them. */
  readonly maps: readonly Maps[];
}

type Model = Extract<Way, { way: 'forward' }>['model'];

export class Reader implements Disposable {
  readonly device: Device;
  readonly model: Model;
  readonly tokenizer: Tokenizer;
  /** The token that ends a text; null where none does. */
  readonly end: number | null;
  readonly #look: Look;
  /** Texts are read one after the other: the plan answers for the last one. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(device: Device, model: Model, tokenizer: Tokenizer, end: number | null = null) {
    [this.device, this.model, this.tokenizer, this.end] = [device, model, tokenizer, end];
    this.#look = new Look(device, { way: 'forward', model }, { room, plans: 2 });
  }

  info(): ReaderInfo {
    const { context, vocabulary } = this.model.config;
    const tokens = Array.from({ length: vocabulary }, (_, id) => tokenText(this.tokenizer, id));
    return { tokens, context, end: this.end };
  }

  /** Ids of a text's tokens; of an empty one a line break, since a model goes on from something. Throws as `read` does. */
  encode(text: string): Uint32Array {
    return this.#someOf(this.tokenizer.encode(text, { special: false }));
  }

  /**
   * `text`: a text, or the ids of its tokens. An empty text is a line break. Throws a
   * `DataError` for characters that its tokenizer lacks, and an `EngineError` for a model whose numbers are not finite.
   */
  read(text: string | ArrayLike<number>, { attention = true } = {}): Promise<Reading> {
    const reading = this.#last.then(() => this.#read(text, attention));
    this.#last = reading.catch(() => undefined);
    return reading;
  }

  async #read(text: string | ArrayLike<number>, attention: boolean): Promise<Reading> {
    const { tokenizer } = this;
    const ids = typeof text === 'string' ? this.encode(text) : this.#someOf(text);
    const from = Math.max(0, ids.length - this.model.config.context);
    const looked = { ids: ids.subarray(from) };
    const logits = rowsOf(await this.#look.logits(looked), looked.ids.length);
    const maps: Maps[] = [];
    if (attention) {
      const { layers } = await this.#look.read(looked);
      for (const layer of layers.keys()) maps.push(await this.#look.maps(looked, layer));
    }
    return { ids, text: tokenizer.decode(ids), from, logits, maps };
  }

  #someOf(ids: ArrayLike<number>): Uint32Array {
    return Uint32Array.from(ids.length > 0 ? ids : [lineBreak(this.tokenizer)]);
  }

  [Symbol.dispose](): void {
    this.#look[Symbol.dispose]();
  }
}

/** A text that grows token by token meets few other plans: where a CPU compiles, each takes seconds. */
const room = (length: number): number => (length <= 32 ? 32 : Math.ceil(length / 128) * 128);

/** Without the rows of padding. */
function rowsOf(logits: Logits | null, count: number): Float32Array {
  if (!logits)
    throw new EngineError('Read', 'its vocabulary is too large to bring over', 'Use a smaller model.');
  const rows = logits.values.slice(0, count * logits.vocabulary);
  const wrong = rows.findIndex((x) => Number.isNaN(x) || x === Infinity);
  if (wrong < 0) return rows;
  const token = Math.floor(wrong / logits.vocabulary);
  const what = `what may follow token ${token + 1} is ${rows[wrong]}`;
  throw new EngineError(
    'Read',
    what,
    'Its weights are no numbers any more: train it again, with a lower rate.',
  );
}
