/** What a model can be taught here: inputs, the one right answer of each, and where a head that does the task looks. */
import type { RandomStream } from '../../../engine/index';

/** What someone typed: an input, or why it is none. */
export type Typed =
  | { readonly input: readonly number[] }
  | { readonly problem: 'empty' }
  | { readonly problem: 'symbol'; readonly symbol: string }
  | { readonly problem: 'long'; readonly length: number }
  | { readonly problem: 'deep'; readonly depth: number }
  /** It is no sum. */
  | { readonly problem: 'form' };

export interface Task {
  /** Texts of the tokens that inputs and answers are made of, by id. */
  readonly symbols: readonly string[];
  /** Tokens of the longest input, and of the longest answer. */
  readonly longest: { readonly input: number; readonly answer: number };
  /** Where inputs that are shorter stand in the room of the longest: where places are counted from. */
  readonly align: 'start' | 'end';
  /** Draws an input. */
  draw(random: RandomStream): number[];
  /** The right answer to an input. */
  answer(input: readonly number[]): number[];
  /** Inputs that give away each other's answers have the same: all of them are learnt from, or none. */
  kin(input: readonly number[]): readonly number[];
  /** For each token of the answer, the places in the input that it is made from; none where it is made from no few. */
  sources(input: readonly number[]): readonly (readonly number[])[];
  read(text: string): Typed;
}

/** An input with its right answer. */
export interface Example {
  readonly input: readonly number[];
  readonly answer: readonly number[];
}

/** Half of all inputs have the full length, the others any shorter one. */
export function drawLength(random: RandomStream, longest: number): number {
  return random.uniform() < 0.5 ? longest : 1 + random.below(longest);
}

/** Ids of the symbols in a text. White space and full-width forms are what people type, too. */
export function readSymbols(text: string, symbols: readonly string[], longest: number): Typed {
  const typed = [...text.normalize('NFKC').replace(/\s/g, '')];
  if (typed.length === 0) return { problem: 'empty' };
  const unknown = typed.find((one) => !symbols.includes(one));
  if (unknown !== undefined) return { problem: 'symbol', symbol: unknown };
  if (typed.length > longest) return { problem: 'long', length: typed.length };
  return { input: typed.map((one) => symbols.indexOf(one)) };
}
