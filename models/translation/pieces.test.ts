import { expect, test } from 'vitest';
import { PairVocabulary } from './pair_vocabulary';
import { cutLines, cutSource, joinLines, joinPieces } from './pieces';

const cut = { context: 20, longest: 8, sentences: false, language: 'en' };

test('sentences, where a text is too long or it is asked for', async () => {
  const vocabulary = await PairVocabulary.learn([{ source: 'abcdefgh', target: 'xyz' }], {
    kind: 'characters',
  });
  const letters = 'abcdefgh'.split('');
  const known = await PairVocabulary.learn(
    [...letters, 'a b. c!'].map((source) => ({ source, target: 'x' })),
    { kind: 'characters' },
  );
  const texts = (text: string, options = cut) => cutSource(text, known, options).map((piece) => piece.text);
  expect(texts('Abc. De!')).toEqual(['Abc.', 'De!']); // 9 tokens with the end, of 8
  expect(texts('abc. de!')).toEqual(['abc.', 'de!']); // no sentence begins so, but it is too long
  expect(texts('ab. de!')).toEqual(['ab. de!']);
  expect(texts('Ab. De!', { ...cut, sentences: true })).toEqual(['Ab.', 'De!']);
  expect(texts('  \t')).toEqual([]);
  expect([...cutSource('ab', vocabulary, cut)[0].ids]).toEqual([4, 5, 2]);
  expect(() => texts(`ab. ${'a'.repeat(20)}`)).toThrow(
    'translate: a sentence has 20 tokens, but the model takes 19 ("aaaaaaaaaaaaaaaaaaaa…")',
  );
  expect(() => cutSource('a b', vocabulary, cut)).toThrow(/the space is not among the 8 characters/);
});

test('words of a model that knows words alone', async () => {
  const vocabulary = await PairVocabulary.learn([{ source: "abcdefgh'", target: 'K AE T' }], {
    kind: 'symbols',
  });
  const texts = (text: string) => cutSource(text, vocabulary, cut).map((piece) => piece.text);
  expect(texts("“Bad, a-b c'e!” ")).toEqual(['Bad', 'a', 'b', "c'e"]);
  expect(texts('?!')).toEqual([]);
  expect(() => texts('bad 42')).toThrow(/"4" \(U\+0034\) is not among|"4" \(U\+0034\), "2"/);
  expect(joinPieces(['K AE', '', 'T'], vocabulary)).toBe('K AE | T');
  expect(joinPieces(['K AE', 'T'], vocabulary, 'zh')).toBe('K AE | T');
});

test('pieces are joined as their language is written', async () => {
  const vocabulary = await PairVocabulary.learn([{ source: 'ab', target: 'x' }], { kind: 'characters' });
  const join = (language: string | undefined, texts = ['一。', '', '二。']) =>
    joinPieces(texts, vocabulary, language);
  for (const code of ['zh', 'cmn', 'zho', 'ZH', 'zh_CN', 'jpn', 'JA', undefined, 'und'])
    expect(join(code), code).toBe('一。二。');
  expect(join('ko')).toBe('一。 二。');
  expect(join(undefined, ['One.', 'Two.'])).toBe('One. Two.');
});

test('lines are cut by themselves; breaks, blank lines and marks of lists come back', async () => {
  const text = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,;:!?()-*•';
  const vocabulary = await PairVocabulary.learn([{ source: text, target: 'x' }], { kind: 'characters' });
  const options = { context: 60, longest: 40, sentences: false, language: 'en' };
  const cut = (given: string, more = {}) => cutLines(given, vocabulary, { ...options, ...more });
  const sources = (given: string, more = {}): string[][] =>
    cut(given, more).map(({ pieces }) => pieces.map(({ text }) => text));
  const back = (given: string): string => {
    const lines = cut(given);
    const all = lines.flatMap(({ pieces }) => pieces.map(({ text }) => text.toUpperCase()));
    return joinLines(lines, all, vocabulary, 'fr');
  };
  expect(sources('Title\n\nA sentence.')).toEqual([['Title'], [], ['A sentence.']]);
  expect(back('Title\n\nA sentence.')).toBe('TITLE\n\nA SENTENCE.');
  expect(back('\n\r\nOne.\rTwo.\u2028Three.\x85Four.\n\n')).toBe('\n\r\nONE.\rTWO.\u2028THREE.\x85FOUR.\n\n');
  for (const list of [
    '- one\n- two\n- three',
    '1. one\n2. two\n3. three',
    '  * one\n    * two',
    '1) a\n2) b\n',
  ]) {
    expect(
      sources(list)
        .flat()
        .every((item) => /^[a-z]+$/.test(item)),
      list,
    ).toBe(true);
    expect(back(list)).toBe(list.toUpperCase());
  }
  // A single line is as it was in training; a date begins no list.
  expect(sources('- one')).toEqual([['- one']]);
  expect(sources('12. May\nIt came.')).toEqual([['12. May'], ['It came.']]);
  expect(back('- \n-')).toBe('-\n-');
  expect(back('  \n \t\n')).toBe('\n\n');
  // One more than `longest`, and so cut; each line counts by itself.
  const long = 'Dr. Smith sees Mr. Jones. Mrs. Brown sees no one.';
  expect(sources(`${long}\nShort. Line.`)).toEqual([
    ['Dr. Smith sees Mr. Jones.', 'Mrs. Brown sees no one.'],
    ['Short. Line.'],
  ]);
  expect(sources('Am 29. Juli kam Prof. M. Er blieb.', { sentences: true, language: 'de' })).toEqual([
    ['Am 29. Juli kam Prof. M.', 'Er blieb.'],
  ]);
});
