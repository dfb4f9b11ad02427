/** What the page Graph and its session say to each other. */
import type { AdapterSummary, RunEvent } from '../../session/protocol';

/** All that a run is a function of, besides the graph. */
export interface GraphSettings {
  /** 1: GAT; 2: GATv2. */
  readonly version: 1 | 2;
  readonly layers: number;
  readonly heads: number;
  readonly steps: number;
  readonly seed: number;
}

/** A graph of N members and T ties. */
export interface Asked {
  /** (N): the row of its own that each member has in the network; -1: one that it was not taught. */
  readonly rows: readonly number[];
  /** (T): one end of each tie, from 0 to N - 1; (T) the other one. */
  readonly source: readonly number[];
  readonly target: readonly number[];
}

/** A graph to learn from. */
export interface Taught extends Asked {
  /** (N): the page's own ids of its members. */
  readonly known: readonly number[];
  /** (N): classes, null where none is known. */
  readonly labels: readonly (number | null)[];
  /** Members whose classes the network is told of, from 0 to N - 1. */
  readonly told: readonly number[];
  /** K. */
  readonly classes: number;
}

/** The attention of a layer, by head. What a member gives to its neighbours and itself adds up to 1. */
export interface Attention {
  /** H. */
  readonly heads: number;
  /** (T, H): how much `target` of each tie gives to `source`. */
  readonly toSource: Float32Array;
  /** (T, H): how much `source` gives to `target`. */
  readonly toTarget: Float32Array;
  /** (N, H): how much each member gives to itself. */
  readonly own: Float32Array;
}

/** What a network says of a graph. */
export interface Looked {
  /** Updates that it had learnt for. */
  readonly step: number;
  /** (N, K): probabilities of classes. */
  readonly shares: Float32Array;
  /** Layer by layer. */
  readonly attention: readonly Attention[];
}

/** How many of those that it was not told of it gets right. */
export interface Judged {
  readonly step: number;
  readonly right: number;
  /** Members of known class that it was not told of. */
  readonly rest: number;
}

/** The network that stands in the worker. */
export interface GraphRun {
  readonly settings: GraphSettings;
  readonly step: number;
  readonly steps: number;
  /** K: among so many a blind guess is. */
  readonly vocabulary: number;
  readonly parameters: number;
  /** The page's ids of the members that it was taught. */
  readonly known: readonly number[];
}

/** A network at rest, as the site ships one. */
export interface TrainedNet {
  readonly run: GraphRun;
  /** By name. */
  readonly weights: Readonly<Record<string, Float32Array>>;
}

/** Two members who have no tie, and how likely one is. */
export interface Guess {
  readonly source: number;
  readonly target: number;
  readonly share: number;
}

export interface Guesses {
  /** The likeliest first. */
  readonly pairs: readonly Guess[];
  /** Of ties that it was not shown, set against pairs without a tie: how often the tie was given more. */
  readonly auc: number;
  /** Ties that were held out for it. */
  readonly held: number;
}

export type GraphEvent =
  | RunEvent<GraphRun, 'compile'>
  | { readonly kind: 'judged'; readonly judged: Judged }
  /** All judgements anew. */
  | { readonly kind: 'judgements'; readonly judged: readonly Judged[] }
  | { readonly kind: 'guessing'; readonly share: number }
  | { readonly kind: 'adapter'; readonly adapter: AdapterSummary }
  | { readonly kind: 'recovered'; readonly step: number };
