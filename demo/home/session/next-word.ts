/** What the worker does for the home page: reads a text with a small model, and tells what may come next and why. */
import { Connection } from '../../session/connection';
import { likeliest } from '../../session/likeliest';
import type { Maps } from '../../session/maps';
import type { Reader } from '../../session/reader';
import { ShippedReader, type ModelFiles } from '../../session/shipped-reader';
import type { HomeEvent, Prediction } from './protocol';

/** Tokens that are read; of a longer text the last ones. */
const LENGTH = 32;
/** Choices that are told. */
const CHOICES = 6;
/** Words or marks by themselves; of words that begin with it, a letter says little. */
const WHOLE =
  /^(?: \p{L}{3,}| (?:a|I|an|as|at|be|by|do|go|he|if|in|is|it|me|my|no|of|on|or|so|to|up|us|we)|[.,;:?!]|--|")$/u;

export class NextWord {
  readonly #emit: (event: HomeEvent) => void;
  readonly #connection = new Connection(
    (adapter) => this.#emit({ kind: 'adapter', adapter }),
    () => this.#emit({ kind: 'recovered' }),
  );
  readonly #model = ShippedReader.ofWorker;
  /** Texts of all tokens of the model, and ids of those that are whole. */
  #known: {
    readonly of: Reader;
    readonly tokens: readonly string[];
    readonly whole: readonly number[];
  } | null = null;

  constructor(emit: (event: HomeEvent) => void) {
    this.#emit = emit;
  }

  /** Opens the adapter. Throws a `DeviceError` where there is none. */
  async open(): Promise<void> {
    await this.#connection.open();
  }

  /** What may come after this text. The model is fetched by the first call. */
  async predict(files: ModelFiles, text: string): Promise<Prediction> {
    return this.#model.use(this.#connection, files, (reader) => this.#read(reader, text));
  }

  /** For tests: destroys the device, as a driver crash would. */
  loseDevice(): void {
    this.#connection.lose();
  }

  async #read(reader: Reader, text: string): Promise<Prediction> {
    const ids = Array.from(reader.tokenizer.encode(text, { special: false })).slice(-LENGTH);
    if (ids.length === 0) return { tokens: [], next: [], attention: new Float32Array() };
    const { tokens, whole } = this.#about(reader);
    const { logits, maps } = await reader.read(ids);
    const row = logits.subarray(logits.length - tokens.length);
    return {
      tokens: ids.map((id) => tokens[id]),
      next: likeliest(row, CHOICES, { among: whole }).map(({ id, share }) => ({ text: tokens[id], share })),
      attention: meanOf(maps),
    };
  }

  #about(reader: Reader) {
    if (this.#known?.of === reader) return this.#known;
    const { tokens } = reader.info();
    const whole = [...tokens.keys()].filter((id) => WHOLE.test(tokens[id]));
    return (this.#known = { of: reader, tokens, whole });
  }
}

/** (rows, columns): of all heads of all layers. */
function meanOf(maps: readonly Maps[]): Float32Array {
  const mean = new Float32Array(maps[0].rows * maps[0].columns);
  const heads = maps.reduce((sum, map) => sum + map.heads, 0);
  for (const { probabilities } of maps) {
    probabilities.forEach((share, i) => (mean[i % mean.length] += share / heads));
  }
  return mean;
}
