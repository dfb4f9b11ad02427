import type { SavedFile } from '../session/protocol';
import { saveBytes } from './save-file';

/** Whether a run has steps that no file of the visitor's holds. */
export class Unsaved {
  steps = false;

  /** Saves what `make` gives, and gives its name; steps that follow meanwhile are unsaved again. */
  async save(make: () => Promise<SavedFile>): Promise<string> {
    const before = this.steps;
    this.steps = false;
    try {
      const file = await make();
      saveBytes(file);
      return file.name;
    } catch (error) {
      this.steps = before;
      throw error;
    }
  }
}
