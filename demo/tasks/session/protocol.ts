/** What the page Tasks and its session say to each other. */
import type { Likely } from '../../session/likeliest';
import type { Maps } from '../../session/maps';
import type { AdapterSummary, History, RunEvent } from '../../session/protocol';
import type { Example } from '../tasks/task';
import type { TaskName, TaskValues } from '../tasks/tasks';

/** All that a run is a function of. */
export interface TaskSettings {
  readonly task: TaskName;
  readonly values: TaskValues;
  readonly layers: number;
  readonly heads: number;
  /** Of weights, examples and what is held out. */
  readonly seed: number;
}

export interface Solved {
  readonly step: number;
  /** Of training and judging, without compiling and pauses. */
  readonly seconds: number;
}

/** The model that stands in the worker. */
export interface TaskRun {
  readonly settings: TaskSettings;
  readonly step: number;
  /** Updates after which it gives up. */
  readonly steps: number;
  /** Different symbols of answers: among so many a blind guess is. */
  readonly vocabulary: number;
  readonly parameters: number;
  readonly solved: Solved | null;
}

/** A number for every head: layer by layer. */
export type ByHead = readonly (readonly number[])[];

/** How a model does on held-out examples. A share is 0 … 1. */
export interface Accuracy {
  /** Examples that it was judged by. */
  readonly examples: number;
  /** Mean cross-entropy of the tokens of answers, in nats. */
  readonly loss: number;
  /** Tokens of answers that are its likeliest ones, after the right ones before them. */
  readonly tokens: number;
  /** Answers that are right from the first to the last token. */
  readonly answers: number;
  /** Tokens by their place in the answer. */
  readonly places: readonly number[];
}

export interface HeadScores {
  /** Share of the attention of rows that predict an answer's tokens which goes to the places these are made from. */
  readonly scores: ByHead;
  /** What a head would have that attends to all places alike. */
  readonly uniform: number;
}

export interface Judged extends Accuracy, HeadScores {
  readonly step: number;
}

export interface TaskHistory extends History {
  readonly judged: readonly Judged[];
}

/** One token of an answer as the model gave it. */
export interface Given extends Likely {
  /** The likeliest ones, best first. */
  readonly likeliest: readonly Likely[];
}

/** What the model answers to an input, token by token, each after its own before it. */
export interface Answered extends Example {
  /** Steps that it had learnt for. */
  readonly step: number;
  readonly given: readonly Given[];
  /** All that it read: padding, input, '=', and its answer without the last token. */
  readonly read: readonly number[];
  /** Of each layer, (heads, read, read). */
  readonly maps: readonly Maps[];
}

export type TasksEvent =
  | RunEvent<TaskRun, 'compile', TaskHistory>
  | { readonly kind: 'judged'; readonly judged: Judged }
  /** Training ended: whole answers that are right with one head switched off, for every head. */
  | { readonly kind: 'without'; readonly answers: ByHead }
  | { readonly kind: 'adapter'; readonly adapter: AdapterSummary }
  | { readonly kind: 'recovered'; readonly step: number };
