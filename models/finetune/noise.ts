import { EngineError, expectOptions, expectSeed, RandomStream } from '../../engine/index';

/** How much of a text `withNoise` changes. */
export interface NoiseOptions {
  /** The share of letters and digits that are hit: each is left out, doubled, swapped with the next or made another. Default 0.1. */
  readonly characters?: number;
  /** The share of words that are left out, or swapped with the next. Default 0. */
  readonly words?: number;
  /** Default 0. */
  readonly seed?: number;
}

/**
 * A text as hasty fingers write it. The same text, options and `index` give the same; another `index` gives another. What is no letter and no digit
 * stays where it is. A letter is one with the marks that are written on it. Other letters are drawn from those of the text itself, so that its script stays what it is.
 */
export function withNoise(text: string, options: NoiseOptions = {}, index = 0): string {
  const { characters = 0.1, words = 0, seed = 0 } = options;
  expectOptions('withNoise', options, { characters, words, seed });
  expectSeed('withNoise', seed);
  for (const [name, share] of Object.entries({ characters, words })) {
    if (typeof share === 'number' && share >= 0 && share <= 1) continue;
    throw new EngineError('withNoise', `${name} is ${String(share)}`, 'Use a share from 0 to 1.');
  }
  const random = new RandomStream(seed, `noise ${index} ${text}`);
  return noisyCharacters(noisyWords(text, words, random), characters, random);
}

function noisyWords(text: string, share: number, random: RandomStream): string {
  if (share === 0) return text;
  const parts = text.split(/(\s+)/); // words at even places, what is between them at odd ones
  const kept: string[] = [];
  for (let i = 0; i < parts.length; i++) {
    const isWord = i % 2 === 0 && parts[i] !== '';
    if (!isWord || random.uniform() >= share) kept.push(parts[i]);
    else if (random.uniform() < 0.5 && parts[i + 2]) {
      kept.push(parts[i + 2], parts[i + 1], parts[i]);
      i += 2;
    } else i++; // with the space behind it
  }
  const noisy = kept.join('').trim();
  return noisy === '' ? text : noisy;
}

/** Letters and digits with their marks (accents, vowel signs, joiners, what makes an emoji of a digit), and whatever else there is. */
const LETTERS = /[\p{L}\p{N}][\p{M}\u200c\u200d]*|[^]/gu;
const isLetter = (one: string): boolean => /^[\p{L}\p{N}]/u.test(one);

function noisyCharacters(text: string, share: number, random: RandomStream): string {
  if (share === 0) return text;
  const all = text.match(LETTERS) ?? [];
  const letters = all.filter(isLetter);
  if (letters.length === 0) return text;
  const made: string[] = [];
  for (let i = 0; i < all.length; i++) {
    if (!isLetter(all[i]) || random.uniform() >= share) {
      made.push(all[i]);
      continue;
    }
    const lot = random.uniform();
    if (lot < 0.25) made.push(all[i], all[i]);
    else if (lot < 0.5 && i + 1 < all.length && isLetter(all[i + 1])) made.push(all[i + 1], all[i++]);
    else if (lot < 0.75) made.push(letters[random.below(letters.length)]);
  }
  const noisy = made.join('');
  return noisy.trim() === '' ? text : noisy;
}

/** Examples, and behind them so many noisy copies of each, every copy with other noise. */
export function noisyCopies<E extends { readonly text: string }>(
  examples: readonly E[],
  options: NoiseOptions & { readonly copies?: number } = {},
): E[] {
  const { copies = 1, ...noise } = options;
  if (!Number.isInteger(copies) || copies < 0)
    throw new EngineError('noisyCopies', `copies is ${copies}`, 'Use a whole number.');
  withNoise('', noise); // options are checked even where there is nothing to change
  const all = [...examples];
  for (let k = 1; k <= copies; k++)
    for (const one of examples) all.push({ ...one, text: withNoise(one.text, noise, k) });
  return all;
}
