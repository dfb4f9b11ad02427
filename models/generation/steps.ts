/** Steps of a search on the GPU: what each row may go on with. */
import {
  coverage,
  logProbabilities,
  NO_TOKEN,
  penalize,
  reorderState,
  sample,
  topCandidates,
  withoutTokens,
  type Graph,
  type Plan,
  type Step,
  type Tensor,
  type TopCandidates,
} from '../../engine/index';
import type { Decoding } from './decoding';
import type { Candidate } from './search';

/** How the next token is chosen: one decode plan each. */
export interface Choice {
  /** The best of each row, or one drawn. */
  readonly mode: 'candidates' | 'sample';
  /** How many of the best, the same for all choices of a `Decoding`. */
  readonly count: number;
  /** Rows of new tokens: 1, or as many as prompts are padded to. */
  readonly length: number;
  /** Whether prompts are of unequal lengths, so that rows stand at positions of their own. */
  readonly uneven: boolean;
  /** Places for banned ids in each row, see `placesFor`. */
  readonly bans: number;
  /** Places for tokens seen, 0 where nothing is penalised. */
  readonly seen: number;
  /** What is penalised. */
  readonly penalised: 'logits' | 'log-probabilities';
  /** Whether to add up what hypotheses have attended to; H of the attention. */
  readonly coverage: number;
  /** Whether probabilities are those among tokens that are not banned. */
  readonly renormalize: boolean;
}

/** One step's input: rows of N·K. */
export interface StepRows {
  /** (N·K, length). */
  readonly ids: Uint32Array;
  /**
   * Where prompts are of unequal lengths: of how many tokens each row's is, while they are fed; after that how far each row is
   * ahead of the position.
   */
  readonly lengths?: Uint32Array;
  readonly starts?: Uint32Array;
  /** Which row each goes on from. */
  readonly order: Uint32Array;
  /** The only token that a row may take, or `NO_TOKEN`; for candidates. */
  readonly only: Uint32Array;
  /** What a row's draws are keyed by; for samples. */
  readonly counters: Uint32Array;
  /** (N·K, bans), each row different ids, ascending, then `NO_TOKEN`. */
  readonly bans: Uint32Array;
  /** (N·K, seen) each, where something is penalised; and the penalties. */
  readonly seen?: { readonly ids: Uint32Array; readonly counts: Uint32Array };
  readonly penalties?: Float32Array;
}

/** What a row may go on with. */
export interface Chosen {
  readonly candidates: readonly Candidate[];
  /** Σ log(min(covered, 1)) over the source; 0 where that was not asked for. */
  readonly coverage: number;
  /** Whether its logits hold an infinity or a NaN. */
  readonly broken: boolean;
}

/** The step of a choice: compiled once, for any texts. */
export async function stepOf(decoding: Decoding, choice: Choice): Promise<DecodingStep> {
  const { mode, length, uneven, bans, seen, penalised, coverage: covers, renormalize } = choice;
  const more = [
    ...(length > 1 ? [`of ${length}`] : []),
    ...(uneven ? ['uneven'] : []),
    ...(seen > 0 ? [`${penalised} ${seen}`] : []),
    ...(covers ? ['coverage'] : []),
    ...(renormalize ? ['renormalize'] : []),
  ];
  const label = ['decode', mode, bans, ...more].join(' ');
  const plan = await decoding.plan(label, (g) => record(g, decoding, choice));
  return new DecodingStep(plan, decoding, choice);
}

