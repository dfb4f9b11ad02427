/**
 * White space as the reference implementations see it, which is Python's: unlike `\s` it has the four separators
 * U+001C to U+001F and the next-line character U+0085, and it has no byte order mark.
 */
const SPACE = String.raw`\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`;
const spaces = new RegExp(`[${SPACE}]+`, 'u');
const trailing = new RegExp(`[${SPACE}]+$`, 'u');
const leading = new RegExp(`^[${SPACE}]+`, 'u');

/** The words between white space; none of a blank line. */
export function words(line: string): string[] {
  return line.split(spaces).filter((word) => word !== '');
}

/** The line without white space at its start. */
export function trimStart(line: string): string {
  return line.replace(leading, '');
}

/** The line without white space at its end. */
export function trimEnd(line: string): string {
  return line.replace(trailing, '');
}

/** How often each run of `order` tokens occurs. */
export function countNgrams(
  tokens: readonly string[],
  order: number,
  into = new Map<string, number>(),
): Map<string, number> {
  for (let i = 0; i + order <= tokens.length; i++) {
    const ngram = order === 1 ? tokens[i] : tokens.slice(i, i + order).join('\0');
    into.set(ngram, (into.get(ngram) ?? 0) + 1);
  }
  return into;
}

/** How many n-grams two counts share: the smaller count of each, summed. */
export function sharedNgrams(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  let shared = 0;
  for (const [ngram, count] of a) shared += Math.min(count, b.get(ngram) ?? 0);
  return shared;
}
