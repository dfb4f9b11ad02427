/** What is pointed at: tokens as the model has them, or the words that they make up. */

export interface Unit {
  readonly text: string;
  /** A space stands before it. */
  readonly spaced: boolean;
  /** Its tokens: from, and up to but without. */
  readonly from: number;
  readonly to: number;
}

/** Scripts that are written without spaces: each token is a unit of its own. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;
const special = (piece: string): boolean => /^⟨.*⟩$/.test(piece);

/** `pieces` have a leading space where a word begins. */
export function tokenUnits(pieces: readonly string[]): Unit[] {
  return pieces.map((piece, i) => ({
    text: piece.trim() || '␣',
    spaced: piece.startsWith(' '),
    from: i,
    to: i + 1,
  }));
}

/** Tokens up to the next space together; special tokens, and those of scripts without spaces, alone. */
export function wordUnits(pieces: readonly string[]): Unit[] {
  const units: Unit[] = [];
  for (const [i, piece] of pieces.entries()) {
    const last = units.at(-1);
    const joins =
      last !== undefined &&
      !piece.startsWith(' ') &&
      !special(piece) &&
      !special(last.text) &&
      !UNSPACED.test(piece) &&
      !UNSPACED.test(last.text);
    if (joins) units[units.length - 1] = { ...last, text: last.text + piece.trim(), to: i + 1 };
    else units.push({ text: piece.trim() || '␣', spaced: piece.startsWith(' '), from: i, to: i + 1 });
  }
  return units;
}

/** Attention between units: summed over the tokens of what was read, the mean over those of what was written. */
export function unitShares(
  shares: (target: number, source: number) => number,
  target: readonly Unit[],
  source: readonly Unit[],
): number[][] {
  return target.map((row) =>
    source.map((column) => {
      let sum = 0;
      for (let t = row.from; t < row.to; t++) {
        for (let s = column.from; s < column.to; s++) sum += shares(t, s);
      }
      return sum / (row.to - row.from);
    }),
  );
}
