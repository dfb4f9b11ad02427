import type { LanguageModel } from './model';
import { Reader } from './reader';

/** Keeps one reader for as long as the model and its device stay. */
export class ModelReader {
  #kept: Reader | null = null;

  of({ gpt, tokenizer, run }: LanguageModel): Reader {
    const { device } = run.trainer;
    if (this.#kept?.model !== gpt || this.#kept.device !== device) {
      this.drop();
      this.#kept = new Reader(device, gpt, tokenizer);
    }
    return this.#kept;
  }

  /** Frees what it reads with: before its model goes. */
  drop(): void {
    this.#kept?.[Symbol.dispose]();
    this.#kept = null;
  }
}
