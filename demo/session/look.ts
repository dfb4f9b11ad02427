/**
 * What a model sees in a text: the attention of every layer, and how probable each token is. The text is read once more, with a plan of
 * its own, when somebody asks; one plan is kept.
 */
import { Graph, type Device, type Plan, type Tensor } from '../../engine/index';
import { part, type Maps } from './maps';

/** One attention of a model that has read a text. */
export interface Layer {
  readonly label: string;
  readonly heads: number;
  /** Which tokens stand at its rows and its columns. */
  readonly rows: 'read' | 'written';
  readonly columns: 'read' | 'written';
}

/** A text as it was read, and of models with a source what was written. */
export interface LookedAt {
  readonly ids: ArrayLike<number>;
  readonly segments?: ArrayLike<number>;
  /** What the decoder read: the token that targets begin with, then what was written. */
  readonly written?: ArrayLike<number>;
}

/** A model as its way of reading says: from left to right, in both directions, or a source and what is written of it. */
export type Reading =
  | {
      readonly way: 'forward';
      readonly model: Sized & {
        forward(g: Graph, ids: Tensor): Tensor;
        lens?(g: Graph, ids: Tensor, input: { readonly lengths: Tensor }): Tensor[];
      };
    }
  | {
      readonly way: 'both';
      readonly model: Sized & { forward(g: Graph, ids: Tensor, input: object): Tensor };
    }
  | {
      readonly way: 'source';
      readonly model: Sized & { forward(g: Graph, source: Tensor, lengths: Tensor, target: Tensor): Tensor };
    };

interface Sized {
  readonly config: { readonly context: number; readonly vocabulary: number; readonly segments?: number };
}

/** Row t, V numbers, is of what follows token t. */
export interface Logits {
  readonly vocabulary: number;
  readonly values: Float32Array;
}

/** Rows of logits that are brought over at most, in bytes. */
const MOST_LOGITS = 64 << 20;

/** Lengths are padded, so that few plans serve all. */
export interface LookOptions {
  /** What a length is padded to, where the model reads as much. Default: the next multiple of 16. */
  readonly room?: (length: number) => number;
  /** Plans that are kept for the next text. Default 1. */
  readonly plans?: number;
}

export class Look implements Disposable {
  readonly #device: Device;
  readonly #reading: Reading;
  readonly #options: Required<LookOptions>;
  /** By their shapes; the one that was used last comes last. */
  readonly #kept = new Map<string, Plan>();
  /** How many logits the lens of the model gives. */
  #states = 0;
  /** What the plan ran over last: a text is read once, whatever is asked about it. */
  #read: LookedAt | null = null;

