/**
 * Characters as Python's tokenizers (Rust) sorts them. JavaScript's `\s`, `\w`, `\d`, `trim` and `toLowerCase` differ:
 * U+FEFF is no white space and U+0085 is, letters are not only ASCII, and a capital sigma knows no final form.
 */

/** Rust's `char::is_whitespace`: the 25 characters with the property White_Space, all of one UTF-16 unit. */
const WHITE =
  '\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000';

/** Where the white space that a text begins with ends. */
export function leadingSpace(text: string, from = 0): number {
  let end = from;
  while (end < text.length && WHITE.includes(text[end])) end++;
  return end;
}

/** Where the white space that a text ends with begins. */
export function trailingSpace(text: string, to = text.length): number {
  let start = to;
  while (start > 0 && WHITE.includes(text[start - 1])) start--;
  return start;
}

/** `\w` of Rust's regex, for a character class. */
export const WORD = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}';

/**
 * Some tables behind Python's tokenizers stand at older versions of Unicode than the host's. Sets are written as gaps
 * and lengths in base 36, as tests/fixtures/io/make_tokenizer_kinds.py writes Python's for the tests to compare.
 */
function characters(gaps: string): string {
  let at = 0;
  const next = (gap: string) => `\\u{${(at += parseInt(gap, 36)).toString(16)}}`;
  return gaps.replace(/(\w+)(?:\+(\w+))? ?/g, (_, gap: string, more?: string) =>
    more === undefined ? next(gap) : `${next(gap)}-${next(more)}`,
  );
}

/** Punctuation of Unicode 8: of `\p{P}` without what came later, and of ASCII also `$+<=>^`|~`. */
export const PUNCTUATION = /* @__PURE__ */ (() => {
  const later = characters(
    '17h rk 3d e9 d 2x6+1 1a+2 3pg+c 3+b 1829 8v z 3p+4 19+3 uj+1 2+1 37+4 b+1 2 eb+c 25 aq 7d+2 4c 2l+7 2c+2 2+4 2m+9 60 2o+4 17+1 hy+1 23+c 4w 35e+1 c57+2 88+3 94 nbx nz+1 40',
  );
  return `(?:(?![${later}])[\\p{P}$+<=>^\`|~\\u{166d}\\u{111c9}])`;
})();

const MARKS_LATER = /* @__PURE__ */ characters(
  '1kt 4a+8 17+9 8b 70+5 2e 4v 1k 53 d 1n+1 1x 8p k 1mv 6y j4+u 3+b ek 73+4 raq 5v js5+3 1u+4 8u+1 26+5 1z+a 1e+3 6j 3+1 26 3n+1 3n 5+1 36 6y 3h+8 2 3 2+3 2+4 2 f+1 3g r2+e 6u+5 2+1 3+3 2 2+1 3y+6 3+6 4 t+9 15+6 2+3 9 a+a 1b+f 5j+7 cq+5 4 2+1 2+6 2 1v+4 2+1 2+4 9o+3 a+1 2 1d+6 4+4 o 44m 7+e 8uh+h 2sg 1c+8 2l c+1 irz+19 3+m 3ex 4h+6 ag 1q+3 e5+3 73+1 6s 3 8+1 6 93',
);
/** These are marks since Unicode 9, which the table of the normalisation forms knows and that of categories does not. */
const MARKS_OF_9 = /* @__PURE__ */ characters(
  '1qs+d 338+1 12t rey 6w kn5 e2+7 3+2 2 1ka+6 2+5 2 2b+l 3+6 2+1 2+1 12kq+6 2+g 3+6 2+1 2+4 1sq+6 22',
);

/** Combining marks, as the normalizer StripAccents removes them. */
export const MARKS = /* @__PURE__ */ new RegExp(`(?![${MARKS_LATER}])[\\p{M}\\u{1cf2}\\u{1cf3}]`, 'gu');

/** Nonspacing marks, as BERT's normalizer removes them. */
export const NONSPACING = /* @__PURE__ */ new RegExp(
  `(?![${MARKS_LATER}${MARKS_OF_9}])[\\p{Mn}\\u{1734}\\u{1171e}]`,
  'gu',
);

/** What BERT's normalizer takes for control characters and removes, with U+FFFD. */
export const CONTROL = /* @__PURE__ */ new RegExp(
  `(?![\\t\\n\\r${characters('1ow+1 29 1g4r 6zn+f 4')}])[\\p{Cc}\\p{Cf}\\p{Co}\\u{fffd}]`,
  'gu',
);

/**
 * Characters that the normalisation forms' table does not know yet: it leaves them as they are, and marks among them in
 * their place.
 */
const UNKNOWN = /* @__PURE__ */ (() => {
  const canonical = characters('1fpl r 2ov 2 9 3 1g 2+1 12o e7d+7 2f4+2 11');
  const compatible = characters('a2n n3m+3 ol i6w+4 2+15 2+8 12xo+z 3sn+1p 3cv 22s+9');
  const set = (inside: string) => new RegExp(`([${MARKS_LATER}${inside}]+)`, 'u');
  const both = set(canonical + compatible);
  return { NFC: set(''), NFD: set(canonical), NFKC: both, NFKD: both };
})();

export type NormalizationForm = keyof typeof UNKNOWN;

export function normalizeTo(form: NormalizationForm, text: string): string {
  if (!UNKNOWN[form].test(text)) return text.normalize(form);
  return text
    .split(UNKNOWN[form])
    .map((part, i) => (i % 2 === 1 ? part : part.normalize(form)))
    .join('');
}

/** Each character by itself: Rust's char::to_lowercase knows no neighbours, so a sigma that ends a word stays σ. */
export function lowercase(text: string): string {
  return text.replace(/Σ/g, 'σ').toLowerCase();
}
