import { describe, expect, test } from 'vitest';
import { DataError, tokenizerFromJson, type TokenizerJson } from '../../engine/index';
import { PairVocabulary } from './pair_vocabulary';

const french = [
  ['The cat eats the bread.', 'Le chat mange le pain.'],
  ['The dog eats the cat.', 'Le chien mange le chat.'],
  ["It's the cat's bread!", 'C’est le pain du chat\u202f!'],
  ['Where is the dog?', "Où est l'autre chien ?"],
  ['我们吃面包。', 'Nous mangeons du pain.'],
].map(([source, target]) => ({ source, target }));
const words = [
  ['cat', 'K AE T'],
  ['act', 'AE K T'],
  ["cat's", 'K AE T S'],
].map(([source, target]) => ({ source, target }));

const again = async (vocabulary: PairVocabulary): Promise<PairVocabulary> =>
  PairVocabulary.fromJson(vocabulary.toJson());

describe('subwords', async () => {
  const learnt = await PairVocabulary.learn(french, { vocabularySize: 300 });
  const texts = [...french.map(({ source }) => source), 'Ünknown 🚀 «words», 12½!', 'a</s><s> <pad>', 'cat'];

  test.each([
    ['learnt', learnt],
    ['from JSON', await again(learnt)],
  ])('%s: texts survive', (_, vocabulary) => {
    for (const text of texts) {
      expect(vocabulary.decodeTarget(vocabulary.encodeSource(text))).toBe(text);
      expect([...vocabulary.encodeTarget(text)]).toEqual([...learnt.encodeSource(text)]);
    }
    expect(vocabulary.size).toBe(300);
    expect(vocabulary.embedding).toEqual({ vocabulary: 304, sourceVocabulary: 304, shared: true });
    expect(vocabulary.banned).toEqual([0, 1, 3, 300, 301, 302, 303]);
  });

  test('a word is one token wherever it stands', () => {
    const [cat] = learnt.encodeSource('cat');
    expect(learnt.encodeSource('cat').length).toBe(1);
    expect([...learnt.encodeSource('The cat')]).toContain(cat);
    expect(learnt.sourcePieces([...learnt.encodeSource('The cat'), learnt.end])).toEqual([
      ' The',
      ' cat',
      '⟨end⟩',
    ]);
  });

  test('one form for all texts; what says </s> is text', () => {
    expect([...learnt.encodeSource('  The\t\u00a0cat\n')]).toEqual([...learnt.encodeSource('The cat')]);
    expect([...learnt.encodeSource('Ou\u0300')]).toEqual([...learnt.encodeSource('Où')]);
    expect([...learnt.encodeSource('</s>')].every((id) => id > 3)).toBe(true);
    expect(learnt.encodeSource(' \n').length).toBe(0);
    expect(learnt.decodeTarget([])).toBe('');
  });

  test('characters of several tokens', () => {
    const ids = learnt.encodeTarget('a🚀');
    const growing = Array.from(ids, (_, i) => learnt.decodeTarget(ids.slice(0, i + 1), { partial: true }));
    expect(growing.at(-1)).toBe('a🚀');
    expect(growing.slice(0, -1).every((text) => text === '' || text === 'a')).toBe(true);
    expect(learnt.targetPieces(ids).join('').replaceAll('·', '')).toBe(' a🚀');
    expect(learnt.targetPieces(ids).length).toBe(ids.length);
  });

  test('bytes that make a line break are a space in a text: a translation is one line', () => {
    const word = [...learnt.encodeTarget('cat')];
    const breaks = Array.from({ length: learnt.size }, (_, id) => id).filter((id) =>
      /[\n\r\v\f]/.test(learnt.targetPieces([id])[0]),
    );
    expect(breaks.length).toBeGreaterThanOrEqual(4);
    for (const id of breaks) expect(learnt.decodeTarget([...word, id, ...word])).toBe('cat  cat');
  });

  test('its tokenizer.json is that of a byte-level tokenizer with prefix spaces', async () => {
    const { tokenizer: json } = JSON.parse(learnt.toJson()) as { tokenizer: TokenizerJson };
    const reader = await tokenizerFromJson(json);
    expect([...reader.encode('The cat eats.')]).toEqual([...learnt.encodeSource('The cat eats.')]);
    expect(reader.special).toEqual({ pad: 0, bos: 1, eos: 2, unk: 3 });
  });

  test('decoding ends at the end, and passes over what is no text', () => {
    const [cat, dog] = ['cat', 'dog'].map((word) => [...learnt.encodeSource(word)]);
    expect(learnt.decodeTarget([1, ...cat, 0, 303, 2, ...dog])).toBe('cat');
  });
});