function record(g: Graph, decoding: Decoding, choice: Choice): Record<string, Tensor> {
  const { rows, beams } = decoding;
  const ids = g.input('ids', [rows, choice.length], 'u32', { below: decoding.vocabulary });
  const order =
    beams > 1 && choice.mode === 'candidates' ? g.input('order', [rows], 'u32', { below: rows }) : null;
  const name = choice.length > 1 ? 'lengths' : 'starts';
  const places = choice.uneven ? { [name]: g.input(name, [rows], 'u32') } : {};
  if (order) reorderState(g, decoding.caches, order, places.starts ? { starts: places.starts } : {});
  const bans = g.input('bans', [rows, choice.bans], 'u32');
  const more: Record<string, Tensor> = {};
  const look = (layer: number, q: Tensor, keys: Tensor, scale: number): void => {
    if (layer !== decoding.caches.length - 1) return;
    const covered = g.use(decoding.extra('covered', [rows, keys.shape[1]]));
    const lengths = decoding.sourceLengths(g);
    more.coverage = coverage(g, q, keys, covered, { heads: choice.coverage, lengths, order, scale });
  };
  const logits = decoding.next(g, ids, { ...places, ...(choice.coverage > 0 && { look }) });
  const given = choice.seen > 0 && choice.penalised === 'log-probabilities';
  if (given) logProbabilities(g, logits);
  if (choice.seen > 0) {
    const table = (name: string): Tensor => g.input(name, [rows, choice.seen], 'u32');
    const seen = { ids: table('seen'), counts: table('counts') };
    penalize(g, logits, seen, g.input('penalties', [3], 'f32'));
  }
  if (choice.mode === 'candidates') {
    const only = g.input('only', [rows], 'u32');
    const asked = { count: choice.count, bans, only };
    const found = choice.renormalize
      ? withoutTokens(g, logits, bans, () => topCandidates(g, logits, asked))
      : topCandidates(g, logits, { ...asked, given });
    return { ...more, ...found };
  }
  const counters = g.input('counters', [rows], 'u32');
  const find = (only: Tensor): TopCandidates => topCandidates(g, logits, { count: 1, only });
  const found = withoutTokens(g, logits, bans, () => {
    const drawn = sample(g, logits, { counters });
    return choice.renormalize ? find(drawn) : drawn;
  });
  return { ...more, ...('ids' in found ? found : find(found)) };
}

export class DecodingStep {
  readonly plan: Plan;
  readonly #decoding: Decoding;
  readonly #choice: Choice;

  constructor(plan: Plan, decoding: Decoding, choice: Choice) {
    this.plan = plan;
    this.#decoding = decoding;
    this.#choice = choice;
  }

  /** Feeds new tokens at `position`, of which `length` a row are real, and reads what may follow, by row. */
  async run(
    { ids: fed, lengths, starts, bans, order, only, counters, seen, penalties }: StepRows,
    { position, length, index }: Pick<Step, 'position' | 'length' | 'index'>,
    { temperature, topK, topP, minP, seed }: Pick<Step, 'temperature' | 'topK' | 'topP' | 'minP' | 'seed'>,
  ): Promise<Chosen[]> {
    const { plan } = this;
    const { rows, beams, ahead } = this.#decoding;
    const { mode, coverage: covers } = this.#choice;
    const own: Record<string, ArrayBufferView> =
      mode === 'sample' ? { counters } : { only, ...(beams > 1 && { order }) };
    const penalised = seen && penalties && { seen: seen.ids, counts: seen.counts, penalties };
    plan.run(
      {
        ids: fed,
        bans,
        ...this.#decoding.inputsOf(plan),
        ...own,
        ...penalised,
        ...(lengths && { lengths }),
        ...(starts && { starts }),
      },
      { position: ahead + (position ?? 0), length, index, temperature, topK, topP, minP, seed },
    );
    const [ids, logs, covered] = await Promise.all([
      plan.readIntegers('ids'),
      plan.read('logProbabilities'),
      covers ? plan.read('coverage') : null,
    ]);
    const count = ids.length / rows;
    return Array.from({ length: rows }, (_, r) => {
      const candidates: Candidate[] = [];
      for (let i = r * count; i < (r + 1) * count && ids[i] !== NO_TOKEN; i++) {
        candidates.push({ id: ids[i], logProbability: logs[i] });
      }
      return { candidates, coverage: covered?.[r] ?? 0, broken: !(logs[r * count] < 1e38) };
    });
  }
}
