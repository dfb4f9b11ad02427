/** What the page Next and its session say to each other. Items count from 1. */
import type { AdapterSummary, RunEvent, SavedFile } from '../../session/protocol';

export interface ItemShare {
  readonly item: number;
  /** Of all items that may come next, 0 … 1. */
  readonly share: number;
}

/** What may follow some items, and why. */
export interface Answer {
  readonly history: readonly number[];
  /** Items of before may come again. */
  readonly again: boolean;
  /** The likeliest by the model, the likeliest first. */
  readonly model: readonly ItemShare[];
  /** By what everybody chose most, and by what mostly followed the last item; null where nobody knows who chose what. */
  readonly popularity: readonly ItemShare[] | null;
  readonly markov: readonly ItemShare[] | null;
  /** Of each place of the history: its share of the attention. */
  readonly attention: readonly number[];
  /** Of each of the model's items and each place: its share without the item at that place; NaN where nothing would be left. */
  readonly without: readonly (readonly number[])[];
}

/** How well next items are ranked: HR@k and nDCG@k. */
export interface Score {
  readonly hitRate: number;
  readonly ndcg: number;
}

export interface Scores {
  readonly k: number;
  readonly cases: number;
  readonly model: Score;
  readonly popularity: Score;
  readonly markov: Score;
}

/** Which columns of a table are meant; null: there are no times. */
export interface Columns {
  readonly user: string;
  readonly item: string;
  readonly time: string | null;
}

/** A table of who chose what, and how it is read. */
export interface OwnTable {
  readonly file: File;
  /** Null: guessed by their names. */
  readonly columns: Columns | null;
  readonly fewestUsers: number;
  readonly fewestItems: number;
}

/** What is to be learnt from. */
export interface DataFacts {
  readonly title: string;
  /** Of the table; [] of the shop. */
  readonly columns: readonly string[];
  readonly chosen: Columns | null;
  readonly users: number;
  readonly items: number;
  readonly choices: number;
  /** Users with fewer than three items: learnt from, and not judged. */
  readonly short: number;
  /** Users whose rows did not stand by their times. */
  readonly reordered: number;
  readonly left: { readonly users: number; readonly items: number; readonly rows: number };
  readonly skipped: readonly { readonly number: number; readonly reason: string }[];
}

export interface NextSettings {
  readonly epochs: number;
  readonly seed: number;
  /** Items of before may come again. */
  readonly again: boolean;
}

/** The model that answers. */
export interface NextRun {
  readonly title: string;
  /** It is the shop's. */
  readonly shop: boolean;
  /** Names of items: what item k + 1 is called. */
  readonly items: readonly string[];
  /** Null of a model from a file. */
  readonly settings: NextSettings | null;
  readonly step: number;
  readonly steps: number;
  /** The step whose weights it has. */
  readonly best: number;
  readonly vocabulary: number;
  readonly parameters: number;
  /** On what was left out for the test; null where nothing was. */
  readonly scores: Scores | null;
}

export type NextEvent =
  | RunEvent<NextRun, 'compile'>
  /** On what is left out for validation, while it learns. */
  | { readonly kind: 'judged'; readonly step: number; readonly score: Score }
  | { readonly kind: 'adapter'; readonly adapter: AdapterSummary }
  | { readonly kind: 'recovered' };

export type { SavedFile };
