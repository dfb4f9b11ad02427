import { ShapeError } from '../../errors';

/** More than any model has: files may say anything, and each takes memory. */
const MOST_HEADS = 65_536;

/**
 * ALiBi's slope of each head: the score of query i and key j gets -slope · (i - j) added (Press et al. 2022).
 * A power of two H has 2^(-8/H), its square, its cube …; another H has those of the power of two below and then every
 * second one of the power of two above, as in the paper's code and in Bloom. -> (H), falling within each part.
 */
export function alibiSlopes(heads: number): number[] {
  if (!Number.isInteger(heads) || heads < 1 || heads > MOST_HEADS) {
    throw new ShapeError('alibiSlopes', `${heads} heads`, `Give a whole number from 1 to ${MOST_HEADS}.`);
  }
  const below = 2 ** Math.floor(Math.log2(heads));
  const geometric = (count: number) => Array.from({ length: count }, (_, h) => 2 ** ((-8 * (h + 1)) / count));
  const between = geometric(2 * below).filter((_, h) => h % 2 === 0);
  return [...geometric(below), ...between.slice(0, heads - below)];
}
