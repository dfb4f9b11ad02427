import { expectOptions, ShapeError } from '../../errors';

/** How distances are put into buckets (Raffel et al. 2020). */
export interface BucketOptions {
  /** Whether keys after the query have buckets of their own: true in encoders, false in decoders. Default true. */
  readonly bidirectional?: boolean;
  /** How many buckets, both directions together. Default 32. */
  readonly buckets?: number;
  /** From this distance on, all share the last bucket. Default 128. */
  readonly maxDistance?: number;
}

/**
 * T5's bucket of a distance, key position minus query position (Raffel et al. 2020, 2.1). Of each direction's buckets
 * the first half holds one distance each, the rest grow with the logarithm up to `maxDistance`. Rounded to float32 at
 * each step as in Hugging Face's code, which decides where some buckets end. Throws `ShapeError`.
 */
export function t5Bucket(distance: number, options: BucketOptions = {}): number {
  return bucketOf(distance, checked(options));
}

/**
 * The buckets of every distance between T queries and S keys: entry j - i + T - 1 is that of query i and key j.
 * -> (T + S - 1). Throws `ShapeError`.
 */
export function bucketTable(T: number, S: number, options: BucketOptions = {}): Uint32Array {
  if (![T, S].every((n) => Number.isInteger(n) && n > 0)) {
    throw new ShapeError('bucketTable', `${T} queries and ${S} keys`, 'Give two positive integers.');
  }
  const full = checked(options);
  return Uint32Array.from({ length: T + S - 1 }, (_, at) => bucketOf(at - (T - 1), full));
}

function bucketOf(
  distance: number,
  { bidirectional, buckets, maxDistance }: Required<BucketOptions>,
): number {
  const count = bidirectional ? Math.floor(buckets / 2) : buckets;
  const first = bidirectional && distance > 0 ? count : 0;
  const away = bidirectional ? Math.abs(distance) : Math.max(0, -distance);
  const exact = Math.floor(count / 2);
  if (away < exact) return first + away;
  const logarithm = Math.fround(Math.log(Math.fround(away / exact)));
  const share = Math.fround(logarithm / Math.fround(Math.log(maxDistance / exact)));
  const beyond = Math.floor(Math.fround(share * (count - exact)));
  return first + Math.min(exact + beyond, count - 1);
}

function checked(options: BucketOptions): Required<BucketOptions> {
  const { bidirectional = true, buckets = 32, maxDistance = 128 } = options;
  expectOptions('t5Bucket', options, { bidirectional, buckets, maxDistance });
  const least = bidirectional ? 4 : 2;
  if (!Number.isInteger(buckets) || buckets < least || (bidirectional && buckets % 2 !== 0)) {
    throw new ShapeError(
      't5Bucket',
      `${buckets} ${bidirectional ? 'buckets in two directions' : 'buckets'}`,
      `Give ${bidirectional ? 'an even number of ' : ''}at least ${least}.`,
    );
  }
  const exact = Math.floor(buckets / (bidirectional ? 4 : 2));
  if (!(maxDistance > exact && maxDistance < Infinity)) {
    throw new ShapeError(
      't5Bucket',
      `maxDistance is ${maxDistance}, but ${exact} distances have a bucket each`,
      `Give more than ${exact}.`,
    );
  }
  return { bidirectional, buckets, maxDistance };
}
