/** Reads texts with a model, in batches of similar lengths, whatever the task. */
import {
  DataError,
  EngineError,
  expectOptions,
  Graph,
  throwIfAborted,
  type Device,
  type Encoding,
  type Tensor,
} from '../../engine/index';
import { isWhole } from '../option_checks';
import { oneAhead } from './one_ahead';
import { ShapedPlans } from './shaped_plans';

/** A model that reads texts in both directions, such as BERT. */
export interface TextModel {
  readonly config: {
    /** The longest text, in tokens. */
    readonly context: number;
    /** Kinds of segments that it tells apart. Default 0. */
    readonly segments?: number;
  };
}

/** A batch as a graph sees it: B texts, padded at their ends to T tokens. */
export interface Texts {
  /** u32 (B, T). */
  readonly ids: Tensor;
  /** What the model is given besides: lengths u32 (B), and segments u32 (B, T) where it knows any. */
  readonly input: { readonly lengths: Tensor; readonly segments?: Tensor };
  /** The place that is asked about in each, u32 (B), counted through all B · T; null where nothing is asked. */
  readonly places: Tensor | null;
}

/** A text, and a place in it where one is asked about. */
export type PlacedText = Pick<Encoding, 'ids' | 'segments'> & { readonly place?: number };

/** Long work: over its parts, with a way to end it. */
export interface TaskOptions {
  readonly signal?: AbortSignal;
  /** Texts (or windows of them) read so far, of how many. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface TextReaderOptions {
  /** Tokens of a batch, B · T, padding included. Default 2048. One longer text is a batch by itself. */
  readonly tokens?: number;
  /** The id that fills rows up. Default 0; most models never see it. */
  readonly pad?: number;
  /** Whether each text is read for one place in it. Default false. */
  readonly places?: boolean;
}

/** A text's rows of each output, f32, and how many tokens it was padded to. */
export type Taken = (index: number, rows: Readonly<Record<string, Float32Array>>, padded: number) => void;

/** Shapes that are kept compiled. */
const MOST_SHAPES = 24;

export class TextReader implements Disposable {
  readonly #device: Device;
  readonly #model: TextModel;
  readonly #record: (g: Graph, texts: Texts) => Readonly<Record<string, Tensor>>;
  readonly #tokens: number;
  readonly #pad: number;
  readonly #placed: boolean;
  readonly #segmented: boolean;
  readonly #plans = new ShapedPlans(MOST_SHAPES);

  /** `record` gives the outputs of a batch by name; the first axis of each is that of texts. */
  constructor(
    device: Device,
    model: TextModel,
    record: (g: Graph, texts: Texts) => Readonly<Record<string, Tensor>>,
    options: TextReaderOptions = {},
  ) {
    const { tokens = 2048, pad = 0, places = false } = options;
    expectOptions('TextReader', options, { tokens, pad, places });
    if (!isWhole(tokens, 1)) {
      throw new EngineError('TextReader', `tokens is ${String(tokens)}`, 'Use a whole number of at least 1.');
    }
    [this.#device, this.#model, this.#record] = [device, model, record];
    [this.#tokens, this.#pad, this.#placed] = [tokens, pad, places];
    this.#segmented = (model.config.segments ?? 0) > 1;
  }

  /**
   * Reads texts of any lengths, the longest first; `take` gets what was asked of each, in any order. A batch is submitted before the
   * one ahead of it is read.
   *
   * Throws `DataError` for a text that is empty or too long, the signal's reason once it aborts, `EngineError` after disposal.
   */
  async read(texts: readonly PlacedText[], take: Taken, options: TaskOptions = {}): Promise<void> {
    const { signal, onProgress } = options;
    const { context } = this.#model.config;
    texts.forEach(({ ids: { length } }, i) => expectLength('read', length, context, i));
    const order = texts.map((_, i) => i).sort((a, b) => texts[b].ids.length - texts[a].ids.length);
    let done = 0;
    await oneAhead(async (next) => {
      for (let at = 0; at < order.length;) {
        throwIfAborted(signal);
        const padded = paddedLength(texts[order[at]].ids.length, context);
        const most = 2 ** Math.floor(Math.log2(Math.max(1, this.#tokens / padded)));
        const rows = Math.min(most, 2 ** Math.ceil(Math.log2(order.length - at)));
        const batch = order.slice(at, (at += rows));
        await next(await this.#submit(batch, texts, rows, padded), (all) => {
          batch.forEach((index, row) => {
            const part = ([name, data]: readonly [string, Float32Array]) => {
              const size = data.length / rows;
              return [name, data.subarray(row * size, (row + 1) * size)] as const;
            };
            take(index, Object.fromEntries(all.map(part)), padded);
          });
          onProgress?.((done += batch.length), texts.length);
        });
      }
    });
    throwIfAborted(signal);
  }

  readonly #names = new Map<string, readonly string[]>();

  /** Runs a batch. What it gives waits for the outputs. */
  #submit(batch: readonly number[], texts: readonly PlacedText[], rows: number, padded: number) {
    return this.#plans.use(
      `${rows} × ${padded}`,
      () => this.#compile(rows, padded),
      (plan) => {
        const { inputs, names } = this.#filled(batch, texts, rows, padded);
        plan.run(inputs);
        const results = Promise.all(names.map(async (name) => [name, await plan.read(name)] as const));
        results.catch(() => {}); // told where they are taken
        return () => results;
      },
    );
  }

  #compile(rows: number, padded: number) {
    const g = new Graph(this.#device);
    const ids = g.input('ids', [rows, padded], 'u32');
    const lengths = g.input('lengths', [rows], 'u32');
    const segments = this.#segmented ? { segments: g.input('segments', [rows, padded], 'u32') } : {};
    const places = this.#placed ? g.input('places', [rows], 'u32') : null;
    const outputs = this.#record(g, { ids, input: { lengths, ...segments }, places });
    this.#names.set(`${rows} × ${padded}`, Object.keys(outputs));
    return g.compile(outputs);
  }

  #filled(batch: readonly number[], texts: readonly PlacedText[], rows: number, padded: number) {
    const ids = new Uint32Array(rows * padded).fill(this.#pad);
    const segments = new Uint32Array(rows * padded);
    const lengths = new Uint32Array(rows).fill(1); // rows without a text read one token
    const places = new Uint32Array(rows);
    batch.forEach((index, row) => {
      const text = texts[index];
      ids.set(text.ids, row * padded);
      segments.set(text.segments, row * padded);
      lengths[row] = text.ids.length;
      places[row] = row * padded + (text.place ?? 0);
    });
    const names = this.#names.get(`${rows} × ${padded}`)!;
    const more = { ...(this.#segmented && { segments }), ...(this.#placed && { places }) };
    return { inputs: { ids, lengths, ...more }, names };
  }

  [Symbol.dispose](): void {
    this.#plans[Symbol.dispose]();
  }
}

/** Two lengths for each doubling: at most a third of a row is padding, and few shapes are compiled. */
function paddedLength(length: number, context: number): number {
  const step = 2 ** Math.max(3, Math.floor(Math.log2(Math.max(1, length - 1))) - 1);
  return Math.min(context, Math.ceil(length / step) * step);
}

/** Throws `DataError` for a text that the model cannot read. */
export function expectLength(where: string, length: number, context: number, index: number): void {
  if (length >= 1 && length <= context) return;
  if (length === 0) throw new DataError(where, `text ${index} has no token`, 'Leave it out.');
  const todo = "Cut it into pieces, or say long: 'cut'.";
  throw new DataError(where, `text ${index} has ${length} tokens of at most ${context}`, todo);
}
