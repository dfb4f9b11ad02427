import { DataError, type Device } from '../../engine/index';
import { Generator } from '../../models/generation/generator';
import type { LanguageModel } from './model';
import type { GenerateSettings } from './protocol';
import { lineBreak } from './token-text';

/** Pieces of text are handed on at most this often. */
const EVERY_MS = 40;

/** Writes text with a model. Keeps one generator, with its KV cache, for as long as the model and device stay. */
export class Writer {
  #kept: {
    readonly generator: Generator;
    readonly device: Device;
    readonly model: LanguageModel;
  } | null = null;

  /** Text after the prompt, piece by piece, with the number of tokens so far. Slides on when the context is full. */
  async write(
    model: LanguageModel,
    { prompt, tokens, temperature, topK, topP, seed }: GenerateSettings,
    signal: AbortSignal,
    onText: (piece: string, count: number) => void,
  ): Promise<void> {
    const { tokenizer, gpt } = model;
    const ids = Array.from(tokenizer.encode(prompt, { special: false }));
    if (ids.length === 0) ids.push(lineBreak(tokenizer));
    const decoder = tokenizer.decoder();
    let count = 0;
    let held = '';
    let last = -Infinity;
    const flush = (force: boolean): void => {
      if (held === '' || (!force && performance.now() - last < EVERY_MS)) return;
      onText(held, count);
      held = '';
      last = performance.now();
    };
    const options = { tokens, temperature, topK, topP, seed, overflow: 'slide', signal } as const;
    try {
      for await (const id of this.#generatorOf(model).generate(ids.slice(-gpt.config.context), options)) {
        count++;
        held += decoder.push(id);
        flush(false);
      }
    } finally {
      held += decoder.end();
      flush(true);
    }
  }

  /** Gives back the KV cache: before its model goes. */
  drop(): void {
    this.#kept?.generator[Symbol.dispose]();
    this.#kept = null;
  }

  #generatorOf(model: LanguageModel): Generator {
    const { device } = model.run.trainer;
    if (this.#kept?.model !== model || this.#kept.device !== device) {
      this.drop();
      this.#kept = { generator: new Generator(device, model.gpt), device, model };
    }
    return this.#kept.generator;
  }
}

/** The prompt, or nothing where the model's characters do not spell it. */
export function knownPrompt({ tokenizer }: LanguageModel, prompt: string): string {
  try {
    tokenizer.encode(prompt, { special: false });
    return prompt;
  } catch (error) {
    if (error instanceof DataError) return '';
    throw error;
  }
}
