/**
 * GPT-2's byte-level alphabet: text is UTF-8 bytes, and each of the 256 bytes is written as one printable character,
 * so that a vocabulary is plain JSON and no text is ever unknown. Radford et al. 2019, section 2.2.
 */

/** byte -> its character. Printable Latin-1 stands for itself, the rest moves to U+0100 and up, in order. */
export const BYTE_TO_CHARACTER: readonly string[] = /* @__PURE__ */ (() => {
  const printable = (byte: number) =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
  let moved = 0;
  return Array.from({ length: 256 }, (_, byte) =>
    String.fromCodePoint(printable(byte) ? byte : 0x100 + moved++),
  );
})();

const CHARACTER_TO_BYTE = /* @__PURE__ */ new Map(
  BYTE_TO_CHARACTER.map((character, byte) => [character, byte]),
);

/**
 * GPT-2's pre-tokenisation: contractions, words, numbers and punctuation with one leading space, white space. That is
 * Unicode's, as in Python: JavaScript's `\s` has U+FEFF too and lacks U+0085.
 */
export const GPT2_WORDS =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/** The bytes that a token of the alphabet stands for; null if it has characters outside it. */
export function tokenBytes(token: string): Uint8Array | null {
  const bytes: number[] = [];
  for (const character of token) {
    const byte = CHARACTER_TO_BYTE.get(character);
    if (byte === undefined) return null;
    bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}
