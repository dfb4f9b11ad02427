/**
 * Where sentences end. A full stop does not always: after titles and other abbreviations, initials, German and other
 * ordinals and the numbers of a list, a sentence goes on. What decides is the word before the stop, and the one after it.
 */

/** Of words that end in a full stop, in lower case and without it. */
interface Abbreviations {
  /** A name, or more of the sentence, follows. */
  readonly never: string;
  /** A number follows: before anything else the word is a word. */
  readonly number: string;
  /** Ends a sentence only where the next word is one that sentences begin with. */
  readonly maybe: string;
  /** Words that begin sentences, and stand seldom in capitals within them. */
  readonly starters: string;
}

const RULES: Readonly<Record<string, Abbreviations>> = {
  en: {
    never:
      'mr mrs ms dr prof rev hon gen col capt lt sgt maj cmdr adm gov sen rep pres messrs vs cf eg ie e.g i.e approx esp viz supt insp',
    number:
      'no nos p pp vol vols fig figs ch chap sec art eq ed jan feb mar apr jun jul aug sep sept oct nov dec',
    maybe: 'etc al inc ltd co corp jr sr bros llc ave blvd rd est dept univ assn phd esq st mt',
    starters:
      'the it he she they we this that these those there in but and a an i you if when what who how why his her our their my however for at on so then after before as not no yes to with',
  },
  de: {
    never:
      'dr prof hr hrn fr frl dipl ing mag st bzw vgl ca sog inkl exkl evtl ggf zzgl abzgl hl geb verh gest dt engl franz lat griech ital span allg bes insb max min mind tel einschl gegr jr phil med jur rer nat habil z.b d.h u.a',
    number: 'nr s bd bde abb kap art abs tab aufl jan feb apr jun jul aug sep sept okt nov dez',
    maybe: 'usw etc str jh jhd mio mrd tsd chr co std uvm sen jun',
    starters:
      'der die das er sie es wir ich ihr du dann da dort hier so nun in im am an auf aber und oder doch denn wenn als dies dieser diese dieses danach davor später damals ein eine einen mit nach vor für zu bei man wer was wie warum wo auch nur sein seine ihre',
  },
  fr: {
    never: 'm mm mme mmes mlle mlles dr drs pr prof me mgr st ste cf env av ex p.ex hab apr',
    number: 'p pp art fig chap vol t n no nos tél',
    maybe: 'etc cie',
    starters:
      'le la les l il elle ils elles on nous vous je j tu ce c cette ces un une des en dans mais et ou puis alors ensuite après avant pour si quand que qui où comment pourquoi son sa ses leur à au aux',
  },
  es: {
    never:
      'sr sra srta sres sras dr dra dres d dña dn prof profa ing lic gral cap cnel ud uds vd vds ej fco sto sta av avda ee arq mons aprox p.ej',
    number: 'pág págs p pp núm art vol fig tel n',
    maybe: 'etc uu cía',
    starters:
      'el la los las él ella ellos ellas un una yo tú nosotros usted esto esta este estos estas en pero y o luego después antes entonces para si cuando qué que quién cómo dónde su sus no sí al se es hay',
  },
  it: {
    never:
      'sig sigg sig.ra sig.na dott dott.ssa dr prof prof.ssa proff ing avv arch on mons geom rag s ss cfr es p.es egr spett gent',
    number: 'pag pagg p pp art artt fig vol n nn tel',
    maybe: 'ecc etc',
    starters:
      'il lo la i gli le l un una uno egli lui lei loro noi voi io tu questo questa questi queste in ma e o poi dopo prima allora per se quando che chi come dove perché suo sua non è al nel',
  },
  nl: {
    never:
      'dhr mevr mw mr dr drs ir ing prof mej bijv bv jl ca evt resp sr jr st vgl b.v o.a m.a.w d.w.z incl excl mgr',
    number: 'nr nrs blz p pp art fig hfst tel',
    maybe: 'enz etc e.d',
    starters:
      'de het een hij zij ze wij we ik jij je u er dit dat deze die in op maar en of dan daarna toen voor als wanneer wat wie hoe waarom waar zijn haar hun niet ook na met',
  },
  pt: {
    never:
      'sr sra srta srs sras dr dra drs prof profa profª eng arq av exmo exma ex d cap gen ten cel sto sta',
    number: 'pág págs p pp art fig núm n nº vol tel',
    maybe: 'etc cia ltda',
    starters:
      'o a os as ele ela eles elas um uma eu tu nós você vocês isto isso este esta estes estas em no na mas e ou depois antes então para se quando que quem como onde porque seu sua não sim ao há',
  },
  ru: {
    never: 'проф акад доц канд ул пр просп пл пер им св о р-н обл тов гр см ср напр т стр рис гл п',
    number: 'с стр рис гл табл т',
    maybe: 'г гг др пр т.д т.п т.е в вв н э тыс млн млрд руб коп',
    starters:
      'он она оно они мы вы я ты это этот эта эти в на но и а или потом затем тогда после до для если когда что кто как где почему его её их не да нет по с у к из так там тут здесь',
  },
};

/** Languages whose ordinals are a number and a full stop. */
const ORDINALS = /^(de|da|nb|nn|no|fi|et|lv|cs|sk|pl|hu|hr|sr|bs|sl|tr|is|fo|eu|lb|nds|gsw)$/;

