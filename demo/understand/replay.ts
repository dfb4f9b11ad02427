/** Answers from a recording, as a session would give them. */
import type { RecordedFile } from './recording';
import type {
  Answered,
  Explained,
  ExplanationMethod,
  Filled,
  LearnEvent,
  LineMap,
  ScoredWord,
  Searched,
  Tagged,
  TaskName,
  Told,
} from './session/protocol';

export class Replay {
  readonly #file: RecordedFile;

  constructor(file: RecordedFile) {
    this.#file = file;
  }

  get adapter(): string {
    return this.#file.adapter;
  }

  /** What the session told while it learnt. */
  events<T extends TaskName>(task: T): LearnEvent<T>[] {
    const { run, history, judged } = this.#file.taught[task];
    return [
      { task, kind: 'state', state: 'finished', run },
      { task, kind: 'history', history },
      { task, kind: 'judged', judged },
    ];
  }

  get map(): LineMap {
    const { map } = this.#file;
    return { ...map, points: Float32Array.from(map.points) };
  }

  fill(line: string): { readonly filled: Filled | null; readonly reasons: readonly ScoredWord[] } {
    return this.#file.fills[line] ?? { filled: null, reasons: [] };
  }

  told(text: string): Told | null {
    return this.#file.told[text]?.told ?? null;
  }

  explained(text: string, method: ExplanationMethod): Explained | null {
    return this.#file.told[text]?.explained[method] ?? null;
  }

  tagged(text: string): Tagged | null {
    return this.#file.tagged[text] ?? null;
  }

  answered(question: string): Answered | null {
    return this.#file.answered[question] ?? null;
  }

  searched(query: string): Searched | null {
    return this.#file.searched[query] ?? null;
  }
}
