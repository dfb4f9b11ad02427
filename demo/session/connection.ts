import { Device } from '../../engine/index';
import type { AdapterSummary } from './protocol';

/** The device of a session, opened when it is first needed and again after it was lost. */
export class Connection {
  readonly #onOpen: (adapter: AdapterSummary) => void;
  readonly #onLost: () => void;
  #device: Device | null = null;
  #lost = false;
  #opening: Promise<Device> | null = null;

  constructor(onOpen: (adapter: AdapterSummary) => void, onLost: () => void) {
    this.#onOpen = onOpen;
    this.#onLost = onLost;
  }

  get device(): Device | null {
    return this.#lost ? null : this.#device;
  }

  /** Throws a `DeviceError` where there is no adapter. Calls that come together get one device. */
  async open(): Promise<Device> {
    if (this.#device && !this.#lost) return this.#device;
    this.#opening ??= this.#openAnother().finally(() => (this.#opening = null));
    return this.#opening;
  }

  async #openAnother(): Promise<Device> {
    const device = await this.#request();
    this.#device = device;
    this.#lost = false;
    void device.lost.then(() => {
      if (device !== this.#device) return;
      this.#lost = true;
      this.#onLost();
    });
    this.#onOpen(summary(device));
    return device;
  }

  /** A run may notice a loss before the device's own promise tells: opens another one in any case. */
  reopen(): Promise<Device> {
    this.#lost = true;
    return this.open();
  }

  /** For tests: what a crash of the driver does. */
  lose(): void {
    this.#device?.gpu.destroy();
  }

  /** Browsers need a moment after a crash of the driver before they give out an adapter again. */
  async #request(): Promise<Device> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await Device.open();
      } catch (error) {
        if (!this.#lost || attempt === 4) throw error;
        await new Promise((resolve) => setTimeout(resolve, 500 * attempt));
      }
    }
  }
}

function summary({ can, info }: Device): AdapterSummary {
  const { vendor, architecture, description } = info;
  const features: string[] = [];
  if (can.f16) features.push('f16');
  if (can.subgroups) features.push('subgroups');
  if (can.timestamps) features.push('timestamps');
  const name = description || [vendor, architecture].filter(Boolean).join(' ') || 'WebGPU';
  return { name, software: can.software, features };
}
