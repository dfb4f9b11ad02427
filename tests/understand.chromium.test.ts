// What the page Understand computes, without the page, with tiny models: blanks, a classifier that learns, explains and is kept, lines
// by their meaning, and a lost device.
import { beforeAll, describe, expect, it } from 'vitest';
import type { Found, Source } from '../demo/bring/session/protocol';
import { guests } from '../demo/understand/examples/guests';
import { askText } from '../demo/understand/ask-example';
import { understand } from '../demo/understand/example';
import type { TagMistake, TaskName, UnderstandEvent } from '../demo/understand/session/protocol';
import { UnderstandSession } from '../demo/understand/session/session';
import { tagNames } from '../demo/understand/tag-example';
import { blankIn } from '../demo/understand/words';
import { Device } from '../engine/index';
import { openTestGpu } from './harness/host';
import { taskFiles, type TaskHead } from './models/task_models';

const source = (head: TaskHead): Source => {
  const files = Object.entries(taskFiles(head)).map(
    ([name, file]) => new File([file instanceof Uint8Array ? file : JSON.stringify(file)], name),
  );
  return { kind: 'files', title: head, files };
};

type Of<Kind> = Extract<UnderstandEvent, { readonly kind: Kind }>;

/** A session, and all that it tells. */
function open() {
  const events: UnderstandEvent[] = [];
  const of = <Kind extends UnderstandEvent['kind']>(kind: Kind): Of<Kind>[] =>
    events.filter((event): event is Of<Kind> => event.kind === kind);
  let device: Promise<Device> | null = null;
  const reopen = (): Promise<Device> => (device = Device.open({ gpu: openTestGpu() }));
  const lose = (): void => void device?.then(({ gpu }) => gpu.destroy());
  const connection = { open: () => (device ??= reopen()), reopen, lose };
  return {
    session: new UnderstandSession((event) => events.push(event), connection),
    of,
    device: connection.open,
  };
}

const { session, of, device } = open();
/** Of a task. */
const last = (task: TaskName = 'classify') => of('state').findLast((event) => event.task === task)!;
const load = async (head: TaskHead) => {
  const found: Found = await session.find(source(head), 'f32');
  return session.load(source(head), found);
};

/** Words that the tiny tokenizer knows, of which one tells the class. */
const table = (): string => {
  const fillers = 'the film is of and to in a b c d e f'.split(' ');
  const lines = Array.from({ length: 60 }, (_, i) => {
    const words = [0, 1, 2, 3].map((k) => fillers[(7 * i + 5 * k + ((i * k) % 11)) % fillers.length]);
    words.splice(i % 4, 0, i % 2 ? 'good' : 'bad');
    return `${i % 2 ? 'praise' : 'blame'}\t${words.join(' ')}`;
  });
  return ['label\ttext', ...lines].join('\n');
};
const settings = { rate: 5e-3, steps: 24 };

describe('fill the blank', () => {
  beforeAll(async () => {
    const opened = await load('mask');
    expect(opened).toMatchObject({ fills: true, labels: [], use: 'fill', context: 40 });
    expect(opened.rate).toBeGreaterThan(0);
  });

  it('gives candidates, likeliest first, and the word that was hidden', async () => {
    const text = 'a good film';
    const { candidates, hidden } = await session.fill({ text, blank: { start: 2, end: 6 } });
    expect(candidates).toHaveLength(10);
    const shares = candidates.map(({ share }) => share);
    expect([...shares].sort((a, b) => b - a)).toEqual(shares);
    expect(shares.reduce((a, b) => a + b)).toBeLessThanOrEqual(1);
    expect(hidden!.text).toBe('good');
    const same = await session.fill(blankIn('a ___ film')!);
    expect(same.candidates.map(({ token }) => token)).toEqual(candidates.map(({ token }) => token));
    expect(same.hidden).toBeNull();
  });

  it('tells by how much each other word counts: as asking for both blanks does', async () => {
    const blanked = { text: 'a good film', blank: { start: 2, end: 6 } };
    const { candidates } = await session.fill(blanked);
    const words = await session.reasons(blanked, candidates[0].token);
    expect(words.map(({ start, end }) => blanked.text.slice(start, end))).toEqual(['a', 'film']);
    expect(words.every(({ score }) => Number.isFinite(score) && score !== 0)).toBe(true);
  });
});

