/** Vocabularies of whole symbols: a table of each side's own. For spelling, phonemes and other small alphabets. */
import { DataError } from '../../engine/index';
import type { TextPair } from '../../engine/data';
import { SPECIAL, UNKNOWN, type VocabularySide, type VocabularySides } from './pair_tokens';

/** What a token is: a character (code point), or whatever stands between spaces. */
export type Unit = 'characters' | 'symbols';

export interface SymbolUnits {
  readonly source: Unit;
  readonly target: Unit;
}

const split = (text: string, unit: Unit): string[] =>
  text === '' ? [] : unit === 'symbols' ? text.split(' ') : [...text];

export function learnSymbols(
  pairs: readonly TextPair[],
  units: SymbolUnits,
  minFrequency: number,
): VocabularySides {
  const counts = { source: new Map<string, number>(), target: new Map<string, number>() };
  for (const pair of pairs) {
    for (const side of ['source', 'target'] as const) {
      for (const symbol of split(pair[side], units[side])) {
        counts[side].set(symbol, (counts[side].get(symbol) ?? 0) + 1);
      }
    }
  }
  const known = (side: 'source' | 'target', least: number): string[] =>
    [...counts[side]]
      .filter(([, count]) => count >= least)
      .map(([symbol]) => symbol)
      .sort((a, b) => (a < b ? -1 : 1));
  const source = known('source', minFrequency);
  const target = known('target', 1);
  if (source.length === 0 || target.length === 0) {
    throw new DataError(
      'PairVocabulary',
      `no ${source.length === 0 ? 'source' : 'target'} symbol occurs ${minFrequency} times in ${pairs.length} pairs`,
      'Use more pairs or a smaller minFrequency.',
    );
  }
  return sides(source, target, units, source.length < counts.source.size);
}

export function symbolsFromJson(json: object, units: SymbolUnits): VocabularySides {
  const { source, target, knowsUnknown } = json as Record<string, unknown>;
  const table = (side: unknown): side is string[] =>
    Array.isArray(side) && side.length > 0 && side.every((symbol) => typeof symbol === 'string');
  if (!table(source) || !table(target)) {
    throw new DataError(
      'PairVocabulary',
      'its lists of symbols are missing or damaged',
      'Use the vocabulary that was saved with the model.',
    );
  }
  return sides(source, target, units, knowsUnknown === true);
}

function sides(
  source: readonly string[],
  target: readonly string[],
  units: SymbolUnits,
  knowsUnknown: boolean,
): VocabularySides {
  return {
    source: new Symbols(source, units.source),
    target: new Symbols(target, units.target),
    knowsUnknown,
    json: { source, target, knowsUnknown },
  };
}

class Symbols implements VocabularySide {
  readonly size: number;
  readonly #symbols: readonly string[];
  readonly #unit: Unit;
  readonly #ids: ReadonlyMap<string, number>;

  constructor(symbols: readonly string[], unit: Unit) {
    this.size = SPECIAL.length + symbols.length;
    this.#symbols = symbols;
    this.#unit = unit;
    this.#ids = new Map(symbols.map((symbol, i) => [symbol, SPECIAL.length + i]));
  }

  encode(text: string, unknown: (symbol: string) => void): Uint32Array<ArrayBuffer> {
    const ids: number[] = [];
    for (const symbol of split(text, this.#unit)) {
      const found = this.#ids.has(symbol) ? [symbol] : this.#alike(symbol);
      if (found === null) unknown(symbol);
      ids.push(...(found?.map((part) => this.#ids.get(part)!) ?? [UNKNOWN]));
    }
    return Uint32Array.from(ids);
  }

  /** The other case, or letters without their marks: `É` where a table has only `e`. */
  #alike(symbol: string): string[] | null {
    if (this.#unit === 'symbols') return null;
    const plain = symbol.normalize('NFKD').replace(/\p{M}+/gu, '');
    for (const form of [
      symbol.toLowerCase(),
      symbol.toUpperCase(),
      plain,
      plain.toLowerCase(),
      plain.toUpperCase(),
    ]) {
      const parts = [...(form === '’' ? "'" : form)];
      if (parts.length > 0 && parts.every((part) => this.#ids.has(part))) return parts;
    }
    return null;
  }

  decode(ids: readonly number[]): string {
    return ids.map((id) => this.#symbols[id - SPECIAL.length]).join(this.#unit === 'symbols' ? ' ' : '');
  }

  pieces(ids: readonly number[]): string[] {
    return ids.map((id) => this.#symbols[id - SPECIAL.length]);
  }
}
