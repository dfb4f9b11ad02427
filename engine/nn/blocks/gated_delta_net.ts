import { EngineError, expectOptions } from '../../errors';
import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { sigmoid, silu } from '../../shaders/activation/activation';
import {
  causalConvolution,
  causalConvolutionStep,
} from '../../shaders/causal_convolution/causal_convolution';
import { decayGate } from '../../shaders/decay_gate/decay_gate';
import { gatedLinearAttention } from '../../shaders/gated_linear_attention/gated_linear_attention';
import { gatedLinearAttentionStep } from '../../shaders/gated_linear_attention/recurrent';
import { multiply } from '../../shaders/multiply/multiply';
import { realRows } from '../../shaders/real_rows/real_rows';
import { slice } from '../../shaders/rearrange/rearrange';
import { rmsnorm } from '../../shaders/rmsnorm/rmsnorm';
import { ones, uniform, type Init } from '../init';
import { Linear } from '../linear';
import { RMSNorm } from '../norm';
import { Parameter } from '../parameter';
import type { AttentionInput } from './attention';
import { RecurrentCache } from './recurrent_cache';
import { addTo } from './residual';

/** What `GatedDeltaNet` is made of. */
export interface GatedDeltaNetConfig {
  /** C: width of what goes in and comes out. */
  readonly width: number;
  /** Heads of queries and keys. */
  readonly keyHeads: number;
  /** N: heads of values, each with a state; a multiple of the key heads, which they share in groups. */
  readonly valueHeads: number;
  /** D: numbers in a head of queries and keys. */
  readonly keyWidth: number;
  /** E: numbers in a head of values. */
  readonly valueWidth: number;
  /** Rows that the convolution sees, its own the last; at least 2. Default 4. */
  readonly taps?: number;
  /** Added to the variance of what a head gives. Default 1e-6. */
  readonly epsilon?: number;
  /** First values of the weights. Default those of `Linear`. */
  readonly init?: Init;
}

/** Added to the squared lengths of queries and keys, as in Transformers. */
const EPSILON = 1e-6;

/**
 * Gated DeltaNet (Yang et al. 2024), as Qwen3-Next has it: a sequence's attention to itself whose memory is a state of D×E numbers a
 * head instead of all keys. Queries, keys and values go through a short causal convolution and SiLU, queries and keys have length 1;
 * `gatedLinearAttention` with a decay and the delta rule reads them; its result is normalised head by head and gated by SiLU of
 * its own. Positions need nothing. Padding has to stand behind a text.
 */
export class GatedDeltaNet {
  /** Queries, keys, values and gates of the result: (2·K·D + 2·N·E, C). */
  readonly input: Linear;
  /** β and what decays are made of: (2·N, C). */
  readonly rates: Linear;
  /** (2·K·D + N·E, taps). */
  readonly convolution: Parameter;
  /** (N): A_log. */
  readonly decayRate: Parameter;
  /** (N): dt_bias. */
  readonly decayBias: Parameter;
  /** Over the E numbers of a head. */
  readonly norm: RMSNorm;
  /** (C, N·E). */
  readonly output: Linear;
  readonly prefix = 0;
  readonly #c: Required<Omit<GatedDeltaNetConfig, 'init' | 'epsilon' | 'width'>>;

  /** Throws `EngineError` for numbers that cannot work. */
  constructor(config: GatedDeltaNetConfig) {
    const { width, keyHeads, valueHeads, keyWidth, valueWidth, taps = 4, epsilon = 1e-6, init } = config;
    const sizes = { width, keyHeads, valueHeads, keyWidth, valueWidth, taps };
    expectOptions('GatedDeltaNet', config, { ...sizes, epsilon, init });
    const wrong = Object.entries(sizes).find(([, n]) => !Number.isInteger(n) || n < 1);
    if (wrong) {
      const what = `${wrong[0]} is ${wrong[1]}`;
      throw new EngineError('GatedDeltaNet', what, 'Use a whole number of at least 1.');
    }
    if (valueHeads % keyHeads !== 0 || taps < 2) {
      const what =
        taps < 2 ? `taps is ${taps}` : `${keyHeads} key heads do not divide ${valueHeads} value heads`;
      throw new EngineError('GatedDeltaNet', what, taps < 2 ? 'Use at least 2.' : 'Give a multiple.');
    }
    this.#c = { keyHeads, valueHeads, keyWidth, valueWidth, taps };
    const options = { bias: false, ...(init && { init }) };
    const [keys, values] = [keyHeads * keyWidth, valueHeads * valueWidth];
    this.input = new Linear(width, { query: keys, key: keys, value: values, gate: values }, options);
    this.rates = new Linear(width, { beta: valueHeads, decay: valueHeads }, options);
    this.convolution = new Parameter([2 * keys + values, taps], { init: uniform(1 / Math.sqrt(taps)) });
    const rates: Init = (size, random) =>
      Float32Array.from({ length: size }, () => Math.log(16 * random.uniform()));
    this.decayRate = new Parameter([valueHeads], { init: rates, decay: false });
    this.decayBias = new Parameter([valueHeads], { init: ones, decay: false });
    this.norm = new RMSNorm(valueWidth, { epsilon });
    this.output = new Linear(values, width, options);
  }