describe('a classifier', () => {
  it('learns the examples, is judged as it goes, and ends with its best weights', async () => {
    const lesson = await session.chooseExamples('classify', { kind: 'pasted', text: table() }, null);
    expect(lesson).toMatchObject({ labels: ['blame', 'praise'], counts: [30, 30], question: null });
    await session.train('classify', settings);
    const { state, run } = last();
    expect(state).toBe('finished');
    expect(run).toMatchObject({ step: 24, steps: 24, labels: ['blame', 'praise'], settings });
    const judged = of('judged').flatMap((event) => event.judged ?? []);
    const final = judged.at(-1)!;
    expect(final.step).toBe(run!.kept);
    expect(final.metrics.macroF1).toBe(Math.max(...judged.map(({ metrics }) => metrics.macroF1)));
    expect(final.confusion!.flat().reduce((a, b) => a + b)).toBe(lesson.held);
    const wrong = final.confusion!.reduce((sum, row, i) => sum + row.reduce((a, b) => a + b) - row[i], 0);
    expect(final.mistakes).toHaveLength(wrong);
    expect(of('steps').at(-1)!.from).toBeLessThan(24);
  });

  it('tells classes, and which words decided; leaving all methods apart, for either class', async () => {
    const text = 'the good film';
    const { classes } = await session.tell(text);
    expect(classes.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 5);
    const likeliest = await session.explain(text, 'leaveOneOut', null);
    expect(likeliest.target).toBe(classes[0].label);
    expect(likeliest.words).toHaveLength(3);
    const other = await session.explain(text, 'leaveOneOut', classes[1].label);
    // Of two classes what speaks for one speaks against the other.
    likeliest.words.forEach(({ score }, i) => expect(other.words[i].score).toBeCloseTo(-score, 3));
    const { gap } = await session.explain(text, 'integratedGradients', null);
    expect(gap).not.toBeNull();
  });

  it('tests explanations on what was held out', async () => {
    const tested = await session.test();
    expect(Object.keys(tested)).toHaveLength(5);
    for (const { drop, random, better } of Object.values(tested)) {
      expect(Number.isFinite(drop - random)).toBe(true);
      expect(better).toBeGreaterThanOrEqual(0);
      expect(better).toBeLessThanOrEqual(1);
    }
    const { done, total } = of('work').at(-1)!;
    expect(done).toBe(total);
    expect(total).toBeLessThanOrEqual(16);
  });

  it('is stopped, and goes on to where the same training ends that nobody stopped', async () => {
    const before = of('judged').at(-1)!.judged!;
    await session.forget('classify');
    expect(last()).toMatchObject({ state: 'empty', run: null });
    const seen = of('evaluation').length;
    const training = session.train('classify', settings);
    while (of('evaluation').length < seen + 3) await new Promise((resolve) => setTimeout(resolve, 5));
    await session.stop('classify');
    await training;
    const { state, run } = last();
    expect(state).toBe('stopped');
    expect(run!.step).toBeLessThan(24);
    await session.train('classify', settings);
    expect(last().state).toBe('finished');
    const after = of('judged').at(-1)!.judged!;
    expect(after.metrics).toEqual(before.metrics);
    expect(after.confusion).toEqual(before.confusion);
  });

  it('is kept by the browser, saved as a folder, and tells the same from either', async () => {
    const text = 'a bad film';
    const told = await session.tell(text);
    const kept = await session.keptModels('classify');
    expect(kept[0]).toMatchObject({ labels: ['blame', 'praise'], title: 'pasted' });
    const files = session.save('classify').map(({ name, blob }) => new File([blob], name));
    expect(files.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['config.json', 'model.safetensors', 'tokenizer.json']),
    );
    await session.forget('classify');
    await expect(session.tell(text)).rejects.toThrow(/nothing has been taught/);
    for (const reopen of [
      () => session.openKept('classify', kept[0].id),
      () => session.openFolder('classify', files),
    ]) {
      await reopen();
      expect(last()).toMatchObject({ state: 'finished', run: { settings: null } });
      const again = await session.tell(text);
      again.classes.forEach(({ label, share }, i) => {
        expect(label).toBe(told.classes[i].label);
        expect(share).toBeCloseTo(told.classes[i].share, 3);
      });
    }
    for (const { id } of kept) await session.deleteKept('classify', id);
    expect(await session.keptModels('classify')).toEqual([]);
    await expect(session.openKept('classify', kept[0].id)).rejects.toThrow(/not kept here/);
  });

  it('that comes with its head tells classes at once; a model without one has nothing to open', async () => {
    expect((await load('single')).labels).toEqual(['bad', 'good', 'neither']);
    expect(last()).toMatchObject({ state: 'finished', run: { settings: null } });
    expect((await session.tell('a good film')).classes).toHaveLength(3);
    const { files } = source('mask') as Extract<Source, { kind: 'files' }>;
    await expect(session.openFolder('classify', files)).rejects.toThrow(/names no classes/);
    expect((await session.tell('a good film')).classes).toHaveLength(3); // it stays
  });
});

