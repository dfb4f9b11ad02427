/**
 * A language model that reads from left to right, put together of blocks that a family chooses: what Llama, Gemma, BLOOM
 * or Phi are, each with its own norms, positions and heads. `GPT` is the one that puts itself together by settings.
 */
import {
  crossEntropy,
  expectOptions,
  LanguageHead,
  scale,
  selectRows,
  ShapeError,
  tanh,
  type Graph,
  type LayerState,
  type Tensor,
} from '../engine/index';
import { CausalBody, type CausalLMConfig, type CausalLMParts, type CausalOwn } from './causal_body';
import { placedOf, type CacheSizes, type Placed } from './generation/decoder';

/** A decoder-only language model made of parts: what GPT-2, Llama, Gemma, BLOOM and their kin are. */
export class CausalLM<C extends CausalLMConfig = CausalLMConfig> extends CausalBody<C> {
  readonly head: LanguageHead;

  /** Throws `ShapeError` or `EngineError` for numbers that cannot work. */
  constructor(parts: CausalLMParts, own: CausalOwn<C> = {}) {
    super(parts, own);
    const { width, vocabulary, tied, init, outputBias = false } = parts;
    this.head = new LanguageHead({ width, vocabulary, tied, bias: outputBias, ...(init && { init }) });
  }

  /** ids (B, T) u32 -> logits (B, T, V). */
  forward(g: Graph, ids: Tensor): Tensor {
    return this.#logits(g, this.hidden(g, ids).at(-1)!);
  }

  /**
   * What the model would say if it ended before each of its layers, and in the end (the logit lens, nostalgebraist 2020): states of
   * `hidden` through the last norm and the head. ids (B, T) u32 -> L + 1 logits (B, T, V); with `lengths`, u32 (B), those of the last
   * real token of each text, (B, V). The last are those of `forward`.
   */
  lens(g: Graph, ids: Tensor, input: { readonly lengths?: Tensor } = {}): Tensor[] {
    const { lengths } = input;
    expectOptions(`${this.where}.lens`, input, { lengths });
    const states = this.hidden(g, ids);
    return states.map((state, i) => {
      const rows = lengths ? selectRows(g, state, { lengths }) : state;
      const ended = i < states.length - 1 && this.stack.norm;
      return g.scope(`lens ${i}`, () => this.#logits(g, ended ? g.call(this.stack, 'norm', rows) : rows));
    });
  }

  /** Mean cross-entropy in nats over the targets that are not IGNORE_INDEX. ids, targets (B, T) u32 -> scalar. */
  loss(g: Graph, ids: Tensor, targets: Tensor): Tensor {
    return crossEntropy(g, this.forward(g, ids), targets);
  }

  /**
   * One stretch of a sequence through the KV cache: rows stand at `step.position` and after; `step.length` of them are
   * real. ids (B, T) u32 -> logits (B, V) of the last real row. `starts` and `lengths` are those of `Decoder.next`. Behind a
   * prompt of P rows (see `prompt`) texts begin at position P, in caches that `prepare` has filled.
   */
  next(g: Graph, ids: Tensor, state: readonly LayerState[], options: Placed = {}): Tensor {
    const { starts, lengths } = options;
    expectOptions(`${this.where}.next`, options, { starts, lengths });
    this.prompt.expectAfter(g, `${this.where}.next`, state);
    const x = this.after(g, ids, state, placedOf(options));
    return this.#logits(g, selectRows(g, x, lengths ? { lengths } : {}));
  }

  /** Rows of caches that stand before every text: P of a prompt. */
  get ahead(): number {
    return this.prompt.rows;
  }

  /** Fills the first rows of caches with those of the prompt, which the text does not change. In a run at `position` 0. */
  prepare(g: Graph, state: readonly LayerState[]): void {
    const where = `${this.where}.prepare`;
    const B = this.prompt.expectMade(where, state);
    const { rows } = this.prompt;
    const lengths = g.constant('rows of the prompt', [B], new Uint32Array(B).fill(rows));
    this.layered(g, this.prompt.of(g, B), { state, placed: { lengths } });
    this.prompt.fills(g, where, state);
  }

  /** Empty caches for `sequences`, K = `beams` rows each, of up to `target` tokens; give them to a ParameterStore for memory. */
  caches(sequences: number, sizes: Omit<CacheSizes, 'source'> = {}): LayerState[] {
    // Rows of a prefix take the first learned positions.
    const { ahead } = this;
    const room = this.config.context - ahead - (this.positions ? this.stack.prefix : 0);
    const { beams = 1, target = room, dtype = 'f32' } = sizes;
    expectOptions(`${this.where}.caches`, sizes, { beams, target, dtype });
    if (ahead > 0 && target > room) {
      const what = `${target} tokens behind a prompt of ${ahead} in a context of ${this.config.context}`;
      throw new ShapeError(`${this.where}.caches`, what, `Use a target of at most ${room}.`);
    }
    const state = this.stack.state({ batch: sequences * beams, capacity: ahead + target, dtype });
    this.prompt.made(state);
    return state;
  }

  #logits(g: Graph, x: Tensor): Tensor {
    const logits = g.call(this, 'head', x, this.tokens.weight);
    const { softcap: cap = null } = this.parts;
    return cap === null ? logits : scale(g, tanh(g, scale(g, logits, 1 / cap)), cap);
  }
}
