/**
 * Porter's stemmer (Porter 1980, "An algorithm for suffix stripping") with the changes that NLTK made to it, because
 * rouge-score stems by NLTK: a few irregular words, short words in -ies and -ied, y kept after vowels ("enjoy"), -alli,
 * -fulli and -logi, and a short syllable may be vowel and consonant alone ("owing" gives "owe").
 */
const irregular: Readonly<Record<string, string>> = Object.assign(Object.create(null) as object, {
  skies: 'sky',
  sky: 'sky',
  dying: 'die',
  lying: 'lie',
  tying: 'tie',
  news: 'news',
  innings: 'inning',
  inning: 'inning',
  outings: 'outing',
  outing: 'outing',
  cannings: 'canning',
  canning: 'canning',
  howe: 'howe',
  proceed: 'proceed',
  exceed: 'exceed',
  succeed: 'succeed',
});

/** A suffix and what takes its place. The first that fits a word decides, so longer ones stand before their endings. */
type Rules = readonly (readonly [suffix: string, replacement: string])[];
const pairs = (text: string): Rules =>
  text.split(' ').map((pair) => {
    const [suffix, replacement] = pair.split('>');
    return [suffix, replacement];
  });

const derivations = pairs(
  'ational>ate tional>tion enci>ence anci>ance izer>ize bli>ble alli>al entli>ent eli>e ousli>ous ization>ize ' +
    'ation>ate ator>ate alism>al iveness>ive fulness>ful ousness>ous aliti>al iviti>ive biliti>ble fulli>ful',
);
const inflections = pairs('icate>ic ative> alize>al iciti>ic ical>ic ful> ness>');
const endings = pairs(
  'al> ance> ence> er> ic> able> ible> ant> ement> ment> ent> ion> ou> ism> ate> iti> ous> ive> ize>',
);

/** The stem of a lower-case English word: "relational" gives "relat". Words of one or two letters stay. */
export function porterStem(word: string): string {
  if (irregular[word] !== undefined) return irregular[word];
  if (word.length <= 2) return word;
  let stem = final(past(plural(word)));
  stem = derivation(stem);
  stem = replace(stem, inflections, (rest) => measure(rest) > 0);
  stem = replace(
    stem,
    endings,
    (rest, suffix) => measure(rest) > 1 && (suffix !== 'ion' || /[st]$/.test(rest)),
  );
  return silent(stem);
}

/** Step 1a: caresses, ponies, cats. */
function plural(word: string): string {
  if (word.endsWith('ies')) return word.slice(0, word.length === 4 ? -1 : -2);
  if (word.endsWith('sses')) return word.slice(0, -2);
  return /[^s]s$/.test(word) ? word.slice(0, -1) : word;
}

/** Step 1b: agreed, plastered, motoring, and what must be mended after it: hopping, filing, troubled. */
function past(word: string): string {
  if (word.endsWith('ied')) return word.slice(0, word.length === 4 ? -1 : -2);
  if (word.endsWith('eed')) return measure(word.slice(0, -3)) > 0 ? word.slice(0, -1) : word;
  const stem = word.replace(/(ed|ing)$/, '');
  if (stem === word || !pattern(stem).includes('v')) return word;
  if (/(at|bl|iz)$/.test(stem)) return `${stem}e`;
  if (stem.at(-1) === stem.at(-2) && pattern(stem).endsWith('c')) {
    return /[lsz]$/.test(stem) ? stem : stem.slice(0, -1);
  }
  return measure(stem) === 1 && endsShort(stem) ? `${stem}e` : stem;
}

/** Step 1c: happy, but not enjoy or by. */
function final(word: string): string {
  return word.length > 2 && word.endsWith('y') && pattern(word.slice(0, -1)).endsWith('c')
    ? `${word.slice(0, -1)}i`
    : word;
}

/** Step 2. The l of -logi counts with the stem, so that "geology" follows "archaeology". */
function derivation(word: string): string {
  if (word.endsWith('alli') && measure(word.slice(0, -4)) > 0) return derivation(word.slice(0, -2));
  if (word.endsWith('logi')) return measure(word.slice(0, -3)) > 0 ? word.slice(0, -1) : word;
  return replace(word, derivations, (rest) => measure(rest) > 0);
}

/** Step 5: probate, cease, controll. */
function silent(word: string): string {
  let stem = word;
  if (stem.endsWith('e')) {
    const rest = stem.slice(0, -1);
    if (measure(rest) > 1 || (measure(rest) === 1 && !endsShort(rest))) stem = rest;
  }
  return stem.endsWith('ll') && measure(stem.slice(0, -1)) > 1 ? stem.slice(0, -1) : stem;
}

function replace(word: string, rules: Rules, holds: (rest: string, suffix: string) => boolean): string {
  for (const [suffix, replacement] of rules) {
    if (!word.endsWith(suffix)) continue;
    const rest = word.slice(0, word.length - suffix.length);
    return holds(rest, suffix) ? rest + replacement : word;
  }
  return word;
}

/** `c` and `v` for each letter: a y is a vowel after a consonant. Digits are consonants. */
function pattern(word: string): string {
  let kinds = '';
  for (const letter of word) {
    const vowel = letter === 'y' ? kinds.endsWith('c') : 'aeiou'.includes(letter);
    kinds += vowel ? 'v' : 'c';
  }
  return kinds;
}

/** Porter's m: how many times a vowel is followed by a consonant. */
function measure(stem: string): number {
  return pattern(stem).split('vc').length - 1;
}

/** Ends consonant, vowel, consonant other than w, x, y ("hop"), or is a vowel and a consonant ("ow"). */
function endsShort(stem: string): boolean {
  const kinds = pattern(stem);
  return kinds === 'vc' || (kinds.endsWith('cvc') && !/[wxy]$/.test(stem));
}
