import { describe, expect, it } from 'vitest';
import { answerExamples } from './answers';
import { readConll } from './conll';
import { classExamples, describeSkipped, pairExamples, scoreExamples, tagExamples } from './examples';
import { readTable } from './table';

describe('tables', () => {
  it('read CSV with quotes, line breaks in fields and other delimiters', async () => {
    const text = 'text;label\r\n"one; ""two""";a\r\n"three\nfour";b\r\n';
    const { columns, rows, skipped } = await readTable(text, { name: 'mails.csv' });
    expect(columns).toEqual(['text', 'label']);
    expect(rows).toEqual([
      { number: 2, cells: { text: 'one; "two"', label: 'a' } },
      { number: 3, cells: { text: 'three\nfour', label: 'b' } },
    ]);
    expect(skipped).toEqual([]);
  });

  it('tell rows that are broken by their number and reason, and keep the others', async () => {
    const table = await readTable('a,b\n1,2\n\n3\n4,5,6\n7,8\n"9,10\n');
    expect(table.rows.map(({ number }) => number)).toEqual([2, 6]);
    expect(table.skipped).toEqual([
      { number: 4, reason: '1 fields of 2' },
      { number: 5, reason: '3 fields of 2' },
      { number: 7, reason: 'a quotation mark is not closed, or stands within a field' },
    ]);
    expect(describeSkipped([...table.skipped, { number: 9, reason: '1 fields of 2' }])).toBe(
      '2 rows skipped: 1 fields of 2 (rows 4, 9)\n' +
        '1 row skipped: 3 fields of 2 (row 5)\n' +
        '1 row skipped: a quotation mark is not closed, or stands within a field (row 7)',
    );
  });

  it('tell how many lines an open quotation mark takes along', async () => {
    const { rows, skipped } = await readTable('a,b\n1,2\n"3,4\n5,6\n7,8\n9,10\n');
    expect(rows).toHaveLength(1);
    expect(skipped).toHaveLength(1);
    expect(skipped[0].reason).toMatch(/not closed.*, and takes the next 3 lines with it$/);
  });

  it('read other encodings when they are told, and lines that end as on old Macs', async () => {
    const bytes = (text: string) =>
      new Uint8Array(Uint16Array.from(`\ufeff${text}`, (one) => one.charCodeAt(0)).buffer);
    await expect(readTable(bytes('text\tlabel\nä\tb\n'))).rejects.toThrow(/pass \{ encoding: 'utf-16le' \}/);
    const { rows } = await readTable(bytes('text\tlabel\nä\tb\n'), { encoding: 'utf-16le' });
    expect(rows[0].cells).toEqual({ text: 'ä', label: 'b' });
    const tags = await readConll(bytes('EU\tB-ORG\n'), { encoding: 'utf-16le' });
    expect(tags.sentences[0].words).toEqual(['EU']);
    expect((await readTable('{"a":1}\r{"a":2}\r')).rows).toHaveLength(2);
    const { sentences } = await readConll('EU B-ORG\rcalls O\r\rEd I-PER\r');
    expect(sentences.map(({ words }) => words)).toEqual([['EU', 'calls'], ['Ed']]);
  });

  it('may have columns called as what every object has', async () => {
    const table = await readTable('{"t":"a","constructor":"x"}\n{"t":"b"}\n{"t":"c","constructor":"y"}');
    const { examples, skipped } = classExamples(table, { text: 't', label: 'constructor' });
    expect(examples.map(({ label }) => label)).toEqual([0, 1]);
    expect(skipped).toEqual([{ number: 2, reason: 'it has no label' }]);
  });

  it('read TSV, where quotation marks are text only if they do not begin a field, and no header', async () => {
    const { columns, rows } = await readTable('5" disk\tx\nhe said "no"\ty\n', {
      format: 'tsv',
      header: false,
    });
    expect(columns).toEqual(['1', '2']);
    expect(rows.map(({ cells }) => cells['1'])).toEqual(['5" disk', 'he said "no"']);
  });

  it('read JSON, by lines or as one list', async () => {
    const lines = await readTable('{"text":"a","n":1}\nnot json\n[1]\n\n{"text":"b","more":true}');
    expect(lines.columns).toEqual(['text', 'n', 'more']);
    expect(lines.rows.map(({ number }) => number)).toEqual([1, 5]);
    expect(lines.skipped).toEqual([
      { number: 2, reason: 'it is no JSON' },
      { number: 3, reason: 'it is no object' },
    ]);
    const list = await readTable('[{"text":"a"},{"text":"b"}]', { name: 'x.json' });
    expect(list.rows.map(({ cells }) => cells.text)).toEqual(['a', 'b']);
  });

  it.each([
    ['a,a\n1,2\n', {}, /two columns "a".*header: false/],
    ['a,b\n', {}, /it has no row that can be read/],
    ['{"a":1\n', {}, /row 1: it is no JSON/],
    ['a,b\n1,2', { format: 'xls' }, /format is xls/],
    ['a,b\n1,2', { headers: true }, /headers/],
    ['\0\0a', {}, /binary|zero/],
  ] as const)('refuse %j', async (text, options, message) => {
    await expect(readTable(text, options as never)).rejects.toThrow(message);
  });
});

