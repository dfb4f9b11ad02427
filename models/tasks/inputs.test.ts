// What callers without types give: each is refused by its number, before anything runs.
import { expect, it } from 'vitest';
import { characterTokenizer, tokenizerFromJson } from '../../engine/index';
import { encodingsOf, expectTexts, softmaxOf } from './inputs';
import fixture from '../../tests/fixtures/tasks.json';

const letters = characterTokenizer('abc ');
const read = (texts: unknown, context = 8): unknown =>
  encodingsOf('read', letters, texts as string[], { context });

it('refuses what is no text, by its number', () => {
  expect(() => read('abc')).toThrow(/the texts are no list/);
  expect(() => read(['a', null])).toThrow('read: text 1 is null. Give strings, or pairs of them.');
  expect(() => read(['a', 3])).toThrow(/text 1 is a number/);
  expect(() => read(['a', , 'b'])).toThrow(/text 1 is undefined/);
  expect(() => read([['a']])).toThrow(/text 0 is a list of a string/);
  expect(() => read([['a', 'b', 'c']])).toThrow(/text 0 is a list of a string, a string, a string/);
  expect(() => read([['a', null]])).toThrow(/text 0 is a list of a string, null/);
  expect(() => expectTexts('rank', [['a', 'b']])).toThrow(/text 0 is a list/);
  expect(() => expectTexts('classify', [7], 'label')).toThrow(/label 0 is a number/);
});

it('says which text the tokenizer cannot read', () => {
  expect(() => read(['a', 'x'])).toThrow(/^read: text 1: "x" \(U\+0078\) is not among/);
  expect(() => read(['a', ''])).toThrow(/text 1 has no token/);
});

it('says that special tokens fill what the model reads', async () => {
  const bert = await tokenizerFromJson(fixture.tokenizer);
  for (const long of ['refuse', 'cut'] as const) {
    expect(() => encodingsOf('read', bert, ['the film'], { context: 2, long })).toThrow(
      /texts may have 2 tokens, of which 2 are special ones/,
    );
  }
  expect(encodingsOf('read', bert, ['the film'], { context: 3, long: 'cut' })[0].ids).toHaveLength(3);
});

it('takes the softmax of vocabularies of any size', () => {
  const scores = softmaxOf(new Float32Array(300_000).fill(2));
  expect(scores[299_999]).toBeCloseTo(1 / 300_000, 12);
});
