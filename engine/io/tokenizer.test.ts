import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { describe, expect, test } from 'vitest';
import { DataError } from '../errors';
import { encodeLong, characterTokenizer, tokenizerFromJson, trainByteLevelBPE } from './tokenizer';
import fixture from '../../tests/fixtures/io/tokenizer.json';

const poem = '春眠不覺曉，處處聞啼鳥。\n夜來風雨聲，花落知多少。';

describe('characterTokenizer', () => {
  test("ids are nanoGPT's: sorted by code point", () => {
    const tokenizer = characterTokenizer('hello\nWorld 😀');
    expect(tokenizer.size).toBe(10);
    expect([...Array(10).keys()].map((id) => tokenizer.token(id)).join('')).toBe('\n Wdehlor😀');
    expect([...tokenizer.encode('hold😀')]).toEqual([5, 7, 6, 3, 9]);
    expect(tokenizer.decode([5, 7, 6, 3, 9])).toBe('hold😀');
  });

  test('tokenizer.json reads back here and in the Hugging Face reader with equal ids', async () => {
    const text = `${poem} "quoted" \\ \t\r\n 'tis 0123 é ' ▁ 😀 \u0000 <unk>`;
    const tokenizer = characterTokenizer(text);
    const json: unknown = JSON.parse(JSON.stringify(tokenizer.toJson()));
    const library = new HuggingFaceTokenizer(json as object, {});
    expect(library.encode(text).ids).toEqual([...tokenizer.encode(text)]);
    expect(library.decode(library.encode(text).ids, { clean_up_tokenization_spaces: false })).toBe(text);
    const again = await tokenizerFromJson(JSON.stringify(json));
    expect(again.encode(text)).toEqual(tokenizer.encode(text));
    expect(again.toJson()).toEqual(json);
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
      expect((json.model.merges as string[][]).map((pair) => pair.join(' '))).toEqual(merges);
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
    ['BPE without merges', { model: { type: 'BPE', vocab: { a: 0 } } }, /cannot be read/],
    [
      'unknown step',
      { ...wordPiece, pre_tokenizer: { type: 'UnicodeScripts' } },
      /cannot be read.*UnicodeScripts/,
    ],
    [
      'a step that the reader gets wrong',
      {
        ...wordPiece,
        pre_tokenizer: {
          type: 'Sequence',
          pretokenizers: [{ type: 'Split', pattern: { String: ' ' }, behavior: 'MergedWithNext' }],
        },
      },
      /Split with behavior MergedWithNext is not supported/,
    ],
  ])('%s is an error', async (_, json, pattern) => {
    await expect(tokenizerFromJson(json)).rejects.toThrow(pattern);
    await expect(tokenizerFromJson(json)).rejects.toBeInstanceOf(DataError);
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