/** Sentences of one person and two places, of which one has two words: CoNLL's rows. */
const conll = (): string =>
  Array.from({ length: 40 }, (_, i) => {
    const town = i % 2 ? ['new\tB-WHERE', 'york\tI-WHERE'] : ['berlin\tB-WHERE'];
    const [first, last] = ['abcdefghij'[i % 10], 'lkmn'[i % 4]];
    return [`${first}\tO`, 'anna\tB-WHO', 'lives\tO', 'in\tO', ...town, `${last}\tO`].join('\n');
  }).join('\n\n');

describe('a tagger', () => {
  it('learns tagged sentences, is judged by whole names, and tells what it mistakes', async () => {
    await load('mask');
    const lesson = await session.chooseExamples('tag', { kind: 'marked', text: conll() }, null);
    expect(lesson).toMatchObject({ title: 'marked', sentences: 40 });
    await session.train('tag', { rate: 1e-2, steps: 60 });
    expect(last('tag')).toMatchObject({ state: 'finished', run: { labels: lesson.labels, step: 60 } });
    const judged = of('judged').filter(({ task }) => task === 'tag');
    const final = judged.at(-1)!.judged!;
    expect(final.metrics.spanF1).toBe(Math.max(...judged.map((one) => one.judged?.metrics.spanF1 ?? 0)));
    expect(final.metrics.spanF1).toBeGreaterThan(0.3);
    const mistakes = final.mistakes as readonly TagMistake[];
    const wrong = mistakes.reduce((sum, { words }) => sum + words.length, 0);
    const words = final.confusion!.flat().reduce((a, b) => a + b);
    if (mistakes.length < 12) expect(wrong / words).toBeCloseTo(1 - final.metrics.accuracy, 9);
  });

  it('tells names with their places in the text as it is typed, marks and spaces apart', async () => {
    const text = ' Anna,  lives in New  York.';
    const { tags, kinds } = await session.tag(text);
    expect(kinds).toEqual(['WHERE', 'WHO']);
    for (const { start, end, text: own, score } of tags) {
      expect(text.slice(start, end)).toBe(own);
      expect(own).toMatch(/^\S.*\S$/);
      expect(score).toBeGreaterThan(0);
      expect(score).toBeLessThanOrEqual(1);
    }
    expect(tags.length).toBeGreaterThan(0);
    expect((await session.tag('  ')).tags).toEqual([]);
  });

  it('is kept beside what other tabs have learnt, which a training puts off the device and no more', async () => {
    const [kept] = await session.keptModels('tag');
    expect(kept).toMatchObject({ title: 'marked' });
    expect(await session.keptModels('classify')).toEqual([]);
    const before = await session.tag('anna lives in berlin');
    await session.chooseExamples('classify', { kind: 'pasted', text: table() }, null);
    await session.train('classify', { rate: 5e-3, steps: 2 });
    expect(await session.tag('anna lives in berlin')).toEqual(before);
    await session.deleteKept('tag', kept.id);
    expect((await load('token')).can).toBe('tag');
    expect((await session.tag('anna lives in berlin')).kinds).toEqual(['PER', 'LOC', 'MISC']);
    expect(last()).toMatchObject({ state: 'empty' });
  });
});

/** Questions with answers in their text, of which some have none. */
const questions = (column = 'answers'): string =>
  Array.from({ length: 30 }, (_, i) => {
    const [town, letter] = [['berlin', 'paris', 'york'][i % 3], 'abcdefghij'[i % 10]];
    const context = `${letter} ${'fedcba'[i % 6]} anna lives in ${town} and ${'klmno'[i % 5]} is good`;
    return JSON.stringify({ context, question: 'where is anna?', [column]: i % 10 === 9 ? '' : town });
  }).join('\n');

