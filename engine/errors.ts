/**
 * Every error that a user can cause reads *where: what, with the numbers. What to do.*
 * Internal invariants throw plain `Error`s; if one reaches a user it is a bug in Heed.
 */
export class EngineError extends Error {
  /** The place that found the fault: an op's scope, a file, a call. */
  readonly where: string;
  /** What is wrong, with the numbers. */
  readonly what: string;
  /** What to do about it; may be empty when `what` already says so. */
  readonly todo: string;

  constructor(where: string, what: string, todo = '', options?: ErrorOptions) {
    super(`${where}: ${what}.${todo ? ` ${todo}` : ''}`.replace(/\.\.(?=\s|$)/g, '.'), options);
    this.name = new.target.name;
    this.where = where;
    this.what = what;
    this.todo = todo;
  }
}

/** Tensors whose shapes or dtypes do not fit together. */
export class ShapeError extends EngineError {}

/** A kernel that does not compile, link or bind. */
export class KernelError extends EngineError {}

/** No adapter, a missing feature, a limit exceeded, out of memory, a lost device. */
export class DeviceError extends EngineError {}

/** Files, texts, tokens and checkpoints that cannot be used. */
export class DataError extends EngineError {}

/** Training that cannot go on: a loss or gradient that is not finite. */
export class TrainingError extends EngineError {}

/** Throws the signal's reason if it has been aborted; the one check that all long work calls. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  signal?.throwIfAborted();
}

/** `1536` -> `1.5 KiB`; for messages only. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 2 : 1)} ${units[unit]}`;
}
