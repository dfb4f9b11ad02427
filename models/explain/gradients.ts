import { Graph, Plans, type Device, type Encoding, type Tensor } from '../../engine/index';
import type { Problem } from '../problem';
import { logOdds, logOddsInputs, recordLogOdds } from './log_odds';

/** A classifier whose tokens' rows can be given, such as `SequenceClassifier`. */
export interface ExplainedModel {
  readonly config: { readonly context: number; readonly vocabulary: number; readonly segments?: number };
  readonly labels: readonly string[];
  readonly problem: Problem;
  /** The table of tokens. */
  readonly tokens: { forward(g: Graph, ids: Tensor): Tensor };
  /** -> logits (B, K). */
  forward(
    g: Graph,
    ids: Tensor,
    input: { readonly lengths: Tensor; readonly segments?: Tensor; readonly embedded?: Tensor },
  ): Tensor;
}

/** Texts are padded to multiples of it: few plans serve all. */
const BUCKET = 16;

/** How many tokens a text of so many is padded to. */
export const roomOf = ({ config }: ExplainedModel, length: number): number =>
  Math.min(config.context, Math.ceil(length / BUCKET) * BUCKET);

/** Whether the model has to be told segments. */
export const isSegmented = ({ config }: ExplainedModel): boolean => (config.segments ?? 0) > 1;

export function padded(ids: ArrayLike<number>, T: number): Uint32Array {
  const all = new Uint32Array(T);
  all.set(ids);
  return all;
}
/** Points of a path that are read together. */
const TOGETHER = 8;

/** Gradients of log-odds by the rows that a text's tokens have, along a path from other rows. */
export class PathGradients implements Disposable {
  readonly #device: Device;
  readonly #model: ExplainedModel;
  readonly #plans = new Plans<string>();

  constructor(device: Device, model: ExplainedModel) {
    [this.#device, this.#model] = [device, model];
  }

  /** Rows of tokens from the table, f32 (T, E). */
  async rows(ids: ArrayLike<number>): Promise<Float32Array> {
    const T = roomOf(this.#model, ids.length);
    const plan = await this.#plans.get(`rows ${T}`, () => {
      const g = new Graph(this.#device, { label: 'explain' });
      return g.compile({ rows: this.#model.tokens.forward(g, g.input('ids', [1, T], 'u32')) });
    });
    plan.run({ ids: padded(ids, T) });
    const rows = await plan.read('rows');
    return rows.slice(0, (rows.length / T) * ids.length);
  }

  /**
   * Means over points of the path base + α (rows - base) of the gradient of the target's log-odds, (T, E), and the log-odds at each. The points
   * are read some at a time.
   */
  async along(
    { ids, segments }: Pick<Encoding, 'ids' | 'segments'>,
    target: number,
    path: { readonly base: Float32Array; readonly rows: Float32Array; readonly points: readonly number[] },
    signal: AbortSignal | undefined,
  ): Promise<{ readonly gradient: Float64Array; readonly values: readonly number[] }> {
    const { base, rows, points } = path;
    const [T, E] = [roomOf(this.#model, ids.length), rows.length / ids.length];
    const { labels, problem } = this.#model;
    const B = Math.min(TOGETHER, points.length);
    const plan = await this.#plans.get(`${B} × ${T}`, () => this.#compile(B, T, E));
    const gradient = new Float64Array(rows.length);
    const values: number[] = [];
    for (let at = 0; at < points.length; at += B) {
      signal?.throwIfAborted();
      const own = points.slice(at, at + B);
      const embedded = new Float32Array(B * T * E);
      const [all, kinds] = [new Uint32Array(B * T), new Uint32Array(B * T)];
      for (let b = 0; b < B; b++) {
        const alpha = own[Math.min(b, own.length - 1)]; // rows without a point repeat the last, and count for nothing
        for (let i = 0; i < rows.length; i++) embedded[b * T * E + i] = base[i] + alpha * (rows[i] - base[i]);
        all.set(ids, b * T);
        kinds.set(segments, b * T);
      }
      plan.run({
        ...{ embedded, ids: all, lengths: new Uint32Array(B).fill(ids.length) },
        ...(isSegmented(this.#model) && { segments: kinds }),
        ...logOddsInputs(B, labels.length, target, problem),
      });
      const [slopes, logits] = await Promise.all([plan.read('gradient'), plan.read('logits')]);
      const K = labels.length;
      for (let b = 0; b < own.length; b++) {
        values.push(logOdds(logits.subarray(b * K, (b + 1) * K), target, problem));
        for (let i = 0; i < rows.length; i++) gradient[i] += slopes[b * T * E + i] / points.length;
      }
    }
    return { gradient, values };
  }

  #compile(B: number, T: number, E: number) {
    const g = new Graph(this.#device, { train: true, gradients: 'inputs', label: 'explain' });
    const ids = g.input('ids', [B, T], 'u32', { below: this.#model.config.vocabulary });
    const lengths = g.input('lengths', [B], 'u32');
    const embedded = g.input('embedded', [B, T, E], 'f32', { differentiable: true });
    const segments = isSegmented(this.#model) ? { segments: g.input('segments', [B, T], 'u32') } : {};
    const logits = this.#model.forward(g, ids, { lengths, embedded, ...segments });
    g.backprop(recordLogOdds(g, logits, this.#model.problem));
    return g.compile({ logits, gradient: g.grad(embedded) });
  }

  [Symbol.dispose](): void {
    this.#plans[Symbol.dispose]();
  }
}