describe('symbols', async () => {
  const learnt = await PairVocabulary.learn(words, { kind: 'symbols' });

  test.each([
    ['learnt', learnt],
    ['from JSON', await again(learnt)],
  ])('%s', (_, vocabulary) => {
    expect([...vocabulary.encodeSource("act's")]).toEqual([5, 6, 8, 4, 7]);
    expect([...vocabulary.encodeTarget('K AE T')]).toEqual([5, 4, 7]);
    expect(vocabulary.decodeTarget([5, 4, 7, 2, 5])).toBe('K AE T');
    expect(vocabulary.targetPieces([5, 4, 2])).toEqual(['K', 'AE', '⟨end⟩']);
    expect(vocabulary.embedding).toEqual({ vocabulary: 8, sourceVocabulary: 16, shared: false });
    expect([vocabulary.sourceSize, vocabulary.size]).toEqual([9, 8]);
  });

  test('other case, marks and quotes are read as what was learnt', () => {
    for (const text of ['CAT’S', "çàt's"])
      expect([...learnt.encodeSource(text)]).toEqual([...learnt.encodeSource("cat's")]);
  });

  test('unknown characters', async () => {
    expect(() => learnt.encodeSource('dog cat 日')).toThrowErrorMatchingInlineSnapshot(
      `[DataError: PairVocabulary: "d" (U+0064), "o" (U+006F), "g" (U+0067), the space, "日" (U+65E5) are not among the 5 characters that this model has learnt. Leave them out or write them with other letters.]`,
    );
    expect(learnt.unknownCharacters('dog cat dog')).toEqual(['d', 'o', 'g', ' ']);
    expect([...learnt.encodeSource('doc', { unknown: 'token' })]).toEqual([3, 3, 6]);
    expect([...learnt.encodeTarget('K OW')]).toEqual([5, 3]);
    const rare = await PairVocabulary.learn(words, { kind: 'characters', minFrequency: 2 });
    expect([...(await again(rare)).encodeSource("cat's")]).toEqual([5, 4, 6, 3, 3]);
  });
});

test.each<[string, () => Promise<unknown>, RegExp]>([
  ['no pairs', () => PairVocabulary.learn([]), /there are no pairs/],
  ['no kind', () => PairVocabulary.learn(words, { kind: 'words' as 'symbols' }), /unknown kind "words"/],
  ['too few tokens', () => PairVocabulary.learn(words, { vocabularySize: 200 }), /vocabularySize is 200/],
  [
    'all rare',
    () => PairVocabulary.learn(words, { kind: 'symbols', minFrequency: 9 }),
    /no source symbol occurs 9 times/,
  ],
  ['no JSON', () => PairVocabulary.fromJson('{'), /it is not JSON/],
  ['null', () => PairVocabulary.fromJson('null'), /its format is undefined/],
  ['another file', () => PairVocabulary.fromJson('{"model":{}}'), /its format is undefined/],
  [
    'another tokenizer',
    () =>
      PairVocabulary.fromJson(
        '{"format":"heed.pair-vocabulary.1","kind":"subwords","tokenizer":{"added_tokens":[]}}',
      ),
    /special tokens are missing/,
  ],
  [
    'no tables',
    () => PairVocabulary.fromJson('{"format":"heed.pair-vocabulary.1","kind":"symbols","source":["a"]}'),
    /lists of symbols are missing/,
  ],
])('%s is an error', async (_, make, message) => {
  await expect(make()).rejects.toThrow(message);
  await expect(make()).rejects.toBeInstanceOf(DataError);
});

test.each([['a'], [null], [[null]], [[{}]], [{}], [[{ content: 5 }]]])(
  'a vocabulary whose added tokens are %o is refused',
  async (added_tokens) => {
    const json = JSON.parse((await PairVocabulary.learn(SOME_PAIRS)).toJson()) as { tokenizer: object };
    const edited = { ...json, tokenizer: { ...json.tokenizer, added_tokens } };
    await expect(PairVocabulary.fromJson(JSON.stringify(edited))).rejects.toThrow(
      'PairVocabulary: its special tokens are',
    );
  },
);
const SOME_PAIRS = [{ source: 'ab ab', target: 'ba ba' }];
