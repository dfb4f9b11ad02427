import { expect } from 'vitest';
import type { Shape } from '../../engine/graph/tensor';

/** |got − want| ≤ ε (c₀ + c₁ √terms) scale + ε |want|, scale being the largest |want|. */
export interface Bound {
  readonly epsilon: number;
  readonly terms: number;
  readonly c0: number;
  readonly c1: number;
  /** Replaces the largest |want|, for sums whose terms are larger than their result. */
  readonly scale: number;
}

const coordinates = (index: number, shape: Shape): string => {
  const at: number[] = [];
  for (const n of [...shape].reverse()) {
    at.unshift(index % n);
    index = Math.floor(index / n);
  }
  return `[${at.join(', ')}]`;
};

/** Fails with the worst place, what was there, and the share of the error budget used. NaN equals nothing. */
export function assertClose(
  what: string,
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  shape: Shape,
  bound: Partial<Bound> & Pick<Bound, 'epsilon' | 'terms'>,
): number {
  const { epsilon, terms, c0 = 4, c1 = 2 } = bound;
  if (got.length !== want.length) expect.fail(`${what}: ${got.length} numbers, want ${want.length}`);
  let largest = 0;
  for (let i = 0; i < want.length; i++) largest = Math.max(largest, Math.abs(want[i]));
  const absolute = epsilon * (c0 + c1 * Math.sqrt(terms)) * (bound.scale ?? largest);
  let worst = 0;
  let share = 0;
  const wrong: number[] = [];
  for (let i = 0; i < want.length; i++) {
    const error = Math.abs(got[i] - want[i]);
    const allowed = absolute + epsilon * Math.abs(want[i]);
    const used = error === 0 ? 0 : error / allowed;
    if (!(used <= 1)) wrong.push(i);
    if (!(used <= share)) {
      share = Number.isNaN(used) ? Infinity : used;
      worst = i;
    }
  }
  if (wrong.length > 0) {
    const list = wrong
      .slice(0, 5)
      .map((i) => `${coordinates(i, shape)} got ${got[i]} want ${want[i]}`)
      .join('; ');
    expect.fail(
      `${what}: ${wrong.length} of ${want.length} out of bound, worst at ${coordinates(worst, shape)}: got ${got[worst]}, ` +
        `want ${want[worst]}, ${(100 * share).toFixed(0)} % of the budget. First: ${list}`,
    );
  }
  return share;
}
