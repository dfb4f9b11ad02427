/** Work that outlives its device: done again once on another, where it is lost meanwhile. */
import type { Device } from '../../../engine/index';
import type { Connection } from '../../session/connection';

export type Calls = Pick<Connection, 'open' | 'reopen' | 'lose'>;

export class Lifeline {
  readonly #connection: Calls;
  readonly #onRecovered: () => void;

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
  async current<T extends Disposable & { readonly device: Device }>(
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

  /** `on`: what it is done with, and on which device that is. */
  async hold<T>(
    on: () => { readonly device: Device } | null,
    work: () => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const { device } = on() ?? {};
      if (signal.aborted || !device || (await device.loss()) === null) throw error;
      await this.another(device);
      return work();
    }
  }

  /** For tests: what a crash of the driver does. */
  lose(): void {
    this.#connection.lose();
  }
}
