import { EngineError, expectOptions } from '../../errors';
import type { Graph } from '../../graph/graph';
import { rows as rowsOf, type Tensor } from '../../graph/tensor';
import { sigmoid, type Activation } from '../../shaders/activation/activation';
import { add } from '../../shaders/add/add';
import { expertMatmul } from '../../shaders/expert_matmul/expert_matmul';
import { expertRows, rowsOfAll, type ExpertRows } from '../../shaders/expert_rows/expert_rows';
import { expertSum } from '../../shaders/expert_sum/expert_sum';
import { gated } from '../../shaders/gated/gated';
import { topExperts } from '../../shaders/top_experts/top_experts';
import { uniform, type Init } from '../init';
import { Linear } from '../linear';
import { Parameter } from '../parameter';
import { FeedForward } from './feed_forward';

/** What `MixtureOfExperts` is made of. */
export interface MixtureOfExpertsConfig {
  /** C: width of what goes in and comes out. */
  readonly width: number;
  /** Width in between, of each expert. */
  readonly hidden: number;
  /** E. */
  readonly experts: number;
  /** K: experts of each token. */
  readonly choices: number;
  /** Whether the weights of a token's experts add up to 1 (Mixtral), or are probabilities among all experts. Default false. */
  readonly normalize?: boolean;
  /** Of the gate. Default 'silu'. */
  readonly activation?: Activation;
  /** Width in between of an expert that all tokens have besides (Qwen2-MoE), which a sigmoid of its own weighs. Default null: none. */
  readonly shared?: number | null;
  /** First values of the weights. Default those of `Linear`. */
  readonly init?: Init;
}

/** The matrices of all experts, one below another: gate, then up, of the first; and so on. */
class Experts {
  /** (E·2·hidden, C). */
  readonly up: Parameter;
  /** (E·C, hidden). */
  readonly down: Parameter;

  constructor({ width, hidden, experts, init }: MixtureOfExpertsConfig) {
    this.up = new Parameter([experts * 2 * hidden, width], { init: init ?? uniform(1 / Math.sqrt(width)) });
    this.down = new Parameter([experts * width, hidden], { init: init ?? uniform(1 / Math.sqrt(hidden)) });
  }

  /** x (T, C) -> what each expert makes of its tokens, by `rows`. */
  forward(g: Graph, x: Tensor, rows: ExpertRows, activation: Activation): Tensor {
    const both = expertMatmul(g, x, g.use(this.up), rows, { tokens: true });
    return expertMatmul(g, gated(g, both, activation), g.use(this.down), rows);
  }
}

/**
 * Many gated feed-forward layers, of which each token has a few: those that a router finds likeliest, summed by its
 * probabilities (Shazeer et al. 2017; Jiang et al. 2024). Each token is computed by its own experts alone, which the GPU sorts out
 * by itself. Experts are stored as 'f32' or 'f16'; they are not packed, and no adapter goes into them.
 */
export class MixtureOfExperts {
  /** (E, C). */
  readonly router: Linear;
  readonly experts: Experts;
  readonly shared: FeedForward | null;
  /** (1, C). */
  readonly sharedGate: Linear | null;
  readonly #c: { readonly choices: number; readonly normalize: boolean; readonly activation: Activation };

  /** Throws `EngineError` for numbers that cannot work. */
  constructor(config: MixtureOfExpertsConfig) {
    const { width, hidden, experts, choices, normalize = false, activation = 'silu', shared = null } = config;
    const { init } = config;
    expectOptions('MixtureOfExperts', config, {
      ...{ width, hidden, experts, choices, normalize, activation, shared, init },
    });
    const sizes = { width, hidden, experts, choices, ...(shared !== null && { shared }) };
    const wrong = Object.entries(sizes).find(([, n]) => !Number.isInteger(n) || n < 1);
    if (wrong) {
      const what = `${wrong[0]} is ${wrong[1]}`;
      throw new EngineError('MixtureOfExperts', what, 'Use a whole number of at least 1.');
    }
    if (choices > Math.min(experts, 128)) {
      const what = `a token has ${choices} of ${experts} experts`;
      throw new EngineError('MixtureOfExperts', what, `Use at most ${Math.min(experts, 128)}.`);
    }
    this.#c = { choices, normalize, activation };
    const options = { bias: false, ...(init && { init }) };
    this.router = new Linear(width, experts, options);
    this.experts = new Experts(config);
    this.shared =
      shared === null
        ? null
        : new FeedForward({ width, hidden: shared, activation, gated: true, ...options });
    this.sharedGate = shared === null ? null : new Linear(width, 1, options);
  }

  /** x (…, C) -> (…, C), with the residual added where one is given. */
  forward(g: Graph, x: Tensor, input: { readonly residual?: Tensor | undefined } = {}): Tensor {
    const { residual } = input;
    expectOptions('MixtureOfExperts.forward', input, { residual });
    const { choices, normalize, activation } = this.#c;
    const tokens = g.view(x, rowsOf(x));
    const logits = g.scope('router', () => this.router.forward(g, tokens));
    const { ids, weights } = topExperts(g, logits, { count: choices, normalize });
    const rows = expertRows(g, ids, { experts: this.router.outputs });
    const said = g.scope('experts', () => this.experts.forward(g, tokens, rows, activation));
    const y = g.view(expertSum(g, said, weights, rows), x.shape);
    const all = this.shared ? add(g, y, g.view(this.#shared(g, tokens), x.shape)) : y;
    return residual ? add(g, residual, all) : all;
  }

  /** What all tokens have, each by a gate of its own: tokens (T, C) -> (T, C). */
  #shared(g: Graph, tokens: Tensor): Tensor {
    const gates = g.scope('sharedGate', () => sigmoid(g, this.sharedGate!.forward(g, tokens)));
    const said = g.scope('shared', () => this.shared!.forward(g, tokens));
    return expertSum(g, said, gates, rowsOfAll(g, tokens.shape[0]));
  }
}
