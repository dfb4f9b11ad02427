/** Texts that are alike but for their numbers, marks and spaces: they must not be on both sides of a split. */

/**
 * What near-duplicates have in common: letters without case, each number as 0, neither punctuation nor spaces. A text
 * of nothing but those keeps them.
 */
export function duplicateKey(text: string): string {
  const plain = text.normalize('NFKC').toLowerCase();
  const marks = /[^\x00-\x7f]/.test(plain) ? /[^\p{L}\p{M}]+/gu : /[^a-z]+/g; // the second is much faster
  const key = plain.replace(marks, (run) => (/\p{N}/u.test(run) ? '0' : ''));
  return key || plain.trim();
}

/**
 * Groups of rows that belong together: those that have the same key on one of the sides, and all that are linked through others.
 * `sides` hold a key for each row, null for a row that has none there. Rows in order, groups by their first.
 */
export function linkedRows(sides: readonly (readonly (string | null)[])[]): number[][] {
  // Union-find with path halving, the lowest index as the root.
  const parent = Uint32Array.from(sides[0], (_, i) => i);
  const root = (i: number): number => {
    while (parent[i] !== i) i = parent[i] = parent[parent[i]];
    return i;
  };
  for (const keys of sides) {
    const first = new Map<string, number>();
    for (const [i, key] of keys.entries()) {
      if (key === null) continue;
      const other = first.get(key);
      if (other === undefined) {
        first.set(key, i);
        continue;
      }
      const [a, b] = [root(i), root(other)];
      parent[Math.max(a, b)] = Math.min(a, b);
    }
  }
  const groups = new Map<number, number[]>();
  for (let i = 0; i < parent.length; i++) {
    const group = groups.get(root(i));
    if (group) group.push(i);
    else groups.set(i, [i]);
  }
  return [...groups.values()];
}
