import { describe, expect, test } from 'vitest';
import { DataError } from '../errors';
import {
  encodeLong,
  characterTokenizer,
  tokenizerFromJson,
  trainByteLevelBPE,
  type TokenizerJson,
} from './tokenizer';
import fixture from '../../tests/fixtures/io/tokenizer.json';
import kindsText from '../../tests/fixtures/io/tokenizer-kinds.json?raw';

const kinds = JSON.parse(kindsText) as { trained: { text: string; tokens: string[]; merges: string[] }[] };

const poem = '春眠不覺曉，處處聞啼鳥。\n夜來風雨聲，花落知多少。';

describe('characterTokenizer', () => {
  test("ids are nanoGPT's: sorted by code point", () => {
    const tokenizer = characterTokenizer('hello\nWorld 😀');
    expect(tokenizer.size).toBe(10);
    expect([...Array(10).keys()].map((id) => tokenizer.token(id)).join('')).toBe('\n Wdehlor😀');
    expect([...tokenizer.encode('hold😀')]).toEqual([5, 7, 6, 3, 9]);
    expect(tokenizer.decode([5, 7, 6, 3, 9])).toBe('hold😀');
  });

  test('tokenizer.json reads back with equal ids', async () => {
    const text = `${poem} "quoted" \\ \t\r\n 'tis 0123 é ' ▁ 😀 \u0000 <unk>`;
    const tokenizer = characterTokenizer(text);
    const json = JSON.parse(JSON.stringify(tokenizer.toJson())) as TokenizerJson;
    const again = await tokenizerFromJson(JSON.stringify(json));
    expect(again.encode(text)).toEqual(tokenizer.encode(text));
    expect(again.toJson()).toEqual(json);
    // Not recognised as ours, it goes the way of all files. tokenizer-kinds.json has Python's ids for such a one.
    const general = await tokenizerFromJson({ ...json, normalizer: { type: 'NFC' } });
    expect(general.encode(text)).toEqual(tokenizer.encode(text));
    expect(general.decode(general.encode(text))).toBe(text);
  });

  test('unknown characters are listed, or skipped', () => {
    expect(() => characterTokenizer('abc').encode('cab é\u0007 c')).toThrowErrorMatchingInlineSnapshot(
      `[DataError: character tokenizer: U+0020, "é" (U+00E9), U+0007 are not among the 3 characters of the vocabulary (first at 3). Leave them out, train on a text that has them, or pass { unknown: 'skip' }.]`,
    );
    expect([...characterTokenizer('abc', { unknown: 'skip' }).encode('cé-b')]).toEqual([2, 1]);
  });

  test('ids out of range, empty text, half a character', () => {
    const tokenizer = characterTokenizer('abc');
    expect(() => tokenizer.decode([0, 3])).toThrow(/token id 3 is outside the vocabulary of 3/);
    for (const id of [-1, 0.5, NaN]) expect(() => tokenizer.decoder().push(id)).toThrow(DataError);
    expect(() => characterTokenizer('')).toThrow(/the text is empty/);
    expect(() => characterTokenizer('ab😀'.slice(0, 3))).toThrow(
      /surrogate pair stands alone at character 2/,
    );
  });
});

