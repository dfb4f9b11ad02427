import { expect, test } from 'vitest';
import { tokenUnits, unitShares, wordUnits } from './units';

const texts = (units: readonly { readonly text: string }[]): string[] => units.map(({ text }) => text);

test('words are the tokens up to the next space; the end, and Chinese characters, stand alone', () => {
  const pieces = [' Close', ' the', ' dia', 'log', '.', '⟨end⟩'];
  const words = wordUnits(pieces);
  expect(texts(words)).toEqual(['Close', 'the', 'dialog.', '⟨end⟩']);
  expect(words[2]).toEqual({ text: 'dialog.', spaced: true, from: 2, to: 5 });
  expect(texts(wordUnits([' 关', '闭', '对话框', '⟨end⟩']))).toEqual(['关', '闭', '对话框', '⟨end⟩']);
  expect(texts(tokenUnits(pieces))).toEqual(['Close', 'the', 'dia', 'log', '.', '⟨end⟩']);
});

test('shares between words: summed over what was read, the mean over what was written; rows still sum to 1', () => {
  const shares = [
    [0.1, 0.2, 0.7],
    [0.5, 0.3, 0.2],
    [0.0, 0.4, 0.6],
  ];
  const target = wordUnits([' a', 'b', '⟨end⟩']);
  const source = wordUnits([' x', ' y', 'z']);
  const rows = unitShares((t, s) => shares[t][s], target, source);
  const close = [
    [0.3, 0.7],
    [0, 1],
  ];
  rows.forEach((row, t) => row.forEach((share, s) => expect(share).toBeCloseTo(close[t][s], 12)));
  expect(rows).toHaveLength(2);
});
