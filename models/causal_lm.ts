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

  /** Mean cross-entropy in nats over the targets that are not IGNORE_INDEX. ids, targets (B, T) u32 -> scalar. */
  loss(g: Graph, ids: Tensor, targets: Tensor): Tensor {
    return crossEntropy(g, this.forward(g, ids), targets);
  }

  /**
   * One stretch of a sequence through the KV cache: rows stand at `step.position` and after; `step.length` of them are
   * real. ids (B, T) u32 -> logits (B, V) of the last real row. `starts` and `lengths` are those of `Decoder.next`.
   */
  next(g: Graph, ids: Tensor, state: readonly LayerState[], options: Placed = {}): Tensor {
    const { starts, lengths } = options;
    expectOptions(`${this.where}.next`, options, { starts, lengths });
    const x = this.rows(g, ids, { state, placed: placedOf(options) }).at(-1)!;
    return this.#logits(g, selectRows(g, x, lengths ? { lengths } : {}));
  }

  /** Empty caches for `sequences`, K = `beams` rows each, of up to `target` tokens; give them to a ParameterStore for memory. */
  caches(sequences: number, sizes: Omit<CacheSizes, 'source'> = {}): LayerState[] {
    // Rows of a prefix take the first learned positions.
    const room = this.config.context - (this.positions ? this.stack.prefix : 0);
    const { beams = 1, target = room, dtype = 'f32' } = sizes;
    expectOptions(`${this.where}.caches`, sizes, { beams, target, dtype });
    return this.stack.state({ batch: sequences * beams, capacity: target, dtype });
  }

  #logits(g: Graph, x: Tensor): Tensor {
    const logits = g.call(this, 'head', x, this.tokens.weight);
    const { softcap: cap = null } = this.parts;
    return cap === null ? logits : scale(g, tanh(g, scale(g, logits, 1 / cap)), cap);
  }
}
