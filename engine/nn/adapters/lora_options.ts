import { EngineError, expectOptions } from '../../errors';

/** Size and strength of the low-rank matrices of `lora`. */
export interface LoRAOptions {
  /** r. Default 8. */
  readonly rank?: number;
  /** What is added is multiplied by alpha / r. Default r. */
  readonly alpha?: number;
  /** By alpha / √r instead, so that high ranks learn as fast (rsLoRA, Kalajdzievski 2023). Default false. */
  readonly rankStabilized?: boolean;
  /** Probability of dropping a number of x, for what is added, while training. Default 0. */
  readonly dropout?: number;
}

/** The options of `lora` and `dora`, checked. Throws `EngineError` for those that cannot be. */
export function loraSettings(kind: string, options: LoRAOptions) {
  const { rank = 8, alpha = rank, rankStabilized = false, dropout = 0 } = options;
  expectOptions(kind, options, { rank, alpha, rankStabilized, dropout });
  const refuse = (name: string, value: number, todo: string): never => {
    throw new EngineError(kind, `${name} is ${value}`, todo);
  };
  if (!Number.isInteger(rank) || rank < 1) refuse('rank', rank, 'Use a whole number of at least 1.');
  if (!(Number.isFinite(alpha) && alpha > 0)) refuse('alpha', alpha, 'Use a number above 0.');
  if (!(dropout >= 0 && dropout < 1)) refuse('dropout', dropout, 'It must be at least 0 and below 1.');
  // Checkpoints of before have no word for what is not used.
  const settings = { rank, alpha, dropout, ...(rankStabilized && { rankStabilized }) };
  return { settings, all: { rank, alpha, dropout, rankStabilized } };
}
