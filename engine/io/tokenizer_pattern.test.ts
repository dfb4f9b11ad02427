/** Regular expressions of tokenizer.json: Oniguruma's matches, and an end to those that never end. */
import { describe, expect, test } from 'vitest';
import { DataError } from '../errors';
import { tokenizerFromJson } from './tokenizer';
import { decoder } from './tokenizer_decoder';
import { normalizer } from './tokenizer_normalizer';
import { pattern } from './tokenizer_pattern';
import { splitter } from './tokenizer_splitter';
import fixtureText from '../../tests/fixtures/io/tokenizer-patterns.json?raw';

const { patterns } = JSON.parse(fixtureText) as { patterns: [string, ...string[][]][] };

const split = (Regex: string) => {
  const cut = splitter({ type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false })!;
  return (text: string) => cut({ text, head: 0 }).map((piece) => piece.text);
};
const replace = (Regex: string, content: string) => ({ type: 'Replace', pattern: { Regex }, content });

/** What pre-tokenizers of published models look for. */
const PUBLISHED = {
  'GPT-2': "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
  'GPT-4':
    "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+",
  'Llama 3 and Qwen2':
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
  'GPT-4o':
    "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
  DeepSeek:
    '[!"#$%&\'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+',
  'DeepSeek, ideographs': '[一-龥\u3040-ゟ゠-ヿ]+',
  BLOOM: ' ?[^(\\s|[.,!?…。，、।۔،])]+',
  Falcon: '[0-9][0-9][0-9]',
  CLIP: "<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+",
  'T5 and XLM-R': ' {2,}',
};

describe('regular expressions of tokenizer.json', () => {
  test.each(Object.entries(PUBLISHED))('%s takes long runs of anything in its stride', (_, Regex) => {
    const cut = split(Regex);
    for (const unit of ['a', 'A', ' ', '\n', ' \n', '1', '.', 'é', '漢', '😀', "'", 'aA1 .\n漢', '\u0301']) {
      const text = unit.repeat(100_000 / unit.length);
      expect(cut(text).join('')).toBe(text);
    }
  });

  test('cut as in Python: 400 drawn at random', () => {
    expect(patterns.length).toBe(400);
    const differences: object[] = [];
    const refused = new Map<string, number>();
    for (const [expression, ...texts] of patterns) {
      let cut: (text: string) => string[];
      try {
        cut = split(expression);
      } catch (error) {
        expect(error).toBeInstanceOf(DataError);
        const why = /\((a count of .*|"é" in any case)\) is not supported/.exec(String(error))![1];
        refused.set(why, (refused.get(why) ?? 0) + 1);
        continue;
      }
      for (const pieces of texts) {
        const ours = cut(pieces.join(''));
        if (ours.join('|') !== pieces.join('|')) differences.push({ expression, ours, pieces });
      }
    }
    expect(differences).toEqual([]);
    expect([...refused.values()].reduce((a, b) => a + b)).toBeLessThan(100);
  });

  test.each([
    ['(a+)+$', `${'a'.repeat(34)}!`],
    ['(?:a|a)*b', 'a'.repeat(60)],
    ['(?=(?:a*)*b)a', 'a'.repeat(60)],
    ['(?<=c(?:b|a*)*)a', 'a'.repeat(60)],
    ['(\\w+\\s?)*\\.', 'some words that never come to an end of any kind here'],
    ['a*a*a*a*a*a*b', 'a'.repeat(3000)],
  ])('%s is ended, and named', (Regex, text) => {
    const cut = (): string[] => split(Regex)(text);
    expect(cut).toThrow(DataError);
    expect(cut).toThrow(JSON.stringify(Regex));
    expect(cut).toThrow(`tries too many ways to match a text of ${text.length} characters`);
  });

  test('what takes many steps by itself may take them', () => {
    expect(split('(?:a|b)+c|\\s+$')(`${'ab'.repeat(50_000)}c${' '.repeat(3000)}x`)).toEqual([
      `${'ab'.repeat(50_000)}c`,
      `${' '.repeat(3000)}x`,
    ]);
    const group = '(?:\\r\\n|[a-z][0-9])*';
    expect(split(group)(`${'a1\r\n'.repeat(50_000)}!`)).toEqual(['a1\r\n'.repeat(50_000), '!']);
  });

  test.each([
    ['((a{1000}){1000}){1000}', 'too many repetitions'],
    ['(?:ab){1,1000000000}', 'too many repetitions'],
    [`${'('.repeat(5000)}a${')'.repeat(5000)}`, 'too many groups in each other'],
    [`${'['.repeat(5000)}a${']'.repeat(5000)}`, 'too many brackets in each other'],
    ['a'.repeat(100_000), 'too long'],
    ['(?:a|b?){3}', 'a count of what may match nothing'],
    ['(?<=(?>a))b', 'an atomic group looking behind'],
  ])('%# is refused while it is read', (Regex, why) => {
    expect(() => split(Regex)).toThrow(DataError);
    expect(() => split(Regex)).toThrow(`(${why}) is not supported`);
  });

  test('counts beyond any text are counts', () => {
    expect(pattern({ Regex: 'a{2,99999999999}' }, 'Split')('aaaa a')).toEqual([0, 4]);
    expect(pattern({ Regex: 'a{99999999999}' }, 'Split')('aaaa a')).toEqual([]);
    expect(pattern({ Regex: 'ba{0,0}' }, 'Split')('baa')).toEqual([0, 1]);
  });
});

