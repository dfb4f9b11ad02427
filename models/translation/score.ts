import { throwIfAborted } from '../../engine/index';
import type { TextPair } from '../../engine/data';
import { BLEU, bleuTokenizer, ChrF, ErrorRate } from '../../engine/metrics/index';
import type { TranslateOptions, Translator } from './translator';

/** A pair that was held out, with what the model makes of its source. */
export interface TranslationSample extends TextPair {
  readonly translation: string;
}

/** How good translations are, with what they were judged by. */
export interface TranslationScores {
  /**
   * Of text: `bleu` (sacreBLEU's, 0 to 100) and `chrf` (chrF2, 0 to 100). Of symbols: `per`, edits a hundred phonemes
   * against the nearest of a word's pronunciations, and `wer`, words with any error in a hundred.
   */
  readonly metrics: Readonly<Record<string, number>>;
  /** Of BLEU, in sacreBLEU's form: with which tokenizer. */
  readonly signature?: string;
  /** In the order of the pairs; one for each source of symbols. */
  readonly samples: readonly TranslationSample[];
}

/** Targets that tell the script, where the language is not known. */
const TOLD_BY = 100;

/**
 * Translates the sources of pairs and holds the results against their targets. Pairs of one source are references of
 * one translation where the targets are symbols; else each pair stands alone. Greedy decoding unless told otherwise;
 * unknown characters are no error.
 */
export async function scoreTranslations(
  translator: Translator,
  pairs: readonly TextPair[],
  options: TranslateOptions = {},
): Promise<TranslationScores> {
  const symbols = translator.vocabulary.kind === 'symbols';
  const references = new Map<string | number, { source: string; targets: string[] }>();
  for (const [index, { source, target }] of pairs.entries()) {
    const key = symbols ? source : index;
    const known = references.get(key);
    if (known) known.targets.push(target);
    else references.set(key, { source, targets: [target] });
  }
  const items = [...references.values()];
  const translations = await translator.translate(
    items.map(({ source }) => source),
    { mode: 'greedy', unknown: 'token', ...options },
  );
  throwIfAborted(options.signal);
  const texts = translations.map(({ text }) => text);
  const samples = items.map(({ source, targets }, i) => ({
    source,
    target: targets[0],
    translation: texts[i],
  }));
  if (symbols) {
    const rate = new ErrorRate();
    items.forEach(({ targets }, i) => rate.add(texts[i], targets));
    const { rate: edits, sequenceErrorRate } = rate.result();
    return { metrics: { per: 100 * edits, wer: 100 * sequenceErrorRate }, samples };
  }
  const some = spread(items, TOLD_BY).map(({ targets }) => targets[0]);
  const bleu = new BLEU({ tokenizer: bleuTokenizer(translator.info.languages?.[1], some.join(' ')) });
  const chrf = new ChrF();
  items.forEach(({ targets }, i) => {
    bleu.add(texts[i], targets);
    chrf.add(texts[i], targets);
  });
  const { score, signature } = bleu.result();
  return { metrics: { bleu: score, chrf: chrf.result().score }, signature, samples };
}

/** So many items, spread evenly over a list: files are often sorted. */
export function spread<T>(list: readonly T[], count: number): T[] {
  if (count >= list.length) return [...list];
  return Array.from({ length: count }, (_, i) => list[Math.floor((i * list.length) / count)]);
}