describe('examples of classes', () => {
  const table = (rows: string) => readTable(`text,label\n${rows}`, { name: 'mails.csv' });

  it('have labels in the order of the alphabet, or as given', async () => {
    const found = classExamples(await table('x,spam\ny,ham\n,ham\nz,\nw,spam\n'), {
      text: 'text',
      label: 'label',
    });
    expect(found.labels).toEqual(['ham', 'spam']);
    expect(found.counts).toEqual([1, 2]);
    expect(found.examples).toEqual([
      { text: 'x', row: 2, label: 1 },
      { text: 'y', row: 3, label: 0 },
      { text: 'w', row: 6, label: 1 },
    ]);
    expect(found.skipped).toEqual([
      { number: 4, reason: 'its text is empty' },
      { number: 5, reason: 'it has no label' },
    ]);
    const columns = { text: 'text', label: 'label', labels: ['spam', 'ham'] };
    expect(classExamples(await table('x,spam\ny,ham\n'), columns).examples[0].label).toBe(0);
  });

  it('ask whether labels that look alike are the same', async () => {
    const given = await table('a,Spam\nb,spam\nc,spam\nd,not  spam\ne,not spam\n');
    const columns = { text: 'text', label: 'label' };
    expect(() => classExamples(given, columns)).toThrow(
      /the labels "Spam" \(1, first in row 2\) and "spam" \(2, first in row 3\) differ only in case or white space\. .*alike: 'same'/,
    );
    const same = classExamples(given, { ...columns, alike: 'same' });
    expect(same.labels).toEqual(['not  spam', 'spam']);
    expect(same.counts).toEqual([2, 3]);
    expect(classExamples(given, { ...columns, alike: 'apart' }).labels).toHaveLength(4);
  });

  it('that are alike are spelt as those that are given', async () => {
    const table = await readTable('t,l\na,spam\nb,Spam\nc,spam\nd,ham\n');
    const columns = { text: 't', label: 'l', labels: ['Spam', 'ham'] };
    const { examples } = classExamples(table, { ...columns, alike: 'same' });
    expect(examples.map(({ label }) => label)).toEqual([0, 0, 0, 1]);
    expect(() => classExamples(table, { ...columns, alike: 'apart' })).toThrow(/row 2 has label "spam"/);
  });

  it('of lists are told apart, whatever they are', async () => {
    const table = await readTable('{"t":"a","l":[{"x":1}]}\n{"t":"b","l":[{"x":2},null]}');
    const { labels, examples } = classExamples(table, { text: 't', label: 'l' });
    expect(labels).toEqual(['{"x":1}', '{"x":2}']);
    expect(examples.map(({ label }) => label)).toEqual([[0], [1]]);
  });

  it('are refused where no row has any, though they are given', async () => {
    const table = await readTable('t,l\na,\nb,\n');
    expect(() => classExamples(table, { text: 't', label: 'l', labels: ['x', 'y'] })).toThrow(
      /none of its rows can be used \(row 2: it has no label\)/,
    );
    expect(() => tagExamples('tags', { sentences: [], skipped: [] }, { labels: ['O', 'B-X'] })).toThrow(
      /none of its rows/,
    );
  });

  it('may have several labels, or none', async () => {
    const columns = { text: 'text', label: 'label', separator: ';' };
    const found = classExamples(await table('a,x;y\nb,\nc,y; y\n'), columns);
    expect(found.examples.map(({ label }) => label)).toEqual([[0, 1], [], [1]]);
    const json = await readTable('{"text":"a","label":["x","y"]}\n{"text":"b","label":[]}');
    expect(classExamples(json, { text: 'text', label: 'label' }).examples.map(({ label }) => label)).toEqual([
      [0, 1],
      [],
    ]);
  });

  it('are refused where there is one class only, a label that is not known, or a column that is not there', async () => {
    const columns = { text: 'text', label: 'label' };
    const one = await table('a,x\nb,x\n');
    expect(() => classExamples(one, columns)).toThrow(/all rows have one label, "x"/);
    const given = await table('a,x\nb,z\n');
    expect(() => classExamples(given, { ...columns, labels: ['x', 'y'] })).toThrow(
      /row 3 has label "z"\. The labels are x, y/,
    );
    expect(() => classExamples(given, { ...columns, text: 'txt' })).toThrow(
      /no column "txt"\. It has text, label\. Nearest: text/,
    );
    expect(() => classExamples(given, { ...columns, pairs: 'x' } as never)).toThrow(/pairs/);
  });
});

