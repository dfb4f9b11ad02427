import { transfer } from 'comlink';
import { TranslateSession } from './session';

/** The session as its page gets it: files move to the page instead of being copied. */
export class WorkerSession extends TranslateSession {
  override async save() {
    const file = await super.save();
    return transfer(file, [file.bytes.buffer]);
  }

  override async saveModel() {
    const file = await super.saveModel();
    return transfer(file, [file.bytes.buffer]);
  }
}
