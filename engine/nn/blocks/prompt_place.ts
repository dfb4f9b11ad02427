import { EngineError } from '../../errors';
import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { embedding } from '../../shaders/embedding/embedding';
import { lengthsAfter } from '../../shaders/lengths_after/lengths_after';
import { concat, slice } from '../../shaders/rearrange/rearrange';
import type { Embedding } from '../embedding';
import type { Parameter } from '../parameter';
import { heldBy } from './attention';
import type { LayerState } from './transformer_layer';

/** Rows that stand before the embeddings of every text: see `adapt`. */
export interface PromptRows {
  /** P. */
  readonly rows: number;
  /** -> (P, E). */
  forward(g: Graph): Tensor;
}

/**
 * Where a model takes rows before those of every text, behind its table of tokens: virtual tokens, which `prompt` learns. They have the
 * first positions; the rows that the model gives are those of the text.
 */
export class PromptPlace {
  #before: PromptRows | null = null;
  readonly #table: Embedding;
  /** What was before texts when caches were made, by their first keys; and which of these hold it. */
  readonly #made = new WeakMap<Parameter, PromptRows | null>();
  readonly #prepared = new WeakSet<Parameter>();

  /** `table`: of the tokens. */
  constructor(table: Embedding) {
    this.#table = table;
  }

  /** What stands there, see `adapt`: no part of the model, so that nobody takes its parameters for the model's. */
  get before(): PromptRows | null {
    return this.#before;
  }

  set before(rows: PromptRows | null) {
    this.#before = rows;
  }

  /** (V, E). */
  get table(): Parameter {
    return this.#table.weight;
  }

  /** P, 0 where nothing stands there. */
  get rows(): number {
    return this.before?.rows ?? 0;
  }

  /** The rows themselves, once for each of B sequences: (B, P, E). */
  of(g: Graph, B: number): Tensor {
    const { before } = this;
    if (!before) throw new EngineError(g.where('prompt'), 'nothing stands before texts', 'Adapt the model.');
    const { rows: P } = before;
    const each = Uint32Array.from({ length: B * P }, (_, i) => i % P);
    return g.scope('prompt', () => embedding(g, g.constant('rows', [B, P], each), before.forward(g)));
  }

  /** x (B, T, E) -> (B, P + T, E); x itself where nothing stands before it. */
  put(g: Graph, x: Tensor): Tensor {
    return this.before ? concat(g, [this.of(g, x.shape[0]), x], 1) : x;
  }

  /** How many of P + T rows are real, of texts of T tokens at most: u32 (B) of tokens -> u32 (B). */
  lengths(g: Graph, lengths: Tensor | null, T: number): Tensor | null {
    return lengths && this.before ? lengthsAfter(g, lengths, { rows: this.rows, most: T }) : lengths;
  }

  /** The rows of the text: x (B, P + T, C) -> (B, T, C). */
  cut(g: Graph, x: Tensor): Tensor {
    const { rows: P } = this;
    return P === 0 ? x : slice(g, x, 1, P, x.shape[1] - P);
  }

  /** Remembers that caches were made for what stands here now. */
  made(state: readonly LayerState[]): void {
    this.#made.set(heldBy(state[0].self)[0], this.before);
  }

  /** Throws `EngineError` for caches that were made for something else, and of B sequences that are not there; -> B. */
  expectMade(where: string, state: readonly LayerState[]): number {
    const [keys] = heldBy(state[0].self);
    const then = this.#made.get(keys) ?? null;
    if (then !== this.before) {
      const what = `the caches were made for a prompt of ${then?.rows ?? 0} rows, not this one of ${this.rows}`;
      throw new EngineError(where, what, 'Make new caches.');
    }
    return keys.shape[0];
  }

  /** Has a plan fill caches with it, in runs at position 0. */
  fills(g: Graph, where: string, state: readonly LayerState[]): void {
    const [keys] = heldBy(state[0].self);
    g.check(
      ({ position = 0 }) => {
        if (position > 0)
          throw new EngineError(where, `a run at position ${position}`, 'Fill caches at position 0.');
      },
      () => void this.#prepared.add(keys),
    );
  }

  /** Has a plan refuse runs whose rows would stand among those of the prompt, and caches that are not filled with it. */
  expectAfter(g: Graph, where: string, state: readonly LayerState[]): void {
    const { rows } = this;
    this.expectMade(where, state);
    if (rows === 0) return;
    const [keys] = heldBy(state[0].self);
    g.check(({ position = 0 }) => {
      if (position < rows) {
        const todo = `Texts begin at position ${rows}, behind the prompt.`;
        throw new EngineError(where, `a run at position ${position}`, todo);
      }
      if (!this.#prepared.has(keys))
        throw new EngineError(where, 'the caches lack the prompt', 'Run a plan of `prepare` first.');
    });
  }
}
