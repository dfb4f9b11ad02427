import { describe, expect, it } from 'vitest';
import { REQUESTS } from '../examples/sentences';
import { requests } from '../examples/requests';
import { readTagLesson } from './tag-lesson';

const pasted = (text: string) => ({ kind: 'pasted', text }) as const;
const WORDS = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];

describe('tagged sentences of a visitor’s own', () => {
  it('the page’s own: four kinds, a fifth held out, and nothing to try among them', async () => {
    const { lesson, split } = await readTagLesson({ kind: 'page' });
    expect(lesson.kinds.map(({ label }) => label)).toEqual(['amount', 'person', 'place', 'time']);
    for (const { count, shown } of lesson.kinds) {
      expect(count).toBeGreaterThan(50);
      expect(shown).toHaveLength(4);
    }
    expect(lesson.kinds[1].shown.slice(0, 2)).toEqual(['Mrs Hale', 'Mr Olsen']);
    expect(lesson.labels).toHaveLength(9);
    expect(lesson.skipped).toBe('');
    expect(split!.held).toHaveLength(lesson.held);
    expect(lesson.held).toBeGreaterThanOrEqual(30);
    expect(lesson.training + lesson.held).toBe(lesson.sentences);
    const lines = requests().split('\n\n');
    expect(new Set(lines).size).toBe(lesson.sentences);
    const texts = lines.map((rows) => rows.replace(/\t.*/g, '').replace(/\n/g, ' '));
    for (const text of REQUESTS) expect(texts).not.toContain(text.replace(/\.$/, ' .'));
  });

  it('names are counted whole, words where tags have no B- and I-', async () => {
    const named = WORDS.map((word) => `Ann\tB-PER\n${word}\tI-PER\nBob\tB-PER\nsaw\tO`).join('\n\n');
    const { lesson } = await readTagLesson(pasted(named));
    expect(lesson.kinds).toEqual([
      { label: 'PER', count: 20, shown: ['Ann one', 'Bob', 'Ann two', 'Ann three'] },
    ]);
    const words = WORDS.map((word) => `Ann NOUN\n${word} NUM\nsees VERB`).join('\n\n');
    const plain = await readTagLesson(pasted(words));
    expect(plain.lesson.kinds.map(({ label, count }) => [label, count])).toEqual([
      ['NOUN', 10],
      ['NUM', 10],
      ['VERB', 10],
    ]);
  });

  it('sentences with a broken line are left out, and told by its number', async () => {
    const rows = WORDS.map((word) => `${word}\tB-X\nand\tO`);
    const { lesson } = await readTagLesson(pasted(['broken', ...rows].join('\n\n')));
    expect(lesson.sentences).toBe(10);
    expect(lesson.skipped).toMatch(/1 of the columns that it should have \(row 1\)/);
    await expect(readTagLesson(pasted('a\nb\nc'))).rejects.toThrow(/no tagged sentence/);
    await expect(readTagLesson(pasted('a\tX\n\nb\tX'))).rejects.toThrow(/all rows have one label/);
  });
});
