import { DataError, expectOptions, expectSeed } from '../errors';
import { hash32 } from '../nn/init';

/** Token ids and the token after each of them. (B, T) each. */
export interface Batch {
  readonly ids: Uint32Array;
  readonly targets: Uint32Array;
}

/** Batches as a function of the step: nothing keeps state, so a run resumes where its step number says. */
export type BatchSource = (step: number) => Batch;

/**
 * Random windows of one long text, as nanoGPT draws them.
 * Throws `DataError` when the text is shorter than one window.
 */
export function randomWindows(
  tokens: Uint32Array,
  options: { batch: number; length: number; seed?: number },
): BatchSource {
  const { batch, length, seed = 0 } = options;
  expectOptions('randomWindows', options, { batch, length, seed });
  expectSeed('randomWindows', seed);
  expectSizes('randomWindows', { batch, length });
  const places = tokens.length - length;
  if (places < 1) {
    throw new DataError(
      'randomWindows',
      `the text has ${tokens.length} tokens but a window takes ${length + 1}`,
      'Use a longer text or a shorter context.',
    );
  }
  return (step) => {
    const ids = new Uint32Array(batch * length);
    const targets = new Uint32Array(batch * length);
    for (let b = 0; b < batch; b++) {
      const start = hash32(seed, step * batch + b) % places;
      ids.set(tokens.subarray(start, start + length), b * length);
      targets.set(tokens.subarray(start + 1, start + 1 + length), b * length);
    }
    return { ids, targets };
  };
}

/** Consecutive windows that cover a text once, for evaluation; the last may be dropped to fill whole batches. */
export function windows(
  tokens: Uint32Array,
  options: { batch: number; length: number; limit?: number },
): Batch[] {
  const { batch, length, limit = Infinity } = options;
  expectOptions('windows', options, { batch, length, limit });
  expectSizes('windows', { batch, length, ...(limit !== Infinity && { limit }) });
  const out: Batch[] = [];
  const span = batch * length;
  for (let at = 0; at + span + 1 <= tokens.length && out.length < limit; at += span) {
    out.push({ ids: tokens.slice(at, at + span), targets: tokens.slice(at + 1, at + span + 1) });
  }
  if (out.length === 0) {
    throw new DataError(
      'windows',
      `the text has ${tokens.length} tokens but one evaluation batch takes ${span + 1}`,
      'Use a longer validation text, a smaller batch or a shorter context.',
    );
  }
  return out;
}

/** Throws `DataError` for a size that is no whole number of at least 1. */
export function expectSizes(where: string, sizes: Readonly<Record<string, number>>): void {
  for (const [name, n] of Object.entries(sizes)) {
    if (Number.isInteger(n) && n >= 1) continue;
    throw new DataError(where, `${name} is ${n}`, 'Use a whole number of at least 1.');
  }
}