describe('other examples', () => {
  it('scores are finite numbers', async () => {
    const table = await readTable('a,b,n\nx,y,0.5\nx,y,\nx,y,many\nx,y,1e3\n');
    const found = scoreExamples(table, { text: 'a', pair: 'b', score: 'n' });
    expect(found.examples.map(({ score, pair }) => [score, pair])).toEqual([
      [0.5, 'y'],
      [1000, 'y'],
    ]);
    expect(found.skipped.map(({ reason }) => reason)).toEqual(['its score is empty', 'its score is "many"']);
    expect(pairExamples(table, { text: 'a', pair: 'b' }).examples).toHaveLength(4);
  });

  it('answers stand in their context', async () => {
    const rows = [
      { q: 'Who?', c: 'Ann saw Ann.', a: 'Ann' },
      { q: 'Who?', c: 'Ann saw Ann.', a: { text: ['Ann', 'Ann saw'], answer_start: [8, 0] } },
      { q: 'Who?', c: 'Ann saw Ann.', a: 'Bob' },
      { q: 'Who?', c: 'Ann saw Ann.', a: { text: ['Ann'], answer_start: [1] } },
      { q: 'Who?', c: 'Nobody.', a: { text: [], answer_start: [] } },
      { q: '', c: 'Ann', a: 'Ann' },
    ];
    const table = await readTable(rows.map((row) => JSON.stringify(row)).join('\n'));
    const found = answerExamples(table, { question: 'q', context: 'c', answer: 'a' });
    expect(found.examples.map(({ answers }) => answers)).toEqual([
      [{ text: 'Ann', start: 0 }],
      [
        { text: 'Ann', start: 8 },
        { text: 'Ann saw', start: 0 },
      ],
      [],
    ]);
    expect(found.skipped).toEqual([
      { number: 3, reason: 'its answer "Bob" is not in its context' },
      { number: 4, reason: 'at 1 of its context stands "nn ", not "Ann"' },
      { number: 6, reason: 'it has no question' },
    ]);
  });

  it('answers are read in every form that files have, and never taken for none', async () => {
    const read = async (answer: unknown) =>
      answerExamples(
        await readTable(JSON.stringify({ q: 'Who?', c: 'Ann sat by Ann.', a: answer }), { format: 'jsonl' }),
        {
          ...{ question: 'q', context: 'c', answer: 'a' },
        },
      ).examples[0].answers;
    const first = [{ text: 'Ann', start: 0 }];
    expect(await read('Ann')).toEqual(first);
    expect(await read(['Ann'])).toEqual(first);
    expect(await read([{ text: 'Ann', answer_start: 11 }])).toEqual([{ text: 'Ann', start: 11 }]);
    expect(await read({ text: ['Ann'], answer_start: [null] })).toEqual(first);
    expect(await read({ text: [], answer_start: [] })).toEqual([]);
    expect(await read(null)).toEqual([]);
    await expect(read({ answer: 'Ann' })).rejects.toThrow(/its answer is an object of answer/);
    await expect(read({ text: ['Ann', 'Ann'], answer_start: [11] })).rejects.toThrow(
      /its 2 answers begin at 1 places/,
    );
  });

  it('questions of SQuAD’s files have a row each, their places counted as JavaScript counts', async () => {
    const asked = (question: string, text: string, answer_start: number) => {
      return { id: question, question, answers: [{ text, answer_start }] };
    };
    const none = { id: 'n', question: 'Why?', is_impossible: true, answers: [], plausible_answers: [{}] };
    const paragraphs = [
      { context: 'Ann sat by Ann.', qas: [asked('Who?', 'Ann', 11), none, asked('Where?', 'Bob', 0)] },
      { context: '🐈𝄞 Ann sang.', qas: [asked('Who sang?', 'Ann', 3)] },
      { qas: [asked('What?', 'Ann', 0)] },
    ];
    const file = JSON.stringify({ version: '2.0', data: [{ title: 'a', paragraphs }] }, null, 1);
    const table = await readTable(file);
    expect(table.columns).toEqual(['id', 'context', 'question', 'answers']);
    const columns = { question: 'question', context: 'context', answer: 'answers' };
    const found = answerExamples(table, columns);
    expect(found.examples.map(({ answers, row }) => [row, ...answers])).toEqual([
      [1, { text: 'Ann', start: 11 }],
      [2],
      [4, { text: 'Ann', start: 5 }],
    ]);
    expect(found.skipped).toEqual([
      { number: 3, reason: 'at 0 of its context stands "Ann", not "Bob"' },
      { number: 5, reason: 'it has no context' },
    ]);
    // Other JSON of this form is a table as it was.
    expect((await readTable('{"data": [1], "x": 2}')).columns).toEqual(['data', 'x']);
  });

  it('tags come sentence by sentence', async () => {
    const text = '-DOCSTART- -X- O\n\n\nAnn NNP B-PER\nsaw VBD O\n\nBob NNP B-PER\nbroken\n\n# # O\n';
    const spaced = await readConll(text);
    expect(spaced.sentences).toEqual([
      { words: ['Ann', 'saw'], tags: ['B-PER', 'O'], line: 4 },
      { words: ['#'], tags: ['O'], line: 10 },
    ]);
    const tabbed = await readConll('# sent_id = 1\nNew York\tB-LOC\n');
    expect(tabbed.sentences).toEqual([{ words: ['New York'], tags: ['B-LOC'], line: 2 }]);
    expect(spaced.skipped).toEqual([{ number: 8, reason: '1 of the columns that it should have' }]);
    const found = tagExamples('x', spaced);
    expect(found.labels).toEqual(['B-PER', 'O']);
    expect(found.examples[0]).toEqual({ words: ['Ann', 'saw'], tags: [0, 1], row: 4 });
    expect(() => tagExamples('x', spaced, { labels: ['O', 'B-LOC'] })).toThrow(/row 4 has label "B-PER"/);
    await expect(readConll('a\nb\n')).rejects.toThrow(/no tagged sentence; line 1/);
    const columns = await readConll('Ann\tPER x\n', { word: 0, tag: 1 });
    expect(columns.sentences[0].tags).toEqual(['PER x']);
  });
});
