// Language codes as people and files write them, and what BLEU makes of them beside sacreBLEU.
import { describe, expect, it } from 'vitest';
import reference from '../../tests/fixtures/metrics.json';
import { bleuTokenizer, canonicalLanguage, corpusBLEU, joinsSentences, tokenizeForBLEU } from './index';

it.each([
  // ISO 639-3 and both of ISO 639-2 to ISO 639-1, individual languages of macrolanguages that stand for them.
  ['cmn zho chi ZH zh', 'zh'],
  ['jpn JA ja', 'ja'],
  ['eng EN en_XX', 'en'],
  ['deu ger DE de_DE.UTF-8@euro', 'de', 'de-DE'],
  ['fra fre', 'fr'],
  ['nld dut', 'nl'],
  ['ces cze', 'cs'],
  ['ell gre', 'el'],
  ['fas per pes', 'fa'],
  ['msa may zsm', 'ms'],
  ['ara arb', 'ar'],
  ['swa swh', 'sw'],
  ['est ekk', 'et'],
  ['lav lvs', 'lv'],
  ['yid ydd', 'yi'],
  ['mya bur', 'my'],
  ['bod tib', 'bo'],
  // Codes that were taken back.
  ['iw heb', 'he'],
  ['in ind', 'id'],
  ['ji', 'yi'],
  // Scripts, regions, variants stay.
  ['zh_CN zh-cn cmn-CN zho_cn', 'zh-CN'],
  ['zho_Hans zh-HANS cmn_Hans', 'zh-Hans'],
  ['pt_br por-BR pt_BR.UTF-8', 'pt-BR'],
  ['es-419', 'es-419'],
  ['srp_Cyrl', 'sr-Cyrl'],
  ['ja_XX ja-zz', 'ja'],
  ['zh-yue yue', 'yue'],
  ['zh-cmn-Hant', 'zh-Hant'],
  ['ar-arz', 'arz'],
  ['en-x-arpabet EN-X-ARPABET', 'en-x-arpabet'],
  // Known by their scripts alone, or by their names alone.
  ['kbp', 'kbp'],
  ['taq', 'taq'],
  ['tlh', 'tlh'],
  ['epo', 'eo'],
  ['und', 'und'],
])('%s is %s', (codes, want, last = want) => {
  const list = codes.split(' ');
  expect(list.map(canonicalLanguage)).toEqual([...list.slice(1).map(() => want), last]);
  for (const code of list) expect(canonicalLanguage(canonicalLanguage(code))).toBe(canonicalLanguage(code));
});

it.each([
  '',
  ' ',
  'english',
  'French',
  'Deutsch',
  'xx',
  'zz',
  'x',
  'e',
  '中文',
  'en,fr',
  'en fr',
  'qqq',
  '--',
  'x-foo',
])('%j is refused', (code) => {
  expect(() => canonicalLanguage(code)).toThrow(
    `language: ${JSON.stringify(code)} is no language code. Use a code of BCP 47, such as en, de-CH, pt-BR or zh-Hans`,
  );
  expect(() => corpusBLEU(['a'], ['a'], { language: code })).toThrow('is no language code');
});

it('what is no text is refused, too', () => {
  for (const code of [null, undefined, 3, ['en']] as unknown as string[])
    expect(() => canonicalLanguage(code)).toThrow(/language: .* is no language code/);
});

describe.each(reference.languages)('BLEU of $codes.0', ({ codes, hypotheses, references, ...want }) => {
  it.each(codes)('%s, as sacreBLEU', (language) => {
    const { score, signature } = corpusBLEU(hypotheses, references, { language });
    expect(score).toBeCloseTo(want.score, 9);
    expect(signature.replace(/version.*/, '')).toBe(want.signature.replace(/version.*/, ''));
  });

  it('the text tells where the code does not', () => {
    expect(want.signature).toContain(`tok:${bleuTokenizer(undefined, references.join(' '))}|`);
    expect(want.signature).toContain(`tok:${bleuTokenizer('und', references.join(' '))}|`);
    expect(want.by13a < 7 || want.by13a === want.score).toBe(true); // what a wrong one costs
  });

  it('the tokenizer that is asked for is taken', () => {
    const { score } = corpusBLEU(hypotheses, references, { language: codes[0], tokenizer: '13a' });
    expect(score).toBeCloseTo(want.by13a, 9);
  });
});

it('other scripts of a language are cut as they are written', () => {
  const tokenizers = [
    'zh-Latn',
    'ja-Latn',
    'bo',
    'dz',
    'shn',
    'nod',
    'lzh',
    'wuu',
    'ryu',
    'vi',
    'ar',
    'hi',
    'am',
  ];
  expect(tokenizers.map((code) => bleuTokenizer(code))).toEqual([
    ...['13a', '13a', 'char', 'char', 'char', 'char', 'zh', 'zh', 'char', '13a', '13a', '13a', '13a'],
  ]);
  expect(bleuTokenizer('en', '我们明天见')).toBe('13a'); // the code is believed
  expect(bleuTokenizer('und', 'The word 我们 means we.')).toBe('13a');
  expect(bleuTokenizer('und', '12 + 3')).toBe('13a');
});

it('sentences of Chinese and Japanese alone follow each other without a space', () => {
  const codes = ['zh', 'cmn', 'zh_TW', 'yue', 'ja', 'jpn', 'ko', 'th', 'lo', 'km', 'my', 'en', 'zh-Latn'];
  expect(codes.map((code) => joinsSentences(code))).toEqual([
    ...[true, true, true, true, true, true, false, false, false, false, false, false, false],
  ]);
  const texts = ['我们明天见。', '東京へ行きます。', 'พบกันที่สถานี', '서울에 갑니다.', 'Hello.', ''];
  expect(texts.map((text) => joinsSentences(undefined, text))).toEqual([
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
});

it("sacreBLEU's tokenizers with dictionaries are refused by name", () => {
  for (const name of ['ja-mecab', 'ko-mecab', 'flores200', 'spm']) {
    expect(() => corpusBLEU(['a'], ['a'], { tokenizer: name as '13a' })).toThrow(
      `BLEU: tokenizer "${name}" needs a dictionary that is not here. Use one of 13a, intl, zh, char, none; char for Japanese`,
    );
  }
  expect(tokenizeForBLEU('a', 'char')).toEqual(['a']);
});
