import { describe, expect, it } from 'vitest';
import { blankIn, masked, scoresOfWords, withBlank, wordsOf } from './words';

const words = (text: string): string[] => wordsOf(text).map(({ start, end }) => text.slice(start, end));

describe('words', () => {
  it('are runs of letters with what joins them, marks alone, and characters of scripts without spaces', () => {
    expect(words('The cat’s well-known, 2 dogs!')).toEqual([
      ...['The', 'cat’s', 'well-known', ',', '2', 'dogs', '!'],
    ]);
    expect(words('我爱 GPU。')).toEqual(['我', '爱', 'GPU', '。']);
    expect(words('naïve e\u0301tude 𝒳y 🙂')).toEqual(['naïve', 'e\u0301tude', '𝒳y', '🙂']);
    expect(words('  ')).toEqual([]);
  });

  it('a blank in a text, and back', () => {
    const found = blankIn('The cat sat on the ____ again.')!;
    expect(found).toEqual({ text: 'The cat sat on the  again.', blank: { start: 19, end: 19 } });
    expect(withBlank(found)).toBe('The cat sat on the ___ again.');
    expect(blankIn('snake_case stays')).toBeNull();
  });

  it('hidden words take the space before them along', () => {
    const text = 'The cat sat.';
    const [the, cat, sat] = wordsOf(text);
    expect(masked(text, [cat], '<mask>')).toBe('The<mask> sat.');
    expect(masked(text, [sat, the], '[MASK]')).toBe('[MASK] cat[MASK].');
    expect(masked('我爱你', [{ start: 1, end: 2 }], '[MASK]')).toBe('我[MASK]你');
  });

  it('have the sum of their tokens’ scores, whatever stands around these', () => {
    const text = 'So unkind!';
    const tokens = [
      { start: 0, end: 2, score: 1 },
      { start: 2, end: 5, score: 2 }, // with the space before it
      { start: 5, end: 9, score: 0.5 },
      { start: 9, end: 10, score: -3 },
    ];
    expect(scoresOfWords(wordsOf(text), tokens)).toEqual([1, 2.5, -3]);
  });
});
