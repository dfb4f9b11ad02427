/** What the page Understand and its session say to each other. Everything in it can be cloned. */
import type { ExplanationMethod, Faithfulness } from '../../../models/explain/index';
import type { Judgement } from '../../../models/finetune/index';
import type { HubProgress } from '../../../models/index';
import type { ExportedFile, Found } from '../../bring/session/protocol';
import type { AdapterSummary, RunEvent } from '../../session/protocol';
import type { Word } from '../words';

export type { ExplanationMethod, ExportedFile, Faithfulness, Judgement };

/** The encoder that is loaded. */
export interface OpenedEncoder extends Found {
  /** The longest text, in tokens. */
  readonly context: number;
  /** A learning rate that a model of its width does well with. */
  readonly rate: number;
  /** Whether it can fill in hidden words. */
  readonly fills: boolean;
  /** Classes that it came with; none where it has no head for them. */
  readonly labels: readonly string[];
}

// Fill ----------------------------------------------------------------------------------------------------------------

/** What may stand in a blank. */
export interface Candidate {
  readonly token: number;
  /** As it stands in a text, without the space before it. */
  readonly text: string;
  readonly share: number;
}

export interface Filled {
  readonly candidates: readonly Candidate[];
  /** What was hidden, where it is one token. */
  readonly hidden: Candidate | null;
}

/** A word, and how much it counts. */
export interface ScoredWord extends Word {
  readonly score: number;
}

// Classify ------------------------------------------------------------------------------------------------------------

/** Where labelled examples come from. */
export type ExampleSource =
  | { readonly kind: 'guests' }
  | { readonly kind: 'pasted'; readonly text: string }
  | { readonly kind: 'file'; readonly file: File };

/** How a table is read. */
export interface Columns {
  readonly text: string;
  readonly label: string;
  /** The first row has the columns' names. */
  readonly header: boolean;
  /** What labels are that differ in case or blanks only. */
  readonly alike: 'ask' | 'same' | 'apart';
}

/** Labelled examples as they were read. */
export interface Lesson {
  readonly title: string;
  readonly columns: readonly string[];
  readonly chosen: Columns;
  /** Labels that may be meant as one; null: nothing is to be asked, and all else is known. */
  readonly question: string | null;
  readonly labels: readonly string[];
  readonly counts: readonly number[];
  /** Of each label the first texts. */
  readonly shown: readonly (readonly string[])[];
  readonly training: number;
  readonly held: number;
  /** Examples that are nearly those of others: all of a group are on one side. */
  readonly alike: number;
  /** Rows that were left out, with their numbers and why; in English. */
  readonly skipped: string;
}

export interface LearnSettings {
  /** Peak learning rate. */
  readonly rate: number;
  readonly steps: number;
}

/** A classifier that stands there: it learns, has learnt, or came with its files. */
export interface ClassRun {
  readonly title: string;
  readonly labels: readonly string[];
  /** Null for one that came from files. */
  readonly settings: LearnSettings | null;
  readonly step: number;
  readonly steps: number;
  /** The step whose weights it has. */
  readonly kept: number;
  /** Identifies what it learns from. */
  readonly lesson: string;
  /** Texts that were longer than the model reads. */
  readonly long: number;
}

/** A held-out text that was taken for something else. */
export interface Mistake {
  readonly text: string;
  readonly label: string;
  readonly told: string;
  readonly share: number;
}

/** How well it does on what was held out. */
export interface Judged extends Judgement {
  readonly step: number;
  readonly labels: readonly string[];
  /** Once it has learnt; null before. */
  readonly mistakes: readonly Mistake[] | null;
}

export interface Told {
  /** The likeliest first. */
  readonly classes: readonly { readonly label: string; readonly share: number }[];
}

/** Which words decided, by one method. */
export interface Explained {
  readonly method: ExplanationMethod;
  readonly target: string;
  readonly words: readonly ScoredWord[];
  /** Of integrated gradients: by how much the scores miss what they should sum up to. */
  readonly gap: number | null;
}

export type Tested = Readonly<Partial<Record<ExplanationMethod, Faithfulness>>>;

/** A classifier that this browser keeps. */
export interface KeptClassifier {
  readonly id: string;
  readonly title: string;
  readonly labels: readonly string[];
  /** Milliseconds since 1970. */
  readonly when: number;
  readonly macroF1: number | null;
  readonly bytes: number;
}

// Search --------------------------------------------------------------------------------------------------------------

/** Which rows stand for texts: the encoder's as it came, or those of the classifier that it became. */
export type Rows = 'base' | 'taught';

/** Lines as points of a plane. */
export interface LineMap {
  readonly rows: Rows;
  readonly lines: readonly string[];
  /** Lines that were left out, over the most that are taken. */
  readonly left: number;
  /** x and y of each line. */
  readonly points: Float32Array;
  /** Share of the variance along both axes. */
  readonly shares: readonly [number, number];
  /** What a classifier takes the lines for; null where none reads them. */
  readonly groups: Groups | null;
}

/** Of which class each of many lines is. */
export interface Groups {
  readonly labels: readonly string[];
  readonly of: readonly number[];
}

export interface Hit {
  readonly line: number;
  readonly score: number;
}

export interface Searched {
  readonly hits: readonly Hit[];
  readonly point: readonly [x: number, y: number];
}

export type UnderstandEvent =
  | RunEvent<ClassRun, 'encode' | 'compile'>
  | { readonly kind: 'adapter'; readonly adapter: AdapterSummary }
  | { readonly kind: 'download'; readonly progress: HubProgress }
  | { readonly kind: 'notice'; readonly message: string }
  | { readonly kind: 'weights'; readonly done: number; readonly total: number }
  | { readonly kind: 'recovered'; readonly step: number }
  /** Null: there is nothing to judge any more. */
  | { readonly kind: 'judged'; readonly judged: Judged | null }
  /** Long work beside a training. */
  | { readonly kind: 'work'; readonly what: 'test' | 'embed'; readonly done: number; readonly total: number }
  /** What this browser keeps has changed. */
  | { readonly kind: 'kept' };
