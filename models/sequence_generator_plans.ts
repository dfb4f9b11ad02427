/** What decoding needs on the GPU: caches for N sentences of K hypotheses, and the plans over them. */
import {
  Graph,
  NO_TOKEN,
  ParameterStore,
  topCandidates,
  type Device,
  type Plan,
  type Tensor,
} from '../engine/index';
import type { DecoderCache, EncoderDecoder } from './encoder_decoder';
import type { Candidate } from './sequence_generator_search';

/** Lengths that sources are padded to: one encoder plan each, compiled when first needed. */
const SOURCES = [16, 32, 64, 128, 256, 512, 1024];
/** Bans of a row in one upload: one decode plan each. */
const BANS = 16;

/** How the next token is chosen. */
export interface Choice {
  readonly mode: 'candidates' | 'sample';
  /** Places for banned ids in each row, see `bansFor`. */
  readonly bans: number;
}

/** Places for `most` banned ids: few different numbers, so few plans. */
export const bansFor = (most: number): number =>
  BANS * 4 ** Math.max(0, Math.ceil(Math.log(most / BANS) / Math.log(4)));

/** One step's input: rows of N·K. */
export interface StepRows {
  readonly ids: Uint32Array;
  /** Which row each goes on from. */
  readonly order: Uint32Array;
  /** The only token that a row may take, or `NO_TOKEN`. */
  readonly only: Uint32Array;
  /** (N·K, bans), each row ended by `NO_TOKEN`. */
  readonly bans: Uint32Array;
}

export class DecodingPlans implements Disposable {
  readonly sentences: number;
  readonly beams: number;
  readonly #device: Device;
  readonly #model: EncoderDecoder;
  readonly #caches: readonly DecoderCache[];
  readonly #state: ParameterStore;
  readonly #plans = new Map<string, Promise<Plan>>();
  /** Plans that are ready, so that disposing needs to wait for nothing: the device may go next. */
  readonly #ready: Plan[] = [];
  #disposed = false;

  constructor(device: Device, model: EncoderDecoder, sentences: number, beams: number) {
    this.#device = device;
    this.#model = model;
    this.sentences = sentences;
    this.beams = beams;
    this.#caches = model.caches(sentences, { beams });
    this.#state = new ParameterStore(device, { caches: this.#caches }, { owner: 'decoder caches' });
  }

  /** Fills the caches with the memory of at most N sources. */
  async encode(sources: readonly ArrayLike<number>[]): Promise<void> {
    const { context, sourceVocabulary } = this.#model.config;
    const longest = sources.reduce((most, { length }) => Math.max(most, length), 1);
    const length = [...SOURCES.filter((n) => n < context), context].find((n) => n >= longest)!;
    const plan = await this.#plan(`encode ${length}`, (g) => {
      const source = g.input('source', [this.sentences, length], 'u32', { below: sourceVocabulary });
      const memory = this.#model.encode(g, source, g.input('lengths', [this.sentences], 'u32'));
      this.#model.remember(g, memory, this.#caches);
      return {};
    });
    const source = new Uint32Array(this.sentences * length);
    sources.forEach((ids, n) => source.set(Array.from(ids), n * length));
    plan.run({ source, lengths: this.#lengths(sources) });
  }

  /** Sentences that are not there count as one token, so that no row is empty. */
  #lengths(sources: readonly ArrayLike<number>[]): Uint32Array {
    return Uint32Array.from({ length: this.sentences }, (_, n) => sources[n]?.length ?? 1);
  }

  /** The plan of a step; the same for all steps unless bans need more room. */
  step(sources: readonly ArrayLike<number>[], choice: Choice): Promise<DecodingStep> {
    const { sentences: N, beams: K } = this;
    const { vocabulary } = this.#model.config;
    const made = this.#plan(`decode ${choice.mode} ${choice.bans}`, (g) => {
      const ids = g.input('ids', [N * K, 1], 'u32', { below: vocabulary });
      const order = K > 1 ? g.input('order', [N * K], 'u32', { below: N * K }) : null;
      const bans = g.input('bans', [N * K, choice.bans], 'u32');
      const only = g.input('only', [N * K], 'u32');
      const logits = this.#model.next(g, ids, this.#caches, g.input('lengths', [N], 'u32'), { order });
      return { ...topCandidates(g, logits, { count: 2 * K, bans, only }) };
    });
    const lengths = this.#lengths(sources);
    return made.then((plan) => new DecodingStep(plan, lengths, K));
  }

  #plan(label: string, record: (g: Graph) => Readonly<Record<string, Tensor>>): Promise<Plan> {
    let plan = this.#plans.get(label);
    if (!plan) {
      const g = new Graph(this.#device, { label });
      plan = g.compile(record(g)).then((compiled) => {
        if (this.#disposed) compiled[Symbol.dispose]();
        else this.#ready.push(compiled);
        return compiled;
      });
      plan.catch(() => this.#plans.delete(label));
      this.#plans.set(label, plan);
    }
    return plan;
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    for (const plan of this.#ready.splice(0)) plan[Symbol.dispose]();
    this.#state[Symbol.dispose]();
  }
}

/** What rows may go on with, by row. */
export interface Chosen {
  readonly candidates: readonly (readonly Candidate[])[];
  /** Whether a row's logits hold an infinity or a NaN. */
  readonly broken: readonly boolean[];
}

export class DecodingStep {
  readonly plan: Plan;
  readonly #lengths: Uint32Array;
  readonly #beams: number;

  constructor(plan: Plan, lengths: Uint32Array, beams: number) {
    this.plan = plan;
    this.#lengths = lengths;
    this.#beams = beams;
  }

  /** Feeds one token a row at `position` and reads what may follow. */
  async run({ order, ...rows }: StepRows, position: number): Promise<Chosen> {
    const { plan } = this;
    plan.run({ ...rows, lengths: this.#lengths, ...(this.#beams > 1 && { order }) }, { position, length: 1 });
    const [ids, logs] = await Promise.all([plan.readIntegers('ids'), plan.read('logProbabilities')]);
    const count = ids.length / rows.ids.length;
    const candidates: Candidate[][] = [];
    const broken: boolean[] = [];
    for (let r = 0; r < rows.ids.length; r++) {
      const own: Candidate[] = [];
      for (let i = r * count; i < (r + 1) * count && ids[i] !== NO_TOKEN; i++) {
        own.push({ id: ids[i], logProbability: logs[i] });
      }
      candidates.push(own);
      broken.push(!(logs[r * count] < 1e38));
    }
    return { candidates, broken };
  }
}