describe('trainByteLevelBPE', () => {
  test.each(fixture.runs)(
    "learns Python's vocabulary: $vocabularySize tokens, min $minFrequency",
    async ({ vocabularySize, minFrequency, special, tokens, merges, sample, ids }) => {
      const json = await trainByteLevelBPE(fixture.text, { vocabularySize, minFrequency, special });
      const vocabulary = json.model.vocab as Record<string, number>;
      expect(json.model.merges).toEqual(merges); // as strings, which every version of Transformers opens
      expect(Object.keys(vocabulary).sort((a, b) => vocabulary[a] - vocabulary[b])).toEqual(tokens);
      const tokenizer = await tokenizerFromJson(json);
      expect(tokenizer.size).toBe(tokens.length);
      expect([...tokenizer.encode(sample)]).toEqual(ids);
      expect(tokenizer.decode(ids)).toBe(sample);
    },
  );

  test('the vocabulary is deterministic and does not depend on how an iterable is cut between words', async () => {
    const lines = fixture.text.split(/(?<=[^\s])(?=\n)/);
    async function* stream() {
      for (const line of lines) {
        await Promise.resolve();
        yield line;
      }
    }
    const whole = await trainByteLevelBPE(fixture.text, { vocabularySize: 700 });
    expect(await trainByteLevelBPE(stream(), { vocabularySize: 700 })).toEqual(whole);
    expect(await trainByteLevelBPE(lines, { vocabularySize: 700 })).toEqual(whole);
  });

  test.each(kinds.trained)("white space is Unicode's: $text", async ({ text, tokens, merges }) => {
    const json = await trainByteLevelBPE(text, { vocabularySize: 300 });
    const vocabulary = json.model.vocab as Record<string, number>;
    expect(json.model.merges).toEqual(merges);
    expect(Object.keys(vocabulary).slice(256)).toEqual(tokens);
  });

  test('gives the thread back, reports progress, and can be aborted', async () => {
    const text = Array.from({ length: 60_000 }, (_, i) => `w${(i * 7919) % 50_021}x`).join(' ');
    const controller = new AbortController();
    let turns = 0;
    const timer = setInterval(() => {
      if (++turns === 3) controller.abort();
    });
    const phases = new Set<string>();
    const training = trainByteLevelBPE(text, {
      vocabularySize: 30_000,
      signal: controller.signal,
      onProgress: ({ phase }) => phases.add(phase),
    });
    await expect(training).rejects.toThrow(/abort/i);
    clearInterval(timer);
    expect(turns).toBe(3);
    expect(phases).toContain('count');
  });

  test('errors', async () => {
    await expect(trainByteLevelBPE('', { vocabularySize: 300 })).rejects.toThrow(/the text is empty/);
    await expect(trainByteLevelBPE('a', { vocabularySize: 200 })).rejects.toThrow(/between 256/);
    await expect(trainByteLevelBPE('a', { vocabularySize: 300, special: ['x', 'x'] })).rejects.toThrow(
      /given twice/,
    );
  });
});

describe('byte-level tokenizers', async () => {
  const json = await trainByteLevelBPE(fixture.text, { vocabularySize: 400, special: ['<|endoftext|>'] });
  const tokenizer = await tokenizerFromJson(json);

  test('any text survives, also what training never saw', () => {
    for (const text of ['', poem, 'naïve\u0000\ufeff🚀\r\n  x  ', " .  , n't \" ' ?"]) {
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    }
  });

  test('the streaming decoder gives whole characters only', () => {
    const text = `${poem}🚀<|endoftext|>end`;
    const ids = tokenizer.encode(text);
    expect(ids.length).toBeGreaterThan([...poem].length); // some characters span tokens
    const decoder = tokenizer.decoder();
    const pieces = [...ids].map((id) => decoder.push(id));
    expect(pieces.join('')).toBe(text);
    expect(pieces.some((piece) => piece.includes('\ufffd'))).toBe(false);
    expect(decoder.end()).toBe('');
    const rocket = tokenizer.encode('🚀');
    expect(decoder.push(rocket[0])).toBe('');
    expect(decoder.end()).toBe('\ufffd');
    expect(decoder.push(rocket[0]) + decoder.push(tokenizer.encode('a')[0])).toBe('\ufffda');
  });

  test('special tokens', () => {
    expect(tokenizer.special).toEqual({ bos: 0, eos: 0 });
    const ids = tokenizer.encode('a<|endoftext|>b');
    expect(ids[1]).toBe(0);
    expect(tokenizer.decode(ids, { special: false })).toBe('ab');
  });

  test('encodeLong equals encode', async () => {
    const text = fixture.text.repeat(3) + '\n'.repeat(20_000) + poem.repeat(2000);
    let done = 0;
    const ids = await encodeLong(tokenizer, text, { onProgress: (progress) => (done = progress.done) });
    expect(ids).toEqual(tokenizer.encode(text));
    expect(done).toBe(text.length);
    const signal = AbortSignal.abort();
    await expect(encodeLong(tokenizer, text, { signal })).rejects.toThrow(/abort/i);
  });

  test('encodeLong cuts where the words end', async () => {
    // U+FEFF is no white space, though JavaScript's \\s has it; U+0085 is, though it has it not.
    for (const mark of ['!\ufeff', '!\u0085', '! \ufeff', '\u0085a', 'a\u3000']) {
      const text = mark.repeat(5000);
      expect(await encodeLong(tokenizer, text)).toEqual(tokenizer.encode(text));
    }
  });

  test('ids out of range', () => {
    expect(() => tokenizer.decode([5, 400])).toThrow(/token id 400 is outside the vocabulary of 400/);
    expect(() => tokenizer.decoder().push(-1)).toThrow(DataError);
  });
});

