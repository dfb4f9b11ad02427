import { DeviceError, type Device } from '../../engine/index';
import { SharedDevice } from './shared-device';
import type { AdapterSummary } from './protocol';

/**
 * A session's connection to the device, which all sessions of a worker share: kernels that one has compiled are there
 * for the others. Opened when it is first needed, and again after it was lost.
 */
export class Connection {
  readonly #shared: SharedDevice;
  readonly #onOpen: (adapter: AdapterSummary) => void;
  readonly #onLost: () => void;
  /** The device that this session works on; null before it has one, and when that one is lost. */
  #device: Device | null = null;

  /** `onLost`: by default nothing is told, and the next call opens another device. */
  constructor(
    onOpen: (adapter: AdapterSummary) => void,
    onLost: () => void = () => undefined,
    shared: SharedDevice = SharedDevice.ofWorker,
  ) {
    this.#onOpen = onOpen;
    this.#onLost = onLost;
    this.#shared = shared;
  }

  get device(): Device | null {
    return this.#device;
  }

  /** Throws a `DeviceError` where there is no adapter. Calls that come together get one device. */
  async open(): Promise<Device> {
    return this.#take(await this.#shared.open());
  }

  /** A run may notice a loss before the device's own promise tells: another device in any case. */
  async reopen(): Promise<Device> {
    const lost = this.#device;
    this.#device = null;
    if (lost) this.#shared.giveUp(lost);
    return this.open();
  }

  /** Does something on the device, and once again on another where that one is lost meanwhile, also before its own promise tells. */
  async use<T>(work: (device: Device) => Promise<T>): Promise<T> {
    const device = await this.open();
    try {
      return await work(device);
    } catch (error) {
      if (!(error instanceof DeviceError) && (await device.loss()) === null) throw error;
      const current = this.#device;
      return await work(current && current !== device ? current : await this.reopen());
    }
  }

  /** For tests: what a crash of the driver does. */
  lose(): void {
    this.#device?.gpu.destroy();
  }

  #take(device: Device): Device {
    if (device === this.#device) return device;
    this.#device = device;
    this.#onOpen(this.#shared.adapter!);
    void device.lost.then(() => {
      if (device !== this.#device) return;
      this.#device = null;
      this.#shared.giveUp(device);
      this.#onLost();
    });
    return device;
  }
}
