import { DataError } from '../errors';

/** What one hypothesis is compared with: a text, or several that count as equally right. */
export type References = string | readonly string[];

/** Checks one pair and returns its references as a list of at least one. `index` counts pairs from 0. */
export function referenceList(
  where: string,
  hypothesis: string,
  references: References,
  index: number,
): readonly string[] {
  if (typeof hypothesis !== 'string') {
    throw new DataError(where, `hypothesis ${index} is ${kindOf(hypothesis)}, not a text`);
  }
  const list: readonly string[] = typeof references === 'string' ? [references] : references;
  const given: boolean = Array.isArray(list);
  if (!given || list.length === 0) {
    const what = given ? 'has no references' : `has ${kindOf(references)} for references`;
    throw new DataError(where, `hypothesis ${index} ${what}`, 'Give one text, or a list of at least one.');
  }
  list.forEach((reference: unknown, r) => {
    if (typeof reference === 'string') return;
    throw new DataError(where, `reference ${r} of hypothesis ${index} is ${kindOf(reference)}, not a text`);
  });
  return list;
}

/** What a metric gives for whole lists; refuses lists that do not pair up. */
export function ofCorpus<Result>(
  where: string,
  metric: { add(hypothesis: string, references: References): unknown; result(): Result },
  hypotheses: readonly string[],
  references: readonly References[],
): Result {
  for (const [name, list] of Object.entries({ hypotheses, references }))
    if (!Array.isArray(list)) throw new DataError(where, `${name} are ${kindOf(list)}`, 'Give a list.');
  checkCounts(where, hypotheses, references);
  hypotheses.forEach((hypothesis, i) => metric.add(hypothesis, references[i]));
  return metric.result();
}

function checkCounts(where: string, hypotheses: readonly unknown[], references: readonly unknown[]): void {
  if (hypotheses.length === references.length) return;
  const transposed = references.every((list) => Array.isArray(list) && list.length === hypotheses.length);
  throw new DataError(
    where,
    `${hypotheses.length} hypotheses, but ${references.length} entries of references`,
    references.length > 0 && transposed
      ? 'Give the references of each hypothesis together: this looks like one list for each set of references.'
      : 'Give one entry for each hypothesis: a text, or a list of texts.',
  );
}

/** Throws `DataError` unless there is one for each; what they are is said by the last. */
export function checkPairs(
  where: string,
  given: ArrayLike<unknown>,
  wanted: ArrayLike<unknown>,
  [these, those]: readonly [string, string] = ['predictions', 'labels'],
): void {
  if (given.length === wanted.length) return;
  throw new DataError(where, `${given.length} ${these} for ${wanted.length} ${those}`, 'Give one for each.');
}

/** Refuses to score nothing. */
export function checkAdded(where: string, count: number, what = 'hypotheses'): void {
  if (count === 0) throw new DataError(where, `no ${what} were added`, 'There is nothing to score.');
}

/** How many references hypotheses had, for a signature: a number, or `var` where they differ. */
export class ReferenceCount {
  #count: number | 'var' | undefined;

  add(count: number): void {
    this.#count = this.#count === undefined || this.#count === count ? count : 'var';
  }

  toString(): string {
    return String(this.#count ?? 0);
  }
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : typeof value;
}
