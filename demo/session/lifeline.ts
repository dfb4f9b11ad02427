/** Work that outlives its device: done again on another, where it is lost meanwhile. */
import type { Device } from '../../engine/index';
import type { Connection } from './connection';

export type Calls = Pick<Connection, 'open' | 'reopen' | 'lose'>;

/** What stands on a device. */
interface Placed {
  readonly device: Device;
}

export class Lifeline {
  readonly #connection: Calls;
  readonly #onRecovered: () => void;

  /** `onRecovered`: what was lost with a device stands on another one. */
  constructor(connection: Calls, onRecovered: () => void) {
    [this.#connection, this.#onRecovered] = [connection, onRecovered];
  }

  open(): Promise<Device> {
    return this.#connection.open();
  }

  /** The device in the place of one that is lost: the one that somebody has opened since, or a new one. */
  async another(lost: Device): Promise<Device> {
    const now = await this.#connection.open();
    return now === lost ? this.#connection.reopen() : now;
  }

  /**
   * What there is on the device as it is now: `now` where it is there, else what `open` makes. Where the device was lost, that is told.
   */
  async current<T extends Disposable & Placed>(
    now: T | null,
    open: (device: Device) => Promise<T>,
  ): Promise<T> {
    const device = await this.open();
    if (now?.device === device) return now;
    const made = await open(device);
    if (now) {
      now[Symbol.dispose]();
      this.#onRecovered();
    }
    return made;
  }

  /** Does it, and once again where a device is lost meanwhile. `on`: what it is done with. */
  hold<T>(on: () => Placed | null, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    return this.survive(on, () => 0, work, signal);
  }

  /** Does it, and again with every device that is lost, as long as it gets on: `step` tells how far it came. */
  async survive<T>(
    on: () => Placed | null,
    step: () => number,
    work: () => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    for (let before = -1; ; before = step()) {
      try {
        return await work();
      } catch (error) {
        const { device } = on() ?? {};
        if (signal.aborted || !device || (await device.loss()) === null || step() === before) throw error;
        await this.another(device);
      }
    }
  }

  /** For tests: what a crash of the driver does. */
  lose(): void {
    this.#connection.lose();
  }
}
