/** What the page Understand and its session say to each other. Everything in it can be cloned. */
import type { ExplanationMethod, Faithfulness } from '../../../models/explain/index';
import type { Judgement } from '../../../models/finetune/index';
import type { HubProgress } from '../../../models/index';
import type { Answer, Tag } from '../../../models/tasks/index';
import type { ExportedFile, Found } from '../../bring/session/protocol';
import type { AdapterSummary, RunEvent } from '../../session/protocol';
import type { Word } from '../words';
import type { Beyond } from './beyond';

export type { Answer, ExplanationMethod, ExportedFile, Faithfulness, Judgement, Tag };

/** The encoder that is loaded. */
export interface OpenedEncoder extends Found {
  /** The longest text, in tokens. */
  readonly context: number;
  /** A learning rate that a model of its width does well with. */
  readonly rate: number;
  /** Whether it can fill in hidden words. */
  readonly fills: boolean;
  /** What it came with the head for; null where it has to be taught first. */
  readonly can: TaskName | null;
  /** Classes or tags of that head. */
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

export interface Filled extends Beyond {
  readonly candidates: readonly Candidate[];
  /** What was hidden, where it is one token. */
  readonly hidden: Candidate | null;
}

/** A word, and how much it counts. */
export interface ScoredWord extends Word {
  readonly score: number;
}

// What is taught ------------------------------------------------------------------------------------------------------

/** The tabs in which an encoder is taught something. */
export const TASK_NAMES = ['classify', 'tag', 'ask'] as const;
export type TaskName = (typeof TASK_NAMES)[number];

/** Where examples come from: the page's own, or a visitor's. */
export type ExampleSource =
  | { readonly kind: 'page' }
  | { readonly kind: 'pasted'; readonly text: string }
  /** Words that were tagged by hand on the page, in CoNLL's form. */
  | { readonly kind: 'marked'; readonly text: string }
  | { readonly kind: 'file'; readonly file: File };

/** How a table of texts with labels is read. */
export interface Columns {
  readonly text: string;
  readonly label: string;
  /** The first row has the columns' names. */
  readonly header: boolean;
  /** What labels are that differ in case or blanks only. */
  readonly alike: 'ask' | 'same' | 'apart';
}

/** How a table of questions is read. */
export interface AskColumns {
  readonly context: string;
  readonly question: string;
  readonly answer: string;
  readonly header: boolean;
}

/** How each task's examples are read, where there is something to choose. */
export interface Choices {
  readonly classify: Columns;
  readonly tag: never;
  readonly ask: AskColumns;
}

/** Examples as they were read. */
interface LessonFacts {
  readonly title: string;
  /** Of examples and labels: what a run that goes on must have in common. */
  readonly fingerprint: string;
  /** What is told apart: classes or tags; none of questions. */
  readonly labels: readonly string[];
  readonly training: number;
  readonly held: number;
  /** Examples that are nearly those of others: all of a group are on one side. */
  readonly alike: number;
  /** Rows that were left out, with their numbers and why; in English. */
  readonly skipped: string;
}

/** Texts with classes. */
export interface Lesson extends LessonFacts {
  readonly columns: readonly string[];
  readonly chosen: Columns;
  /** Labels that may be meant as one; null: nothing is to be asked, and all else is known. */
  readonly question: string | null;
  readonly counts: readonly number[];
  /** Of each label the first texts. */
  readonly shown: readonly (readonly string[])[];
}

/** Sentences with tagged words. */
export interface TagLesson extends LessonFacts {
  readonly sentences: number;
  /** What is tagged, without B- and I-: how many names, or words, and the first of them. */
  readonly kinds: readonly {
    readonly label: string;
    readonly count: number;
    readonly shown: readonly string[];
  }[];
}

/** Questions with answers in a text. */
export interface AskLesson extends LessonFacts {
  readonly columns: readonly string[];
  readonly chosen: AskColumns;
  readonly texts: number;
  /** Questions that their text has no answer to. */
  readonly unanswered: number;
  /** The first rows. */
  readonly shown: readonly { readonly question: string; readonly answer: string }[];
}

export interface Lessons {
  readonly classify: Lesson;
  readonly tag: TagLesson;
  readonly ask: AskLesson;
}

export interface LearnSettings {
  /** Peak learning rate. */
  readonly rate: number;
  readonly steps: number;
}

/** A model that stands there: it learns, has learnt, or came with its files. */
export interface TaughtRun {
  readonly title: string;
  readonly labels: readonly string[];
  /** Null for one that came from files. */
  readonly settings: LearnSettings | null;
  readonly step: number;
  readonly steps: number;
  /** The step whose weights it has. */
  readonly kept: number;
  /** The lesson's fingerprint; empty for one that came from files. */
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

/** A held-out sentence of which words were taken for something else. */
export interface TagMistake {
  readonly text: string;
  readonly words: readonly (Word & { readonly label: string; readonly told: string })[];
}

/** A held-out question whose answer was another one. */
export interface AskMistake {
  readonly context: string;
  readonly question: string;
  /** Empty: there is none. */
  readonly answer: string;
  readonly told: string;
  readonly share: number;
}

export interface Mistakes {
  readonly classify: Mistake;
  readonly tag: TagMistake;
  readonly ask: AskMistake;
}

/** How well it does on what was held out. */
export interface Judged<T extends TaskName = TaskName> extends Judgement {
  readonly step: number;
  readonly labels: readonly string[];
  /** Once it has learnt; null before. */
  readonly mistakes: readonly Mistakes[T][] | null;
}

/** A model that was taught and that this browser keeps. */
export interface KeptModel {
  readonly id: string;
  readonly title: string;
  readonly labels: readonly string[];
  /** Milliseconds since 1970. */
  readonly when: number;
  /** On what was held out: macro F1 of classes, F1 of names or of answers. */
  readonly f1: number | null;
  readonly bytes: number;
}

export type LearnEvent<T extends TaskName = TaskName> = { readonly task: T } & (
  | RunEvent<TaughtRun, 'encode' | 'compile'>
  /** Null: there is nothing to judge any more. */
  | { readonly kind: 'judged'; readonly judged: Judged<T> | null }
  /** What this browser keeps has changed. */
  | { readonly kind: 'kept' }
);

// Classify ------------------------------------------------------------------------------------------------------------

export interface Told extends Beyond {
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

// Tag -----------------------------------------------------------------------------------------------------------------

/** What of a text has a tag, in its order. */
export interface Tagged {
  readonly tags: readonly Tag[];
  /** What it can be, in the order of their colours. */
  readonly kinds: readonly string[];
}

// Ask -----------------------------------------------------------------------------------------------------------------

export interface Asked {
  readonly question: string;
  readonly context: string;
  /** Whether there may be no answer. */
  readonly impossible: boolean;
}

export interface Answered {
  /** The likeliest first; none of them overlaps a likelier one. One without text: there is no answer. */
  readonly answers: readonly Answer[];
  /** In how many parts the text was read, and tokens of one at most. */
  readonly windows: number;
  readonly length: number;
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
  /** Lines whose ends were not read: they are longer than the model reads. */
  readonly cut?: number;
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
  | LearnEvent
  | { readonly kind: 'adapter'; readonly adapter: AdapterSummary }
  | { readonly kind: 'download'; readonly progress: HubProgress }
  | { readonly kind: 'notice'; readonly message: string }
  | { readonly kind: 'weights'; readonly done: number; readonly total: number }
  | { readonly kind: 'recovered'; readonly step: number }
  /** Long work beside a training. */
  | { readonly kind: 'work'; readonly what: 'test' | 'embed'; readonly done: number; readonly total: number };
