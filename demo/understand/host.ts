/** What the parts of the page Understand have of the whole. */
import type { Remote } from 'comlink';
import type { SiteContext } from '../site/page';
import type { Attempts } from '../view/attempts';
import type { Format } from '../view/format';
import type { UnderstandStrings } from './english';
import type { Replay } from './replay';
import type { OpenedEncoder } from './session/protocol';
import type { UnderstandSession } from './session/session';

export interface Host {
  readonly context: SiteContext;
  readonly attempts: Attempts;
  /** Null where nothing can compute. */
  readonly session: Remote<UnderstandSession> | null;
  /** The adapter is open. */
  readonly ready: boolean;
  /** Where there is nothing but a recording. */
  readonly replay: Replay | null;
  readonly encoder: OpenedEncoder | null;
  readonly strings: UnderstandStrings;
  readonly format: Format;
  /** Settings have changed: the address is to have them. */
  changed(): void;
  render(): void;
}

/** Of what is asked in one place, the last counts: what comes of anything before it is dropped, errors too. */
export class Latest {
  readonly #host: Host;
  #turn = 0;

  constructor(host: Host) {
    this.#host = host;
  }

  async run(work: (isCurrent: () => boolean) => Promise<void>): Promise<void> {
    const turn = ++this.#turn;
    const isCurrent = (): boolean => turn === this.#turn;
    const { notices } = this.#host.context;
    notices.clear('error');
    try {
      await work(isCurrent);
    } catch (error) {
      if (isCurrent() && (error as Error).name !== 'AbortError') notices.error(error as Error);
    }
    this.#host.render();
  }
}

/** Once somebody who types pauses for a moment. */
export class Pause {
  #timer: ReturnType<typeof setTimeout> | undefined;

  wait(milliseconds: number, work: () => Promise<void>): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void work(), milliseconds);
  }
}

/** Milliseconds that somebody who types waits for an answer. */
export const TYPING = 250;
