import { DataError } from '../errors';
import type { BLEUTokenizer } from './tokenizers';

const EXAMPLES = 'Use a code of BCP 47, such as en, de-CH, pt-BR or zh-Hans; und where it is not known.';

/**
 * A language code as BCP 47 has it, in the one form that the rest compares with: `cmn`, `zho`, `chi` and `ZH` are `zh`,
 * `jpn` is `ja`, `iw` is `he`, mBART's `en_XX` is `en`, `zh_CN` is `zh-CN`, NLLB's `zho_Hans` is `zh-Hans`, `zh-yue` is
 * `yue`, a locale's `fr_CA.UTF-8` is `fr-CA`. Throws a DataError for names (`french`) and for codes that no language has.
 */
export function canonicalLanguage(code: string): string {
  const plain =
    typeof code === 'string' && code.length < 100
      ? code
          .trim()
          .replace(/[.@].*$/, '') // what locales say of encodings and currencies
          .replaceAll('_', '-')
          .replace(/^[a-z]{2,3}-(?=[a-z]{3}(-|$))/i, '') // RFC 5646, 4.5: an extended language stands alone
          .replace(/-(xx|zz)(?=-|$)/i, '') // no region
      : '';
  try {
    const [tag] = Intl.getCanonicalLocales([plain]);
    if (isKnown(tag)) return tag;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw new DataError('language', `${JSON.stringify(code)} is no language code`, EXAMPLES);
}

/** CLDR has the script of most living languages, and names of some others. */
function isKnown(tag: string): boolean {
  const [language] = tag.split('-');
  if (!/^[a-z]{2,3}$/.test(language)) return false; // such as "english", which has the form of a reserved code
  if (language === 'und' || new Intl.Locale(language).maximize().script !== undefined) return true;
  return new Intl.DisplayNames('en', { type: 'language', fallback: 'none' }).of(language) !== undefined;
}

/** ISO 15924 code of the script that a canonical language is most likely in; '' where it is not known. */
function scriptOf(language: string): string {
  return /^und$|^$/.test(language) ? '' : (new Intl.Locale(language).maximize().script ?? '');
}

/** Scripts without spaces between words, and those of Japanese and Korean, as characters show them. */
const SCRIPTS: readonly (readonly [codes: RegExp, characters: RegExp])[] = [
  [/^(Jpan|Hrkt|Hira|Kana)$/, /[\p{Script=Hiragana}\p{Script=Katakana}]/gu],
  [/^(Han[ist]|Bopo|Hanb)$/, /[\p{Script=Han}\p{Script=Bopomofo}]/gu],
  [/^(Kore|Hang)$/, /\p{Script=Hangul}/gu],
  [
    /^(Thai|Laoo|Khmr|Mymr|Tibt|Lana|Talu|Tavt)$/,
    /[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}\p{Script=Tai_Tham}\p{Script=New_Tai_Lue}\p{Script=Tai_Viet}]/gu,
  ],
];
const [JAPANESE, CHINESE] = [0, 1];

/** Which of `SCRIPTS` a language is written in, or else a text is; -1 for any other. */
function spacelessScript(language: string, text: string): number {
  const code = scriptOf(language);
  if (code !== '') return SCRIPTS.findIndex(([codes]) => codes.test(code));
  const counts = SCRIPTS.map(([, characters]) => text.match(characters)?.length ?? 0);
  if (counts[JAPANESE] > 0.05 * counts[CHINESE]) counts[JAPANESE] += counts[CHINESE]; // kanji among kana
  const most = Math.max(...counts);
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  return most > 0 && most >= letters / 2 ? counts.indexOf(most) : -1;
}

/**
 * The tokenizer with which BLEU sees words in a language, given by its code: `zh` for all that is written in Chinese
 * characters; `char` for Japanese and Korean, whose dictionaries (sacreBLEU's ja-mecab and ko-mecab) are not here, and
 * for Thai, Lao, Khmer, Burmese, Tibetan and others without spaces between words; else `13a`. A score's signature says which.
 * Where the language is not known (`und`, or nothing), `text` in it tells by its script. Throws a DataError for no code.
 */
export function bleuTokenizer(language = 'und', text = ''): BLEUTokenizer {
  const script = spacelessScript(canonicalLanguage(language), text);
  return script === CHINESE ? 'zh' : script < 0 ? '13a' : 'char';
}

/** Whether sentences of a language, or else of such a text, follow each other without a space: Chinese and Japanese. */
export function joinsSentences(language = 'und', text = ''): boolean {
  const script = spacelessScript(canonicalLanguage(language), text);
  return script === CHINESE || script === JAPANESE;
}
