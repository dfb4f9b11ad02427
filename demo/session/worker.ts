import { expose, transfer } from 'comlink';
import type { SessionEvent } from './protocol';
import { Session } from './session';

/** Events and replies share one port, so that the page hears of a change before the call that made it returns. */
const post = (event: SessionEvent): void => postMessage({ event });

class WorkerSession extends Session {
  /** The file moves to the page instead of being copied. */
  override async save() {
    const file = await super.save();
    return transfer(file, [file.bytes.buffer]);
  }
}

export type { WorkerSession };
expose(new WorkerSession(post));