describe('what grows', () => {
  const fourfold = Array.from({ length: 14 }, () => replace('a', 'aaaa'));

  test('a chain of Replace is ended before it takes all memory', () => {
    const normalize = normalizer({ type: 'Sequence', normalizers: fourfold })!;
    expect(() => normalize({ text: 'a', head: 1 })).toThrow(DataError);
    expect(() => normalize({ text: 'a', head: 1 })).toThrow(
      'step 7 of the normalizer, Replace, makes 16384 characters of 1',
    );
    expect(normalize({ text: 'b', head: 1 }).text).toBe('b');
    const decode = decoder({ type: 'Sequence', decoders: fourfold });
    expect(() => decode(['a'])).toThrow('step 7 of the decoder makes 16385 characters of 2');
  });

  test('one Replace, and one Prepend, too', () => {
    const long = 'x'.repeat(100_000);
    const one = normalizer(replace('', long))!;
    expect(() => one({ text: 'ab', head: 1 })).toThrow(DataError);
    expect(() => one({ text: 'ab', head: 1 })).toThrow('makes 300002 characters of 2');
    const prefixed = normalizer({ type: 'Prepend', prepend: long })!;
    expect(() => prefixed({ text: 'ab', head: 1 })).toThrow('Prepend makes 100002 characters of 2');
    expect(() => decoder(replace('', long))(['ab'])).toThrow('makes 300002 characters of 2');
  });

  test('normalisation forms may grow as they do', () => {
    const text = '\ufdfa'.repeat(10_000);
    expect(normalizer({ type: 'NFKC' })!({ text, head: 0 }).text.length).toBe(180_000);
  });

  test('templates, padding and nested steps have a measure', async () => {
    const json = (more: object) => ({
      model: { type: 'WordLevel', vocab: { a: 0, '<unk>': 1 }, unk_token: '<unk>' },
      ...more,
    });
    const padding = { strategy: { Fixed: 2 ** 40 }, direction: 'Right', pad_id: 0 };
    await expect(tokenizerFromJson(json({ padding }))).rejects.toThrow(
      'it pads texts to 1099511627776 tokens',
    );
    const post_processor = {
      type: 'TemplateProcessing',
      single: Array.from({ length: 100 }, () => ({ Sequence: { id: 'A' } })),
      special_tokens: {},
    };
    await expect(tokenizerFromJson(json({ post_processor }))).rejects.toThrow('around 100 texts');
    let step: object = { type: 'Lowercase' };
    for (let i = 0; i < 20_000; i++) step = { type: 'Sequence', normalizers: [step] };
    await expect(tokenizerFromJson(json({ normalizer: step }))).rejects.toThrow('nest more than 100 deep');
  });
});