  /** K: heads of queries and keys. */
  get keyHeads(): number {
    return this.#c.keyHeads;
  }

  /** N. */
  get heads(): number {
    return this.#c.valueHeads;
  }

  /** Columns of queries, keys and values. */
  get #mixed(): number {
    return this.convolution.shape[0];
  }

  /** An empty state for `batch` sequences, of any length. */
  cache(batch: number): RecurrentCache {
    const { valueHeads, keyWidth, valueWidth, taps } = this.#c;
    return new RecurrentCache([batch, valueHeads, keyWidth, valueWidth], [batch, taps - 1, this.#mixed]);
  }

  /**
   * x (B, T, C) -> (B, T, C). `lengths` are those of texts that are padded on the right; beside a cache, how many of the new rows are
   * real. Throws `EngineError` for masks and biases, which a state has no use for, and for a cache of another layer.
   */
  forward(g: Graph, x: Tensor, input: AttentionInput = {}): Tensor {
    const { residual = null, lengths, keyMask, bias, cache, starts } = input;
    expectOptions('GatedDeltaNet.forward', input, { residual, lengths, keyMask, bias, cache, starts });
    const where = g.where('GatedDeltaNet');
    if (keyMask || bias) {
      const what = `a ${keyMask ? 'keyMask' : 'bias'} is given, and its state holds all rows alike`;
      throw new EngineError(where, what, 'Pad texts on the right, and give lengths.');
    }
    const c = this.#c;
    const [B, T] = x.shape as [number, number];
    const [keys, values] = [c.keyHeads * c.keyWidth, c.valueHeads * c.valueWidth];
    const fused = g.call(this, 'input', x, {});
    const taps = g.use(this.convolution);
    const mixed = slice(g, fused, 2, 0, this.#mixed);
    let real: { readonly lengths: Tensor } | null = null;
    let held: RecurrentCache | null = null;
    if (cache) {
      if (!(cache instanceof RecurrentCache)) {
        throw new EngineError(where, 'the cache is one of keys and values', "Use this layer's own cache().");
      }
      held = cache;
      real = { lengths: lengths ?? realRows(g, B, T) };
    }
    const convolved = silu(
      g,
      held
        ? causalConvolutionStep(g, mixed, taps, { held: g.use(held.inputs), ...real! })
        : causalConvolution(g, mixed, taps),
    );
    const rates = g.call(this, 'rates', x, {});
    const half = (first: number): Tensor => slice(g, rates, 2, first * c.valueHeads, c.valueHeads);
    const read = {
      ...this.#directions(g, slice(g, convolved, 2, 0, 2 * keys)),
      v: slice(g, convolved, 2, 2 * keys, values),
      ...{ heads: c.keyHeads, valueHeads: c.valueHeads, width: c.keyWidth, valueWidth: c.valueWidth },
      beta: sigmoid(g, half(0)),
      decay: decayGate(g, half(1), { rate: g.use(this.decayRate), bias: g.use(this.decayBias) }),
    };
    const y = held
      ? gatedLinearAttentionStep(g, { ...read, state: g.use(held.state), ...real! })
      : gatedLinearAttention(g, read);
    const normed = g.call(this, 'norm', g.view(y, [B, T, c.valueHeads, c.valueWidth]));
    const gate = silu(g, slice(g, fused, 2, this.#mixed, values));
    return addTo(g, residual, this.output, multiply(g, g.view(normed, [B, T, values]), gate), 0);
  }

  /** Queries and keys (B, T, 2·K·D) of length 1: x / √(Σ x² + ε), which is a root mean square's norm times 1/√D. */
  #directions(g: Graph, both: Tensor) {
    const { keyHeads, keyWidth: D } = this.#c;
    const [B, T] = both.shape as [number, number];
    const factors = g.constant('1/√D', [D], new Float32Array(D).fill(1 / Math.sqrt(D)));
    const unit = rmsnorm(g, g.view(both, [B, T, 2 * keyHeads, D]), factors, EPSILON / D);
    const x = g.view(unit, both.shape);
    return { q: x, k: x, keyOffset: keyHeads * D };
  }
}
