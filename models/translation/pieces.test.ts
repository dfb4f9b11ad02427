import { expect, test } from 'vitest';
import { PairVocabulary } from './pair_vocabulary';
import { cutSource, joinPieces } from './pieces';

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
});
