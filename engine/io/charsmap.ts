/**
 * SentencePiece's map of characters: a double-array trie of UTF-8 (Darts), behind it the replacements, each ended by a NUL.
 * The trie's units hold a label, an offset to their children and whether a value follows.
 */
export class Charsmap {
  readonly #trie: Uint32Array;
  readonly #replacements: Uint8Array;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });

  private constructor(trie: Uint32Array, replacements: Uint8Array) {
    this.#trie = trie;
    this.#replacements = replacements;
  }

  /** Null for bytes that are no such map. */
  static read(bytes: Uint8Array): Charsmap | null {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const size = bytes.length < 4 ? 0 : view.getUint32(0, true);
    if (size === 0 || size % 4 !== 0 || size + 4 > bytes.length) return null;
    const trie = Uint32Array.from({ length: size / 4 }, (_, i) => view.getUint32(4 + 4 * i, true));
    return new Charsmap(trie, bytes.subarray(4 + size));
  }

  /**
   * What stands for the bytes from `start` on that are in the trie: the shortest ones, or the longest. Null where none are.
   */
  find(key: Uint8Array, start: number, which: 'shortest' | 'longest'): { text: string; end: number } | null {
    const trie = this.#trie;
    const offset = (unit: number): number => (unit >>> 10) << ((unit & 0x200) >>> 6);
    let found: { value: number; end: number } | null = null;
    let at = offset(trie[0]);
    for (let i = start; i < key.length && key[i] !== 0; i++) {
      at ^= key[i];
      const unit = trie[at];
      if (unit === undefined || (unit & 0x800000ff) !== key[i]) break;
      at ^= offset(unit);
      if ((unit & 0x100) === 0) continue;
      found = { value: trie[at] & 0x7fffffff, end: i + 1 };
      if (which === 'shortest') break;
    }
    if (!found) return null;
    const end = this.#replacements.indexOf(0, found.value);
    const bytes = this.#replacements.subarray(found.value, end < 0 ? undefined : end);
    return { text: this.#decoder.decode(bytes), end: found.end };
  }
}