type Words = Readonly<Record<keyof Abbreviations, ReadonlySet<string>>>;
const known = new Map<string, Words>();

/** Of a language; of all together where there are none. */
function wordsOf(language: string): Words {
  let words = known.get(language);
  if (!words) {
    const rules = Object.hasOwn(RULES, language) ? [RULES[language]] : Object.values(RULES);
    const set = (kind: keyof Abbreviations) => new Set(rules.flatMap((rule) => rule[kind].split(' ')));
    words = { never: set('never'), number: set('number'), maybe: set('maybe'), starters: set('starters') };
    known.set(language, words);
  }
  return words;
}

/**
 * Marks that end a sentence, then closing quotes and brackets; stops of full width need no space after them. Only the first
 * of a run of marks begins a match: from each would take the square of its length.
 */
const ends = (marks: string): RegExp =>
  new RegExp(
    String.raw`(?<![\p{Sentence_Terminal}…${marks}])([\p{Sentence_Terminal}…${marks}]+)((?:[\p{Pe}\p{Pf}\p{Pi}"'*_]|[ \u00a0\u202f]»)*)(?:\s+|(?<=[。！？｡．；：][\p{Pe}\p{Pf}"']*)(?=.))`,
    'gu',
  );
const END = ends('');
const PAUSE = ends(';:；：');
const WIDE = /^[。！？｡．；：]/u;
/** What may stand before a sentence's first word. */
const OPENING = /^[\p{Ps}\p{Pi}\p{Pf}\p{Pd}"'¿¡*_•\s]*/u;
/** Who spoke the words in quotation marks: the sentence goes on. */
const SPOKEN = /^(?:と|って|[他她它我你您]们?(?:说|問|问|道|喊|叫|答|說))/u;
/** So much before a full stop tells what it ends. */
const LONGEST_WORD = 200;
/** Languages without spaces between words that have them between sentences, and no stops. */
const SPACED = /^(th|lo)$/;

/**
 * The sentences of a line, without the white space between them. `eager` cuts what is too long: also where a sentence goes on in
 * lower case, and at semicolons and colons.
 */
export function sentencesOf(line: string, language = '', { eager = false } = {}): string[] {
  const [base] = language.split('-');
  if (eager && SPACED.test(base)) return line.split(/\s+/).filter((part) => part !== '');
  const sentences: string[] = [];
  let start = 0;
  for (const match of line.matchAll(eager ? PAUSE : END)) {
    const [all, stops, closing] = match;
    const before = line.slice(start, match.index);
    const after = line.slice(match.index + all.length);
    const ended = WIDE.test(stops)
      ? endsWide(before, stops, closing, after)
      : endsNarrow(before, stops, after, { base, eager, first: start === 0 });
    if (!ended) continue;
    sentences.push(line.slice(start, match.index + all.length).trim());
    start = match.index + all.length;
  }
  sentences.push(line.slice(start).trim());
  return sentences.filter((sentence) => sentence !== '');
}

function endsWide(before: string, stops: string, closing: string, after: string): boolean {
  if (closing !== '' && SPOKEN.test(after)) return false;
  return !(stops === '．' && /\p{Nd}$/u.test(before) && /^\p{Nd}/u.test(after)); // a decimal
}

/** `first`: the sentence begins the line. */
function endsNarrow(
  before: string,
  stops: string,
  after: string,
  { base, eager, first }: { readonly base: string; readonly eager: boolean; readonly first: boolean },
): boolean {
  const [opening] = OPENING.exec(after)!;
  const next = after.slice(opening.length);
  const goesOn = /^\p{Ll}/u.test(next) && !/[¿¡]/.test(opening);
  if (goesOn && !eager) return false;
  if (!/[.…]$/.test(stops)) return true;
  if (stops !== '.') return !/^\d/.test(next); // an ellipsis, which may stand between numbers
  const near = before.slice(-LONGEST_WORD); // looking for an end from each letter takes the square of a length
  const word = /[\p{L}\p{M}\p{N}.'’-]*$/u.exec(near)![0].replace(/^[.'’-]+/, '');
  if (word === '') return true;
  const { never, number, maybe, starters } = wordsOf(base);
  const small = word.toLowerCase();
  const begins = before.trim() === word;
  if (begins && (/^\p{L}$/u.test(word) || (first && /^(\d{1,3}|[ivx]+)$/i.test(word)))) return false; // of a list
  if (never.has(small)) return false;
  if (number.has(small) && /^(\d|[IVXLC]+\b)/.test(next)) return false;
  const [, following = '', mark = ''] = /^(\p{L}[\p{L}\p{M}]*)(.?)/u.exec(next) ?? [];
  const starts = mark !== '.' && starters.has(following.toLowerCase());
  if (maybe.has(small)) return starts;
  if (/^\p{L}([.-]+\p{L})*$/u.test(word)) {
    // Initials, but for the English pronoun: "you and I. We".
    return (
      starts ||
      (word === 'I' && base === 'en' && /\p{Ll}\s+I$/u.test(near) && !/\p{Lu}\p{Ll}*\s+I$/u.test(near))
    );
  }
  if (!ORDINALS.test(base) || !/^(\d{1,3}|[IVXL]+)$/.test(word)) return true;
  const counted = /(\p{L}+)\.\s*\S+$/u.exec(near)?.[1].toLowerCase() ?? ''; // "S. 12" is no ordinal
  return starts || number.has(counted) || maybe.has(counted);
}
