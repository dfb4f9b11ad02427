import { expect } from 'vitest';
import { compare, tellWrong, type Bound } from '../../checks/bound';
import type { Shape } from '../../engine/graph/tensor';

/** Fails with the worst place, what was there, and the share of the error budget used. NaN equals nothing. */
export function assertClose(
  what: string,
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  shape: Shape,
  bound: Partial<Bound> & Pick<Bound, 'epsilon' | 'terms'>,
): number {
  if (got.length !== want.length) expect.fail(`${what}: ${got.length} numbers, want ${want.length}`);
  const compared = compare(got, want, shape, bound);
  if (compared.wrong > 0) expect.fail(`${what}: ${tellWrong(compared)}`);
  return compared.share;
}
