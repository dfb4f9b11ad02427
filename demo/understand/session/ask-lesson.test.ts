import { describe, expect, it } from 'vitest';
import { notes } from '../examples/notes';
import { NOTE, QUESTIONS } from '../examples/sentences';
import { readAskLesson } from './ask-lesson';

const pasted = (text: string) => ({ kind: 'pasted', text }) as const;
const TOWNS = ['York', 'Bath', 'Rome', 'Oslo', 'Kent', 'Bonn', 'Lyon', 'Nice', 'Metz', 'Graz'];
/** Rows that differ. */
const rows = (write: (context: string, question: string, answer: string) => string): string =>
  TOWNS.map((town, i) => write(`Guest ${i} lives in ${town} now`, `Where is guest ${i}?`, town)).join('\n');

describe('questions of a visitor’s own', () => {
  it('the page’s own: three on each note, the same each time, whole notes held out', async () => {
    const { lesson, split } = await readAskLesson({ kind: 'page' }, null);
    expect(lesson).toMatchObject({ texts: 160, unanswered: 0, skipped: '' });
    expect(lesson.training + lesson.held).toBe(480);
    const contexts = new Set(split!.held.map(({ context }) => context));
    expect(split!.training.some(({ context }) => contexts.has(context))).toBe(false);
    expect(lesson.held).toBeGreaterThan(80);
    expect(notes()).toEqual(notes());
    // Answers are whole words.
    for (const { context, asked } of notes())
      for (const [question, answer, start] of asked)
        expect(context.slice(start), question).toMatch(new RegExp(`^${answer}\\b`));
    for (const name of ['Martin', 'Lane', 'Sophie']) expect(JSON.stringify(notes())).not.toContain(name);
    expect(QUESTIONS.every((question) => question.endsWith('?')) && NOTE.length > 0).toBe(true);
  });

  it('columns are guessed by their names, or by what stands in them; SQuAD’s files have their own', async () => {
    const named = await readAskLesson(
      pasted(`answer,question,passage\n${rows((c, q, a) => `${a},${q},${c}`)}`),
      null,
    );
    const chosen = { context: 'passage', question: 'question', answer: 'answer', header: true };
    expect(named.lesson.chosen).toEqual(chosen);
    const bare = await readAskLesson(pasted(rows((c, q, a) => `${q}\t${a}\t${c}`)), null);
    expect(bare.lesson.chosen).toEqual({ context: '3', question: '1', answer: '2', header: false });
    expect(bare.lesson.shown[0]).toEqual({ question: 'Where is guest 0?', answer: 'York' });
    const paragraphs = TOWNS.map((town, i) => ({
      context: `Guest ${i} lives in ${town} now`,
      qas: [
        { id: `${i}`, question: 'Where?', answers: [{ text: town, answer_start: 17 }] },
        { id: `n${i}`, question: `When ${i}?`, answers: [], is_impossible: true },
      ],
    }));
    const squad = new File([JSON.stringify({ data: [{ paragraphs }] })], 'dev-v2.0.json');
    const { lesson } = await readAskLesson({ kind: 'file', file: squad }, null);
    expect(lesson).toMatchObject({ texts: 10, unanswered: 10, title: 'dev-v2.0.json' });
  });

  it('an answer that is not in its text is told by its row; columns that cannot be are refused', async () => {
    const text = `context,question,answer\nAnn sings.,Who?,Bob\n${rows((c, q, a) => `${c},${q},${a}`)}`;
    const { lesson } = await readAskLesson(pasted(text), null);
    expect(lesson.skipped).toMatch(/its answer "Bob" is not in its context \(row 2\)/);
    const twice = { ...lesson.chosen, answer: 'question' };
    await expect(readAskLesson(pasted(text), twice)).rejects.toThrow(/are one column/);
    await expect(readAskLesson(pasted('a,b\nc,d'), null)).rejects.toThrow(/it has the columns a, b/);
  });
});
