/** What a hub's folder tells: progress over all files of a model, and what it does otherwise than it was asked to. */
import type { Progress } from '../../engine/index';

/** How much of a model has arrived, in bytes. */
export interface HubProgress {
  /** Bytes that are here, from the network or the cache, of all files that were opened so far. */
  readonly loaded: number;
  /** Bytes of all of them; null while a server keeps one to itself. */
  readonly total: number | null;
  /** The file that this is about. */
  readonly file: string;
}

export class Tally {
  readonly #files = new Map<string, Progress>();
  readonly #tell: ((progress: HubProgress) => void) | undefined;

  constructor(tell?: (progress: HubProgress) => void) {
    this.#tell = tell;
  }

  /** What is here of one file. */
  report(file: string, progress: Progress): void {
    this.#files.set(file, progress);
    const files = [...this.#files.values()];
    const total = files.reduce<number | null>(
      (sum, one) => (sum === null || one.total === null ? null : sum + one.total),
      0,
    );
    this.#tell?.({ loaded: files.reduce((sum, one) => sum + one.loaded, 0), total, file });
  }
}

/** Something that was done in another way than asked, see `HubOptions.onNotice`. */
export interface HubNotice {
  readonly kind: 'offline' | 'full';
  /** For people. */
  readonly message: string;
}
