import { describe, expect, it } from 'vitest';
import { messages } from '../examples/guests';
import { MESSAGES } from '../examples/sentences';
import { readClassLesson } from './class-lesson';

/** Rows that differ, of two labels. */
const rows = (write: (label: string, text: string) => string, labels = ['good', 'bad']): string =>
  Array.from({ length: 20 }, (_, i) =>
    write(
      labels[i % labels.length],
      `${['one', 'two', 'three', 'four'][i % 4]} words of ${'abcdefghij'[i >> 1].repeat(6)}`,
    ),
  ).join('\n');
const pasted = (text: string) => ({ kind: 'pasted', text }) as const;

describe('examples of a visitor’s own', () => {
  it('the page’s own: three labels alike often, a fifth held out, and nothing to try among them', async () => {
    const { lesson, split } = await readClassLesson({ kind: 'page' }, null);
    expect(lesson.labels).toEqual(['complaint', 'praise', 'question']);
    expect(lesson.counts).toEqual([66, 66, 66]);
    expect(lesson.training + lesson.held).toBe(198);
    expect(lesson.held).toBeGreaterThanOrEqual(39);
    expect(lesson.skipped).toBe('');
    const texts = messages().split('\n');
    expect(new Set(texts).size).toBe(198);
    for (const message of MESSAGES) expect(texts).not.toContain(message);
    expect(split!.held.every(({ text }) => texts.includes(text))).toBe(true);
  });

  it('a first row that names nothing is one like the others; classes are called by their labels', async () => {
    const read = (text: string) => readClassLesson(pasted(text), null);
    await expect(read('pos\tgood day\nneg\tbad day\n')).rejects.toThrow(
      /held out of class "(pos|neg)", which has 1/,
    );
    await expect(read('label\ttext\nneg\tbad day\n')).rejects.toThrow('one label, "neg"');
    await expect(read('label,text\npos,good, very good\nneg,bad, very bad\n')).rejects.toThrow(/row 2/);
  });

  it('columns are guessed by their names, or by what stands in them; the first row may have no names', async () => {
    const named = await readClassLesson(
      pasted(`id,review,sentiment\n${rows((l, t) => `7,${t},${l}`)}`),
      null,
    );
    expect(named.lesson.chosen).toEqual({ text: 'review', label: 'sentiment', header: true, alike: 'ask' });
    const odd = await readClassLesson(pasted(`a;b;c\n${rows((l, t) => `x;${t};${l}`)}`), null);
    expect(odd.lesson.chosen).toMatchObject({ text: 'b', label: 'c' });
    const bare = await readClassLesson(pasted(rows((l, t) => `${l}\t${t}`)), null);
    expect(bare.lesson.chosen).toEqual({ text: '2', label: '1', header: false, alike: 'ask' });
    expect(bare.lesson.counts).toEqual([10, 10]);
    const lines = await readClassLesson(pasted(rows((label, text) => JSON.stringify({ label, text }))), null);
    expect(lines.lesson.chosen).toMatchObject({ text: 'text', label: 'label', header: true });
  });

  it('chosen columns are taken, and the same column twice is refused', async () => {
    const text = `a,b,c\n${rows((l, t) => `${t},${l},${t} again`)}`;
    const chosen = { text: 'c', label: 'b', header: true, alike: 'ask' } as const;
    expect((await readClassLesson(pasted(text), chosen)).lesson.shown[0][0]).toMatch(/again$/);
    await expect(readClassLesson(pasted(text), { ...chosen, text: 'b' })).rejects.toThrow(
      /both in column "b"/,
    );
  });

  it('labels that differ in case are asked about, and then one or two', async () => {
    const text = `label,text\n${rows((l, t) => `${l},${t}`, ['Good', 'bad', 'good', 'bad'])}`;
    const { lesson, split } = await readClassLesson(pasted(text), null);
    expect(lesson.question).toMatch(/Good.*good|good.*Good/);
    expect(split).toBeNull();
    const same = await readClassLesson(pasted(text), { ...lesson.chosen, alike: 'same' });
    expect(same.lesson.labels).toHaveLength(2);
    expect(same.lesson.question).toBeNull();
    const apart = await readClassLesson(pasted(text), { ...lesson.chosen, alike: 'apart' });
    expect(apart.lesson.labels).toHaveLength(3);
  });

  it('rows that cannot be used are told by number and reason; what cannot be at all is refused', async () => {
    const text = `label,text\ngood,\n,alone\ngood,a,b\n${rows((l, t) => `${l},${t}`)}`;
    const { lesson } = await readClassLesson(pasted(text), null);
    expect(lesson.skipped).toMatch(/text is empty \(row 2\)/);
    expect(lesson.skipped).toMatch(/no label \(row 3\)/);
    expect(lesson.skipped).toMatch(/3 fields of 2 \(row 4\)/);
    await expect(readClassLesson(pasted('one\ntwo\nthree'), null)).rejects.toThrow(/it has one column/);
    await expect(readClassLesson(pasted(rows((_, t) => `same\t${t}`)), null)).rejects.toThrow(/one label/);
    await expect(readClassLesson(pasted('a\tx y\nb\tz w'), null)).rejects.toThrow(/held out|examples/);
  });
});
