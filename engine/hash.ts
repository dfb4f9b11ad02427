/** FNV-1a (Fowler, Noll and Vo) by words of 32 bits: tells data apart, and is no secret. Each goes on from `hash`. */
const START = 0x811c9dc5;
const mixed = (hash: number, word: number): number => Math.imul(hash ^ word, 0x01000193) >>> 0;

/** Of whole numbers. */
export function fnv1a(words: ArrayLike<number>, hash = START): number {
  for (let i = 0; i < words.length; i++) hash = mixed(hash, words[i]);
  return hash;
}

/** Of UTF-16 units. */
export function fnv1aOfText(text: string, hash = START): number {
  for (let i = 0; i < text.length; i++) hash = mixed(hash, text.charCodeAt(i));
  return hash;
}

/** A hash as eight hexadecimal digits. */
export const asHex = (hash: number): string => hash.toString(16).padStart(8, '0');
