import { transfer } from 'comlink';
import { Session } from './session';

/** The session as its page gets it: files move to the page instead of being copied. */
export class WorkerSession extends Session {
  override async save() {
    const file = await super.save();
    return transfer(file, [file.bytes.buffer]);
  }
}
