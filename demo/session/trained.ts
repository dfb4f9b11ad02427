import type { Reader } from './reader';
import type { RunInfo, RunState } from './protocol';

/** A GPT that was trained in this tab, or that trains. */
export interface TrainedModel {
  /** Another one for every model: what was read with one says nothing about the next. */
  readonly number: number;
  readonly state: RunState;
  readonly run: RunInfo;
  /** Of its last step; null where none is known. */
  readonly loss: number | null;
  /** What its samples go on from; '' where nobody said so. */
  readonly prompt: string;
}

/** Who holds such a model. */
export interface Teacher {
  readonly trained: TrainedModel | null;
  /** Does something with the model as it is, between two steps. Throws an `EngineError` where there is none. */
  whileStill<T>(work: (reader: Reader, step: number) => Promise<T>): Promise<T>;
}

/** The GPT that the Train page holds, for other pages of the same worker. */
export class Trained {
  /** The worker's own. */
  static readonly ofWorker = new Trained();
  #teacher: Teacher | null = null;
  readonly #listeners = new Set<() => void>();

  get teacher(): Teacher | null {
    return this.#teacher;
  }

  /** This one holds the model from now on. */
  offer(teacher: Teacher): void {
    this.#teacher = teacher;
  }

  /** There is another model, or it has learnt. */
  tell(): void {
    for (const listener of this.#listeners) listener();
  }

  listen(listener: () => void): void {
    this.#listeners.add(listener);
  }
}
