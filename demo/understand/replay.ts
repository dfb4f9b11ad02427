/** Answers from a recording, as a session would give them. */
import type { RecordedFile } from './recording';
import type {
  Explained,
  ExplanationMethod,
  Filled,
  LineMap,
  ScoredWord,
  Searched,
  Told,
  UnderstandEvent,
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
  events(): UnderstandEvent[] {
    const { run, history, judged } = this.#file;
    return [
      { kind: 'state', state: 'finished', run },
      { kind: 'history', history },
      { kind: 'judged', judged },
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

  searched(query: string): Searched | null {
    return this.#file.searched[query] ?? null;
  }
}
