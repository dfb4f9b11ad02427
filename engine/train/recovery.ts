/** From a lost device to another: how often one is asked for, and how long to wait in between. */
import { DeviceError, EngineError, throwIfAborted } from '../errors';
import type { Rungs } from '../runtime/capabilities';
import type { Device } from '../runtime/device';

/** What becomes of a run whose device is lost. */
export interface RecoveryOptions {
  /**
   * Opens a device when the present one is lost; without it a loss ends the run with a `DeviceError`. Where it throws,
   * whatever it throws, it is asked again. A store that the model had before the run moves to the new device.
   */
  readonly reopen?: () => Promise<Device>;
  /**
   * Milliseconds to wait before `reopen` is called for the second time in a row, the third and so on, because it threw or
   * its device was lost before the next checkpoint; after the last the run gives up, until it is fitted again. A driver
   * that restarts needs seconds. Default 200, 500, 1000, 2000, 5000, 10000.
   */
  readonly reopenPauses?: readonly number[];
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
}

const PAUSES = [200, 500, 1000, 2000, 5000, 10000];

export function checkRecovery(where: string, { reopenPauses = PAUSES }: RecoveryOptions): void {
  const wrong = reopenPauses.find((ms) => !(ms >= 0 && ms <= 2 ** 31 - 1)); // timers take no more
  if (wrong === undefined) return;
  throw new EngineError(where, `a pause is ${wrong} ms`, 'Use numbers of at least 0, such as [200, 1000].');
}

/** Devices for one run, in place of those that it loses. */
export class Recovery {
  readonly #options: RecoveryOptions;
  /** Calls of `reopen` since the run last got on. */
  #calls = 0;

  constructor(options: RecoveryOptions) {
    this.#options = options;
  }

  /** The run got on: what failed before does not count any more. */
  succeed(): void {
    this.#calls = 0;
  }

  /**
   * Another device in place of the lost one, that answers. It takes `rungs`, those that the run's kernels have, unless `reopen` chose some:
   * numbers go on bit for bit. Throws `loss` itself where there is no `reopen`, a `DeviceError` with the last cause when all calls failed,
   * and the signal's reason.
   */
  async open(loss: DeviceError, rungs: Rungs | undefined): Promise<Device> {
    const { reopen, reopenPauses: pauses = PAUSES, signal } = this.#options;
    throwIfAborted(signal);
    if (!reopen) throw loss;
    let cause: unknown = loss;
    while (this.#calls <= pauses.length) {
      if (this.#calls > 0) await unlessAborted(signal, (done) => pause(pauses[this.#calls - 1], done));
      this.#calls++;
      try {
        const device = await unlessAborted(signal, () => reopen());
        const lost = await device.loss();
        if (!lost) {
          if (rungs && !device.can.rungs) device.setRungs(rungs);
          return device;
        }
        cause = lost;
      } catch (error) {
        throwIfAborted(signal);
        cause = error;
      }
    }
    const what = cause instanceof Error ? cause.message : String(cause);
    throw new DeviceError(
      'Run',
      `the device was lost, and ${pauses.length + 1} more in a row were lost or not to be had; the last: ${what}`,
      'The last checkpoint is kept: call fit again once there is a device.',
      { cause },
    );
  }
}

/** Resolves after so many milliseconds, or when `done` says that nobody waits any more. */
function pause(milliseconds: number, done: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    done.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}

/** The work's result, or the signal's reason as soon as it is aborted; `done` fires in either case. */
async function unlessAborted<T>(
  signal: AbortSignal | undefined,
  work: (done: AbortSignal) => Promise<T>,
): Promise<T> {
  throwIfAborted(signal);
  const done = new AbortController();
  try {
    return await new Promise<T>((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { signal: done.signal });
      work(done.signal).then(resolve, reject);
    });
  } finally {
    done.abort();
  }
}
