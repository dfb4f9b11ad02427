import { Connection } from '../../session/connection';
import type { BringEvent } from './protocol';
import { BringSession } from './session';

/** The session as its page gets it: on the device that all pages share. */
export class WorkerSession extends BringSession {
  readonly #device: Connection;

  constructor(emit: (event: BringEvent) => void) {
    const device = new Connection(
      (adapter) => emit({ kind: 'adapter', adapter }),
      () => emit({ kind: 'lost' }),
    );
    super(device, emit);
    this.#device = device;
  }

  /** Opens the adapter. Throws a `DeviceError` where there is none. */
  async open(): Promise<void> {
    await this.#device.open();
  }

  /** For tests: destroys the device, as a driver crash would. */
  loseDevice(): void {
    this.#device.lose();
  }
}
