import { Device } from '../../engine/index';
import type { AdapterSummary } from './protocol';

/** One device for all who ask, and another one when that is lost. */
export class SharedDevice {
  /** The worker's own. */
  static readonly ofWorker = new SharedDevice();
  /** Devices opened so far: tests count them. */
  opened = 0;
  #adapter: AdapterSummary | null = null;
  #device: Device | null = null;
  /** There was one before. */
  #lost = false;
  #opening: Promise<Device> | null = null;

  /** Of the last device; null before there was one. */
  get adapter(): AdapterSummary | null {
    return this.#adapter;
  }

  /** Kernels compiled so far on the device as it is. */
  get pipelines(): number {
    return this.#device?.pipelines.size ?? 0;
  }

  /** Throws a `DeviceError` where there is no adapter. Calls that come together get one device. */
  async open(): Promise<Device> {
    if (this.#device) return this.#device;
    this.#opening ??= this.#openAnother().finally(() => (this.#opening = null));
    return this.#opening;
  }

  /** This device is lost: the next call opens another one. */
  giveUp(device: Device): void {
    if (device !== this.#device) return;
    this.#device = null;
    this.#lost = true;
  }

  async #openAnother(): Promise<Device> {
    const device = await this.#request();
    this.opened++;
    this.#device = device;
    this.#adapter = summary(device);
    void device.lost.then(() => this.giveUp(device));
    return device;
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

/** An adapter as people know it. */
export const adapterName = ({ info: { vendor, architecture, description } }: Device): string =>
  description || [vendor, architecture].filter(Boolean).join(' ') || 'WebGPU';

function summary(device: Device): AdapterSummary {
  const { can } = device;
  const features: string[] = [];
  if (can.f16) features.push('f16');
  if (can.subgroups) features.push('subgroups');
  if (can.timestamps) features.push('timestamps');
  return { name: adapterName(device), software: can.software, features };
}