describe('other Hugging Face tokenizers', () => {
  const wordPiece = {
    normalizer: { type: 'BertNormalizer', lowercase: true, clean_text: true, handle_chinese_chars: true },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: { type: 'BertProcessing', sep: ['[SEP]', 2], cls: ['[CLS]', 1] },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: false },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: { '[UNK]': 0, '[CLS]': 1, '[SEP]': 2, heed: 3, '##ed': 4, ing: 5, '##s': 6, need: 7 },
    },
    added_tokens: ['[UNK]', '[CLS]', '[SEP]'].map((content, id) => ({ content, id, special: true })),
  };

  const split = (change: object) => {
    return { type: 'Split', pattern: { String: ' ' }, behavior: 'Removed', invert: false, ...change };
  };

  test('WordPiece with its template', async () => {
    const tokenizer = await tokenizerFromJson(wordPiece);
    expect([...tokenizer.encode('Need heeds x')]).toEqual([1, 7, 3, 6, 0, 2]);
    expect([...tokenizer.encode('Need heeds', { special: false })]).toEqual([7, 3, 6]);
    expect(tokenizer.decode([1, 7, 3, 6, 2], { special: false })).toBe('need heeds');
    expect(tokenizer.special).toEqual({ cls: 1, sep: 2, unk: 0 });
    expect(tokenizer.divisible).toBe(false);
    const decoder = tokenizer.decoder();
    expect([7, 3, 6, 7].map((id) => decoder.push(id))).toEqual(['need', ' heed', 's', ' need']);
  });

  test('sentence pieces with byte fallback stream whole characters', async () => {
    const bytes = Array.from(
      { length: 256 },
      (_, b) => `<0x${b.toString(16).toUpperCase().padStart(2, '0')}>`,
    );
    const vocab = Object.fromEntries(
      ['<unk>', ...bytes, '▁', 'h', 'i', '▁h', '▁hi'].map((token, id) => [token, id]),
    );
    const tokenizer = await tokenizerFromJson({
      normalizer: { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
      decoder: {
        type: 'Sequence',
        decoders: [
          { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
          { type: 'ByteFallback' },
          { type: 'Fuse' },
        ],
      },
      model: { type: 'BPE', unk_token: '<unk>', byte_fallback: true, vocab, merges: ['▁ h', '▁h i'] },
    });
    const ids = tokenizer.encode('hi hi 春🚀hi');
    const decoder = tokenizer.decoder();
    const pieces = [...ids].map((id) => decoder.push(id));
    expect(pieces.join('') + decoder.end()).toBe('hi hi 春🚀hi');
    expect(pieces).toContain('春');
    expect(pieces).toContain('🚀');
  });

  test.each<[string, unknown, RegExp]>([
    ['text', 'not json', /it is not JSON/],
    ['null', null, /not a JSON object/],
    ['a bare vocabulary', { '[PAD]': 0 }, /it has no model \(a bare vocabulary/],
    ['unknown model', { model: { type: 'Neural', vocab: {} } }, /model is of type "Neural"/],
    ['no vocabulary', { model: { type: 'BPE' } }, /no vocabulary/],
    ['bad id', { model: { type: 'BPE', vocab: { a: 1.5 }, merges: [] } }, /token "a" has the id 1.5/],
    ['BPE without merges', { model: { type: 'BPE', vocab: { a: 0 } } }, /BPE has no merges/],
    [
      'unknown step',
      { ...wordPiece, pre_tokenizer: { type: 'UnicodeScripts' } },
      /the pre-tokenizer UnicodeScripts is not supported/,
    ],
    [
      'a part of a step',
      {
        ...wordPiece,
        pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'Split', pattern: { String: ' ' } }] },
      },
      /Split has no behavior. It must be one of Removed, Isolated/,
    ],
    [
      'a behavior that is a number',
      { ...wordPiece, pre_tokenizer: split({ behavior: 5 }) },
      /behavior of Split is 5/,
    ],
    [
      'a pattern that is a text',
      { ...wordPiece, pre_tokenizer: split({ pattern: 'a' }) },
      /pattern of Split is "a"/,
    ],
    [
      'an empty pattern',
      { ...wordPiece, pre_tokenizer: split({ pattern: {} }) },
      /Split with the pattern {} is not/,
    ],
    ['added_tokens null', { ...wordPiece, added_tokens: null }, /its added_tokens are no list/],
    ['added_tokens [null]', { ...wordPiece, added_tokens: [null] }, /null is among its added_tokens/],
    ['a step that is a text', { ...wordPiece, normalizer: 'NFC' }, /the normalizer is "NFC"/],
    ['a decoder of nothing', { ...wordPiece, decoder: { type: 'Sequence' } }, /Sequence has no decoders/],
    [
      'Unigram of numbers',
      { model: { type: 'Unigram', vocab: [[5, -1]], unk_id: 0 } },
      /a token of its vocabulary is no text with a score/,
    ],
    ['Unigram of nothing', { model: { type: 'Unigram', vocab: [null], unk_id: 0 } }, /no text with a score/],
    ['Unigram with a record', { model: { type: 'Unigram', vocab: { a: 0 } } }, /vocabulary of another model/],
    [
      'WordLevel with a list',
      { model: { type: 'WordLevel', vocab: [['a', 0]], unk_token: 'a' } },
      /another model/,
    ],
    [
      'a template that is a text',
      { ...wordPiece, post_processor: { type: 'TemplateProcessing', single: '$A', special_tokens: {} } },
      /single of TemplateProcessing is "\$A"/,
    ],
    [
      'a place that is a text',
      { ...wordPiece, post_processor: { type: 'TemplateProcessing', single: ['$A'], special_tokens: {} } },
      /single of TemplateProcessing is \["\$A"\]/,
    ],
    [
      'ids outside the vocabulary',
      { ...wordPiece, post_processor: { type: 'BertProcessing', sep: ['[SEP]', 102], cls: ['[CLS]', 1] } },
      /BertProcessing gives sep the id 102. Ids run from 0 to 7/,
    ],
    [
      'two tokens of one id',
      { model: { type: 'WordLevel', vocab: { a: 0, b: 0 }, unk_token: 'a' } },
      /the id 0 for both "a" and "b" is not supported/,
    ],
    [
      'a merge outside the vocabulary',
      { model: { type: 'BPE', vocab: { a: 0, b: 1 }, merges: ['a b'] } },
      /the merge of "a" and "b" needs "ab"/,
    ],
    [
      'a merge of three',
      { model: { type: 'BPE', vocab: { a: 0 }, merges: ['a a a'] } },
      /merge of BPE is "a a a"/,
    ],
    ['another version', { ...wordPiece, version: '2.0' }, /version "2.0" is not supported/],
    ['a truncation that is a number', { ...wordPiece, truncation: 5 }, /truncation has no max_length/],
    ['a padding that is a list', { ...wordPiece, padding: [] }, /padding has no strategy/],
    [
      'a map of characters that is none',
      { ...wordPiece, normalizer: { type: 'Precompiled', precompiled_charsmap: 'AAAA' } },
      /precompiled_charsmap of Precompiled is "AAAA"/,
    ],
  ])('%s is an error', async (_, json, pattern) => {
    await expect(tokenizerFromJson(json)).rejects.toThrow(pattern);
    await expect(tokenizerFromJson(json)).rejects.toBeInstanceOf(DataError);
  });

  test('half of a surrogate pair is an error, as it is in Python', async () => {
    const tokenizer = await tokenizerFromJson(wordPiece);
    expect(() => tokenizer.encode('need 😀'.slice(0, 6))).toThrow(
      /surrogate pair stands alone at character 5/,
    );
  });

  test('special tokens are left out also where the normalizer would change them', async () => {
    // Python's tokenizers 0.23 gives "▁<s> a" for the second: it looks for the changed spelling among the special ones.
    const tokenizer = await tokenizerFromJson({
      normalizer: { type: 'Prepend', prepend: '▁' },
      added_tokens: [{ id: 1, content: '<s>', special: true, normalized: true }],
      model: { type: 'WordLevel', vocab: { '<unk>': 0, '<s>': 1, a: 2 }, unk_token: '<unk>' },
    });
    expect(tokenizer.decode([1, 2])).toBe('▁<s> a');
    expect(tokenizer.decode([1, 2], { special: false })).toBe('a');
  });

  test('a text is cleaned up where tokenizer_config.json asks for it, as Transformers does it', async () => {
    const words = "Hello , it ' s . do not ca n't I 'm she 's we 've they 're ok ? no !".split(' ');
    const vocab = Object.fromEntries([...new Set(words)].map((word, id) => [word, id]));
    const json = {
      pre_tokenizer: { type: 'WhitespaceSplit' },
      model: { type: 'WordLevel', vocab, unk_token: '?' },
    };
    const tokenizer = await tokenizerFromJson(json, { config: { clean_up_tokenization_spaces: true } });
    const ids = tokenizer.encode(words.join(' '));
    expect(tokenizer.decode(ids)).toBe("Hello, it's. do not can't I'm she's we've they're ok? no!");
    expect((await tokenizerFromJson(json)).decode(ids)).toBe(words.join(' '));
  });

  test('encodeLong refuses to cut a long text short', async () => {
    const truncation = { direction: 'Right', max_length: 4, strategy: 'LongestFirst', stride: 0 };
    const tokenizer = await tokenizerFromJson({ ...wordPiece, truncation });
    expect([...tokenizer.encode('need heeds need')]).toEqual([1, 7, 3, 2]);
    await expect(encodeLong(tokenizer, 'need heeds need')).rejects.toThrow(
      /cuts each text short .*"max_length":4/,
    );
  });

  test.each<[string, string, object]>([
    ['BPE', 'a', { type: 'BPE', vocab: { a: 0, aa: 1, aaaa: 2 }, merges: ['a a', 'aa aa'] }],
    [
      'BPE of unknown text',
      '☃',
      { type: 'BPE', vocab: { '?': 0 }, merges: [], unk_token: '?', fuse_unk: true },
    ],
    ['Unigram', 'a', { type: 'Unigram', vocab: [['?', 0], ['a', -1], ['aa', -1.5]], unk_id: 0 }], // prettier-ignore
    ['Unigram of unknown text', '☃', { type: 'Unigram', vocab: [['?', 0]], unk_id: 0 }],
    ['WordPiece', 'a', { type: 'WordPiece', vocab: { '?': 0, a: 1, '##aa': 2, '##a': 3 }, unk_token: '?', continuing_subword_prefix: '##', max_input_chars_per_word: 1e9 }], // prettier-ignore
  ])('%s takes a word of 300,000 characters in its stride', async (_, character, model) => {
    const tokenizer = await tokenizerFromJson({ model });
    const start = process.cpuUsage();
    tokenizer.encode(character.repeat(300_000));
    // A third of a second of CPU time; what takes the square of the length takes minutes.
    expect(process.cpuUsage(start).user).toBeLessThan(20e6);
  });

  test('text that a vocabulary without unknown token cannot write', async () => {
    const tokenizer = await tokenizerFromJson({
      pre_tokenizer: { type: 'WhitespaceSplit' },
      model: { type: 'WordLevel', vocab: { a: 0, b: 1 }, unk_token: '<unk>' },
    });
    expect([...tokenizer.encode('b a')]).toEqual([1, 0]);
    expect(() => tokenizer.encode('a c')).toThrow(/"c" is not in the vocabulary/);
  });
});

