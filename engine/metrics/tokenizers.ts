/**
 * How BLEU cuts lines into tokens. Scores under different tokenizers cannot be compared, so these agree with
 * sacreBLEU's (Post 2018, "A Call for Clarity in Reporting BLEU Scores") in every detail, oddities included.
 */
import { DataError } from '../errors';
import { trimEnd, trimStart, words } from './words';

/**
 * - `13a`: NIST's mteval-v13a, the default of WMT; for languages with spaces. It knows ASCII punctuation only.
 * - `intl`: NIST's mteval-v14 with its international switch: all of Unicode's punctuation and symbols.
 * - `zh`: Chinese characters one by one, the rest as by 13a.
 * - `char`: every character that is not white space.
 * - `none`: split at white space.
 */
export type BLEUTokenizer = '13a' | 'intl' | 'zh' | 'char' | 'none';

const tokenizers: Readonly<Record<BLEUTokenizer, (line: string) => string>> = {
  '13a': (line) => splitPunctuation(` ${unescapeMarkup(line)} `),
  intl: splitUnicodePunctuation,
  // No space is put around the line here, so a full stop after a last digit stays: "am 3." against 13a's "am 3 .".
  zh: (line) => splitPunctuation(trimStart(line).replace(chinese, ' $& ')),
  char: (line) => [...line].join(' '),
  none: (line) => line,
};

/** Every tokenizer that BLEU may be counted with, for options and menus. */
export const BLEU_TOKENIZERS = Object.keys(tokenizers) as readonly BLEUTokenizer[];

/** The tokens of a line that BLEU counts. */
export function tokenizeForBLEU(line: string, tokenizer: BLEUTokenizer = '13a'): string[] {
  return words(tokenizers[tokenizer](trimEnd(line)));
}

export function checkTokenizer(where: string, tokenizer: string): void {
  if ((BLEU_TOKENIZERS as readonly string[]).includes(tokenizer)) return;
  const learnt = /mecab|spm|flores/.test(tokenizer);
  throw new DataError(
    where,
    learnt
      ? `tokenizer "${tokenizer}" needs a dictionary that is not here`
      : `unknown tokenizer "${tokenizer}"`,
    `Use one of ${BLEU_TOKENIZERS.join(', ')}${learnt ? '; char for Japanese and Korean' : ''}.`,
  );
}

/** The SGML that NIST's files were in: four entities, words hyphenated over a line's end. */
function unescapeMarkup(line: string): string {
  return line
    .replaceAll('<skipped>', '')
    .replaceAll('-\n', '')
    .replaceAll('\n', ' ')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>');
}

/** ASCII punctuation apart from ' , - . always stands alone; the last three depend on digits beside them. */
function splitPunctuation(line: string): string {
  return line
    .replace(/[!-&(-+/:-@[-`{-~]/g, ' $& ')
    .replace(/([^0-9])([.,])/gu, '$1 $2 ')
    .replace(/([.,])([^0-9])/gu, ' $1 $2')
    .replace(/([0-9])-/g, '$1 - ');
}

function splitUnicodePunctuation(line: string): string {
  return line
    .replace(/(\P{N})(\p{P})/gu, '$1 $2 ')
    .replace(/(\p{P})(\P{N})/gu, ' $1 $2')
    .replace(/\p{S}/gu, ' $& ');
}

/**
 * What sacreBLEU holds for Chinese: ideographs, full-width forms, CJK marks, strokes, radicals, phonetic signs. Its
 * two ranges beyond the 16-bit plane are written with four digits where eight are needed; what they name instead is
 * U+2001 to U+2A6D (quotes, dashes, arrows, mathematical signs), while rare ideographs from U+20000 are not split.
 */
const chinese = new RegExp(
  String.raw`[\u2001-\u2a6d\u2e80-\u2eff\u2f00-\u2fdf\u2ff0-\u303f\u3100-\u312f\u31a0-\u31bf\u31c0-\u31ef` +
    String.raw`\u3200-\u33ff\u3400-\u4db5\u4e00-\u9fbb\uf900-\ufa2d\ufa30-\ufa6a\ufa70-\ufad9\ufe10-\ufe1f` +
    String.raw`\ufe30-\ufe4f\uff00-\uffef]`,
  'gu',
);
