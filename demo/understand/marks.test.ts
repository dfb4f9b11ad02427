import { describe, expect, it } from 'vitest';
import { readConll } from '../../models/finetune/index';
import { marked, sentencesOf, toConll, type MarkedSentence } from './marks';

const [one] = sentencesOf('Anna Berg met Tom.', []);
const tags = ({ marks }: MarkedSentence) =>
  marks.map((mark) => (mark ? `${mark.begins ? 'B' : 'I'}-${mark.kind}` : 'O')).join(' ');

describe('words that are marked', () => {
  it('words side by side are one name; pressed again they begin another, and then have none', () => {
    const first = marked(one, 0, 0, 'person');
    expect(tags(first)).toBe('B-person O O O O');
    const both = marked(first, 1, 1, 'person');
    expect(tags(both)).toBe('B-person I-person O O O');
    const apart = marked(both, 1, 1, 'person');
    expect(tags(apart)).toBe('B-person B-person O O O');
    expect(tags(marked(apart, 1, 1, 'person'))).toBe('B-person O O O O');
    expect(tags(marked(one, 0, 1, 'person'))).toBe('B-person I-person O O O');
  });

  it('what goes on with a word that is no more of its name begins by itself', () => {
    const both = marked(one, 0, 1, 'person');
    expect(tags(marked(both, 0, 0, 'person'))).toBe('O B-person O O O');
    expect(tags(marked(both, 0, 0, 'place'))).toBe('B-place B-person O O O');
    // A name before another of its kind stays one of its own.
    const second = marked(one, 1, 1, 'person');
    expect(tags(marked(second, 0, 0, 'person'))).toBe('B-person B-person O O O');
  });

  it('sentences keep their marks while others are written, and are read as CoNLL has them', async () => {
    const both = marked(one, 0, 1, 'person');
    const now = sentencesOf('New one.\r\n\nAnna Berg met Tom.', [both]);
    expect(now.map(tags)).toEqual(['O O O', 'B-person I-person O O O']);
    const { sentences, skipped } = await readConll(toConll(now));
    expect(sentences.map(({ words }) => words)).toEqual([
      ['New', 'one', '.'],
      ['Anna', 'Berg', 'met', 'Tom', '.'],
    ]);
    expect(sentences[1].tags).toEqual(['B-person', 'I-person', 'O', 'O', 'O']);
    expect(skipped).toEqual([]);
  });
});
