/** How far a result may be from its float64 reference, and how far it is. */
import type { Shape } from '../engine/graph/tensor';

/** |got − want| ≤ ε (c₀ + c₁ √terms) scale + ε |want|, scale being the largest |want|. */
export interface Bound {
  readonly epsilon: number;
  readonly terms: number;
  readonly c0: number;
  readonly c1: number;
  /** Replaces the largest |want|, for sums whose terms are larger than their result. */
  readonly scale: number;
}

/** One number beside what it should be; `at`: its place in the flat tensor. */
export interface Place {
  readonly at: number;
  readonly got: number;
  readonly want: number;
}

export interface Comparison {
  readonly shape: Shape;
  /** Of the error that is allowed, the largest share used; above 1: wrong, infinite where NaN met a number. */
  readonly share: number;
  /** Where that is; null for an empty tensor. */
  readonly worst: Place | null;
  /** How many numbers are out of bound, of how many. */
  readonly wrong: number;
  readonly of: number;
  /** The first of those. */
  readonly first: readonly Place[];
}

/** Compares numbers with their reference. NaN equals nothing. Both must be of one length. */
export function compare(
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  shape: Shape,
  bound: Partial<Bound> & Pick<Bound, 'epsilon' | 'terms'>,
): Comparison {
  const { epsilon, terms, c0 = 4, c1 = 2 } = bound;
  let largest = 0;
  for (let i = 0; i < want.length; i++) largest = Math.max(largest, Math.abs(want[i]));
  const absolute = epsilon * (c0 + c1 * Math.sqrt(terms)) * (bound.scale ?? largest);
  const place = (at: number): Place => ({ at, got: got[at], want: want[at] });
  let worst = 0;
  let share = 0;
  let wrong = 0;
  const first: Place[] = [];
  for (let i = 0; i < want.length; i++) {
    const error = Math.abs(got[i] - want[i]);
    const allowed = absolute + epsilon * Math.abs(want[i]);
    const used = error === 0 ? 0 : error / allowed;
    if (!(used <= 1)) {
      wrong++;
      if (first.length < 5) first.push(place(i));
    }
    if (!(used <= share)) {
      share = Number.isNaN(used) ? Infinity : used;
      worst = i;
    }
  }
  return { shape, share, worst: want.length > 0 ? place(worst) : null, wrong, of: want.length, first };
}

/** A place as coordinates: '[1, 0, 3]'. */
export function coordinates(index: number, shape: Shape): string {
  const at: number[] = [];
  for (const n of [...shape].reverse()) {
    at.unshift(index % n);
    index = Math.floor(index / n);
  }
  return `[${at.join(', ')}]`;
}

/** What is wrong, in words with numbers. */
export function tellWrong({ wrong, of, worst, share, shape, first }: Comparison): string {
  const list = first
    .map(({ at, got, want }) => `${coordinates(at, shape)} got ${got} want ${want}`)
    .join('; ');
  return (
    `${wrong} of ${of} out of bound, worst at ${coordinates(worst!.at, shape)}: got ${worst!.got}, ` +
    `want ${worst!.want}, ${(100 * share).toFixed(0)} % of the budget. First: ${list}`
  );
}
