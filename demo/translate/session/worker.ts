import { expose, transfer } from 'comlink';
import type { TranslateEvent } from './protocol';
import { TranslateSession } from './session';

/** Events and replies share one port, so that the page hears of a change before the call that made it returns. */
const post = (event: TranslateEvent): void => postMessage({ event });

class WorkerSession extends TranslateSession {
  /** Files move to the page instead of being copied. */
  override async save() {
    const file = await super.save();
    return transfer(file, [file.bytes.buffer]);
  }

  override async saveModel() {
    const file = await super.saveModel();
    return transfer(file, [file.bytes.buffer]);
  }
}

export type { WorkerSession };
expose(new WorkerSession(post));