test('texts that are none and unknown options are refused', async () => {
  const options = { unknwon: 'skip' } as never;
  const characters = characterTokenizer('ab');
  const words = await tokenizerFromJson({ model: { type: 'WordLevel', vocab: { '?': 0 }, unk_token: '?' } });
  for (const tokenizer of [characters, words]) {
    for (const text of [5, null, undefined, ['a']]) {
      expect(() => tokenizer.encode(text as never)).toThrow(DataError);
    }
    expect(() => tokenizer.encode(5 as never)).toThrow('encode: the text is a number. Pass a string.');
    expect(() => tokenizer.encode('a', { specail: true } as never)).toThrow('there is no option "specail"');
    expect(() => tokenizer.decode([0], { specail: true } as never)).toThrow('there is no option "specail"');
    await expect(encodeLong(tokenizer, 'a', options)).rejects.toThrow('there is no option "unknwon"');
  }
  expect(() => characterTokenizer(5 as never)).toThrow('characterTokenizer: the text is a number');
  expect(() => characterTokenizer('ab', options)).toThrow('there is no option "unknwon"');
  expect(() => characterTokenizer('ab', { unknown: 'drop' as never })).toThrow('unknown is drop');
  await expect(tokenizerFromJson(characters.toJson(), options)).rejects.toThrow(
    'there is no option "unknwon"',
  );
});