  constructor(
    device: Device,
    reading: Reading,
    { room = (length) => Math.ceil(length / 16) * 16, plans = 1 }: LookOptions = {},
  ) {
    [this.#device, this.#reading, this.#options] = [device, reading, { room, plans }];
  }

  /** Reads the text; its plan answers until another is read. */
  async read(text: LookedAt): Promise<{ plan: Plan; layers: Layer[] }> {
    const S = this.#room(text.ids.length);
    const T = text.written ? this.#room(text.written.length) : 0;
    const plan = await this.#planOf(S, T);
    const { way } = this.#reading;
    if (text !== this.#read) {
      plan.run({
        ids: padded(text.ids, S),
        ...(way !== 'forward' && { lengths: Uint32Array.of(text.ids.length) }),
        ...(this.#segmented && { segments: padded(text.segments ?? [], S) }),
        ...(text.written && { written: padded(text.written, T) }),
      });
      this.#read = text;
    }
    const layers = plan.attentions.map(({ label, heads }): Layer => {
      const decodes = way === 'source' && !label.startsWith('encoder');
      const columns = decodes && !/cross/i.test(label) ? 'written' : 'read';
      return { label, heads, rows: decodes ? 'written' : 'read', columns };
    });
    return { plan, layers };
  }

  /** All heads of a layer, without padding. */
  async maps(text: LookedAt, layer: number): Promise<Maps> {
    const { plan, layers } = await this.read(text);
    const { shape, probabilities } = await plan.attention(layer, 'all');
    const [heads, rows, columns] = shape;
    const real = {
      read: { from: 0, count: text.ids.length },
      written: { from: 0, count: text.written?.length ?? 0 },
    };
    const { rows: side, columns: other } = layers[layer];
    return part({ heads, rows, columns, probabilities }, real[side], real[other]);
  }

  /** Of what follows each token, of the written ones where there are such; null where these are too many to bring over. */
  async logits(text: LookedAt): Promise<Logits | null> {
    const T = this.#room((text.written ?? text.ids).length);
    const { vocabulary } = this.#reading.model.config;
    if (4 * T * vocabulary > MOST_LOGITS) return null;
    const { plan } = await this.read(text);
    return { vocabulary, values: await plan.read('out') };
  }

  /**
   * Of what follows the first `count` tokens, as the model would have it before each layer, and in the end: (V) each. Null for
   * models that do not read from left to right.
   */
  async lens(ids: ArrayLike<number>, count: number): Promise<Float32Array[] | null> {
    const reading = this.#reading;
    if (reading.way !== 'forward' || !reading.model.lens) return null;
    const S = this.#room(ids.length);
    const plan = await this.#planOf(S, 0, 'lens');
    plan.run({ ids: padded(ids, S), lengths: Uint32Array.of(count) }); // later tokens are seen by none of these
    return Promise.all(Array.from({ length: this.#states }, (_, i) => plan.read(`lens ${i}`)));
  }

  async #planOf(S: number, T: number, kind: 'read' | 'lens' = 'read'): Promise<Plan> {
    const shape = `${kind} ${S} ${T}`;
    const kept = this.#kept.get(shape);
    this.#kept.delete(shape);
    if (!kept) this.#drop(this.#options.plans - 1);
    const plan = kept ?? (await (kind === 'lens' ? this.#compileLens(S) : this.#compile(S, T)));
    this.#kept.set(shape, plan);
    return plan;
  }

  #compile(S: number, T: number): Promise<Plan> {
    const g = new Graph(this.#device, { label: 'look' });
    return g.compile({ out: this.#record(g, S, T) });
  }

  #compileLens(S: number): Promise<Plan> {
    const g = new Graph(this.#device, { label: 'lens' });
    const model = this.#reading.model as Required<Extract<Reading, { way: 'forward' }>['model']>;
    const logits = model.lens(g, g.input('ids', [1, S], 'u32'), { lengths: g.input('lengths', [1], 'u32') });
    this.#states = logits.length;
    return g.compile(Object.fromEntries(logits.map((one, i) => [`lens ${i}`, one])));
  }

  #record(g: Graph, S: number, T: number): Tensor {
    const reading = this.#reading;
    const ids = g.input('ids', [1, S], 'u32');
    if (reading.way === 'forward') return reading.model.forward(g, ids);
    const lengths = g.input('lengths', [1], 'u32');
    if (reading.way === 'source') {
      return reading.model.forward(g, ids, lengths, g.input('written', [1, T], 'u32'));
    }
    const segments = this.#segmented ? { segments: g.input('segments', [1, S], 'u32') } : {};
    return reading.model.forward(g, ids, { lengths, ...segments });
  }

  get #segmented(): boolean {
    const { way, model } = this.#reading;
    return way === 'both' && (model.config.segments ?? 0) > 1;
  }

  #room(length: number): number {
    const { context } = this.#reading.model.config;
    return Math.min(context, this.#options.room(Math.max(1, length)));
  }

  /** Frees the plans that were not used for longest, until so many are left. */
  #drop(left: number): void {
    for (const [shape, plan] of this.#kept) {
      if (this.#kept.size <= left) return;
      this.#kept.delete(shape);
      this.#read = null; // it may be what this one ran over
      plan[Symbol.dispose]();
    }
  }

  [Symbol.dispose](): void {
    this.#drop(0);
  }
}

function padded(ids: ArrayLike<number>, length: number): Uint32Array<ArrayBuffer> {
  const filled = new Uint32Array(length);
  filled.set(ids);
  return filled;
}
