/** What decoding needs on the GPU: caches for N sentences of K hypotheses, and the plans over them. */
import {
  coverage,
  Graph,
  NO_TOKEN,
  Parameter,
  ParameterStore,
  sample,
  topCandidates,
  withoutTokens,
  type Device,
  type Plan,
  type Step,
  type Tensor,
} from '../engine/index';
import type { DecoderCache, EncoderDecoder } from './encoder_decoder';
import type { Candidate } from './sequence_generator_search';

/** Lengths that sources are padded to: one encoder plan each, compiled when first needed. */
const SOURCES = [16, 32, 64, 128, 256, 512, 1024];
/** Bans of a row in one upload: one decode plan each. */
const BANS = 16;

/** How the next token is chosen: one decode plan each. */
export interface Choice {
  /** The best 2·K of each row, or one drawn. */
  readonly mode: 'candidates' | 'sample';
  /** Places for banned ids in each row, see `bansFor`. */
  readonly bans: number;
  /** Whether to add up what hypotheses have attended to. */
  readonly coverage: boolean;
}

/** Places for `most` banned ids: few different numbers, so few plans. */
export const bansFor = (most: number): number =>
  BANS * 4 ** Math.max(0, Math.ceil(Math.log(most / BANS) / Math.log(4)));

/** One step's input: rows of N·K. */
export interface StepRows {
  readonly ids: Uint32Array;
  /** Which row each goes on from. */
  readonly order: Uint32Array;
  /** The only token that a row may take, or `NO_TOKEN`; for candidates. */
  readonly only: Uint32Array;
  /** What a row's draws are keyed by; for samples. */
  readonly counters: Uint32Array;
  /** (N·K, bans), each row different ids, ascending, then `NO_TOKEN`. */
  readonly bans: Uint32Array;
}

export class DecodingPlans implements Disposable {
  readonly sentences: number;
  readonly beams: number;
  readonly #device: Device;
  readonly #model: EncoderDecoder;
  readonly #caches: readonly DecoderCache[];
  readonly #state: ParameterStore;
  /** What hypotheses have attended to, (N·K, S), made when first asked for. */
  #covered: { readonly state: Parameter; readonly store: ParameterStore } | null = null;
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

  /** The step of a choice: compiled once, for any sources. */
  async step(sources: readonly ArrayLike<number>[], choice: Choice): Promise<DecodingStep> {
    const { mode, bans, coverage: covers } = choice;
    const plan = await this.#plan(`decode ${mode} ${bans}${covers ? ' coverage' : ''}`, (g) =>
      this.#recordStep(g, choice),
    );
    return new DecodingStep(plan, this.#lengths(sources), choice, this.beams);
  }

  #recordStep(g: Graph, choice: Choice): Record<string, Tensor> {
    const { sentences: N, beams: K } = this;
    const { vocabulary, heads, decoderLayers } = this.#model.config;
    const ids = g.input('ids', [N * K, 1], 'u32', { below: vocabulary });
    const order =
      K > 1 && choice.mode === 'candidates' ? g.input('order', [N * K], 'u32', { below: N * K }) : null;
    const bans = g.input('bans', [N * K, choice.bans], 'u32');
    const lengths = g.input('lengths', [N], 'u32');
    const more: Record<string, Tensor> = {};
    const look = (layer: number, q: Tensor, keys: Tensor): void => {
      if (layer !== decoderLayers - 1) return;
      more.coverage = coverage(g, q, keys, g.use(this.#coveredState()), { heads, lengths, order });
    };
    const logits = this.#model.next(g, ids, this.#caches, lengths, {
      order,
      ...(choice.coverage && { look }),
    });
    if (choice.mode === 'candidates') {
      const only = g.input('only', [N * K], 'u32');
      return { ...more, ...topCandidates(g, logits, { count: 2 * K, bans, only }) };
    }
    const counters = g.input('counters', [N * K], 'u32');
    const drawn = withoutTokens(g, logits, bans, () => sample(g, logits, { counters }));
    return { ...more, ...topCandidates(g, logits, { count: 1, only: drawn }) };
  }

  #coveredState(): Parameter {
    if (!this.#covered) {
      const shape = [this.sentences * this.beams, this.#model.config.context];
      const state = new Parameter(shape, { trainable: false, decay: false });
      const store = new ParameterStore(this.#device, { covered: state }, { owner: 'decoder caches' });
      this.#covered = { state, store };
    }
    return this.#covered.state;
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
    this.#covered?.store[Symbol.dispose]();
    this.#state[Symbol.dispose]();
  }
}

/** What a row may go on with. */
export interface Chosen {
  readonly candidates: readonly Candidate[];
  /** Σ log(min(covered, 1)) over the source; 0 where that was not asked for. */
  readonly coverage: number;
  /** Whether its logits hold an infinity or a NaN. */
  readonly broken: boolean;
}

export class DecodingStep {
  readonly plan: Plan;
  readonly #lengths: Uint32Array;
  readonly #choice: Choice;
  readonly #beams: number;

  constructor(plan: Plan, lengths: Uint32Array, choice: Choice, beams: number) {
    this.plan = plan;
    this.#lengths = lengths;
    this.#choice = choice;
    this.#beams = beams;
  }

  /** Feeds one token a row at `position` and reads what may follow, by row. */
  async run(
    { ids: fed, bans, order, only, counters }: StepRows,
    position: number,
    { temperature, topK, topP, seed }: Pick<Step, 'temperature' | 'topK' | 'topP' | 'seed'>,
  ): Promise<Chosen[]> {
    const { plan } = this;
    const { mode, coverage: covers } = this.#choice;
    const own: Record<string, Uint32Array> =
      mode === 'sample' ? { counters } : { only, ...(this.#beams > 1 && { order }) };
    plan.run(
      { ids: fed, bans, lengths: this.#lengths, ...own },
      { position, length: 1, index: position, temperature, topK, topP, seed },
    );
    const [ids, logs, covered] = await Promise.all([
      plan.readIntegers('ids'),
      plan.read('logProbabilities'),
      covers ? plan.read('coverage') : null,
    ]);
    const count = ids.length / fed.length;
    return Array.from(fed, (_, r) => {
      const candidates: Candidate[] = [];
      for (let i = r * count; i < (r + 1) * count && ids[i] !== NO_TOKEN; i++) {
        candidates.push({ id: ids[i], logProbability: logs[i] });
      }
      return { candidates, coverage: covered?.[r] ?? 0, broken: !(logs[r * count] < 1e38) };
    });
  }
}