describe('answers', () => {
  it('are learnt from rows, judged by words, and looked for in windows of a long text', async () => {
    await load('mask');
    const lesson = await session.chooseExamples('ask', { kind: 'pasted', text: questions('answer') }, null);
    expect(lesson).toMatchObject({ texts: 30, unanswered: 3 });
    await session.train('ask', { rate: 1e-2, steps: 12 });
    const { metrics, mistakes } = of('judged').at(-1)!.judged!;
    expect(metrics.exactMatch).toBeLessThanOrEqual(metrics.f1);
    expect(mistakes!.length).toBe(Math.min(12, Math.round((1 - metrics.exactMatch) * lesson.held)));
    const context = `${'the film is good and '.repeat(12)}anna lives in berlin`;
    const asked = { question: 'where is anna?', context, impossible: false };
    const { answers, windows, length } = await session.answer(asked);
    expect(length).toBe(40);
    expect(windows).toBeGreaterThan(2);
    expect(answers.length).toBeGreaterThan(1);
    answers.forEach(({ start, end, text, score }, i) => {
      expect(context.slice(start, end)).toBe(text);
      for (const other of answers.slice(0, i)) {
        expect(other.score).toBeGreaterThanOrEqual(score);
        expect(end <= other.start || start >= other.end).toBe(true);
      }
    });
    const open = await session.answer({ ...asked, impossible: true });
    expect(open.answers.filter(({ text }) => text === '').length).toBeLessThanOrEqual(1);
  });

  it('come at once of a model that has the head; one without is refused', async () => {
    expect((await load('question')).can).toBe('ask');
    const asked = { question: 'who lives in york?', context: 'anna lives in york', impossible: false };
    expect((await session.answer(asked)).answers[0].text).not.toBe('');
    const { files } = source('single') as Extract<Source, { kind: 'files' }>;
    await expect(session.openFolder('ask', files)).rejects.toThrow(/which has no head for this/);
  });
});

describe('search', () => {
  const lines = 'a good film\na bad film\nanna lives in berlin\n\na good film\nanna is in york';

  it('puts lines on a map, once each, and finds them; a line finds itself', async () => {
    await load('mask');
    const map = await session.readLines(lines, 'base');
    expect(map.lines).toEqual(['a good film', 'a bad film', 'anna lives in berlin', 'anna is in york']);
    expect(map.points).toHaveLength(8);
    expect(map.shares[0]).toBeGreaterThanOrEqual(map.shares[1]);
    expect(map.shares[0] + map.shares[1]).toBeLessThanOrEqual(1 + 1e-9);
    const { hits, point } = (await session.search('anna is in york'))!;
    expect(hits[0]).toMatchObject({ line: 3 });
    expect(hits[0].score).toBeCloseTo(1, 5);
    expect(point[0]).toBeCloseTo(map.points[6], 4);
    await expect(session.readLines('one\n\none', 'base')).rejects.toThrow(/there are 1/);
    await expect(session.readLines(lines, 'taught')).rejects.toThrow(/nothing has been taught/);
  });

  it('goes on after a lost device, as do blanks: what was read is read again', async () => {
    const before = await session.fill(blankIn('a ___ film')!);
    session.loseDevice();
    await new Promise((resolve) => setTimeout(resolve, 50));
    const after = await session.fill(blankIn('a ___ film')!);
    expect(of('recovered')).toHaveLength(1);
    expect(after.candidates.map(({ token }) => token)).toEqual(before.candidates.map(({ token }) => token));
    expect(await session.search('anna')).toBeNull();
    await session.readLines(lines, 'base');
    expect((await session.search('anna is in york'))!.hits[0].line).toBe(3);
  });
});

it('the example of the page does what the page does', async () => {
  const { files } = source('mask') as Extract<Source, { kind: 'files' }>;
  const asked = { table: new File([table()], 'table.tsv'), text: 'a good film', steps: 2 };
  const { metrics, target, tokens, tested, files: saved } = await understand(await device(), files, asked);
  expect(metrics.macroF1).toBeGreaterThanOrEqual(0);
  expect(['blame', 'praise']).toContain(target);
  expect(tokens.map((token) => token.text)).toEqual(['a', 'good', 'film']);
  expect(Object.keys(tested)).toHaveLength(5);
  expect([...saved.keys()]).toContain('model.safetensors');
});

it('the examples of the other tabs do what these do', async () => {
  const { files } = source('mask') as Extract<Source, { kind: 'files' }>;
  const text = 'anna lives in berlin';
  const tagged = await tagNames(await device(), files, { file: new Blob([conll()]), text, steps: 2 });
  for (const { start, end, text: own } of tagged.names) expect(text.slice(start, end)).toBe(own);
  expect(tagged.metrics.spanF1).toBeGreaterThanOrEqual(0);
  const file = new File([questions()], 'questions.jsonl');
  const asked = { file, question: 'where is anna?', context: text, steps: 2 };
  const { answers, skipped } = await askText(await device(), files, asked);
  expect(text).toContain(answers[0].text);
  expect(skipped).toEqual([]);
});

it('what cannot be taught is told before anything starts', async () => {
  const { session: fresh } = open();
  await expect(fresh.train('classify', settings)).rejects.toThrow(/no examples/);
  await fresh.chooseExamples('classify', { kind: 'pasted', text: guests() }, null);
  await expect(fresh.train('classify', settings)).rejects.toThrow(/no model/);
});
