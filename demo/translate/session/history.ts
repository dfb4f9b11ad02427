import type { History } from './protocol';

/** Losses, validation losses and scores of a run that goes on. */
export interface MutableHistory {
  losses: number[];
  validation: [step: number, loss: number][];
  scores: [step: number, score: number][];
}

/** Drops what came after a step. */
export function cut(history: MutableHistory, step: number): MutableHistory {
  history.losses.length = Math.min(history.losses.length, step);
  history.validation = history.validation.filter(([at]) => at <= step);
  history.scores = history.scores.filter(([at]) => at <= step);
  return history;
}

export const copyOf = ({ losses, validation, scores }: History): MutableHistory => ({
  losses: [...losses],
  validation: validation.map(([step, loss]) => [step, loss]),
  scores: scores.map(([step, score]) => [step, score]),
});

/** With five decimals, for files. */
export function rounded({ losses, validation, scores }: History): History {
  const round = (x: number): number => Math.round(x * 1e5) / 1e5;
  const each = (points: History['scores']) => points.map(([step, x]) => [step, round(x)] as const);
  return { losses: losses.map(round), validation: each(validation), scores: each(scores) };
}
