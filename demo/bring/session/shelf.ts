/** Where models come from: those that ship, the hub, this device, and what of the hub is kept here. */
import type { Device } from '../../../engine/index';
import { inspect, ModelCache, type ModelFolder } from '../../../models/index';
import type { BringEvent, Cached, Found, Source, Storage } from './protocol';
import { folderOf, titleOf } from './sources';
import { useOf } from './uses';

export class Shelf {
  readonly #emit: (event: Extract<BringEvent, { kind: 'download' | 'notice' }>) => void;
  #cache: Promise<ModelCache | null> | null = null;

  constructor(emit: (event: Extract<BringEvent, { kind: 'download' | 'notice' }>) => void) {
    this.#emit = emit;
  }

  /** Models that are kept here, the last used first; none where the browser keeps nothing. */
  async kept(): Promise<readonly Cached[]> {
    return (await (await this.#store())?.list()) ?? [];
  }

  async forget(model: string): Promise<void> {
    await (await this.#store())?.delete(model);
  }

  /** What a model is and what it takes: some kilobytes are read. */
  async find(source: Source, storage: Storage, device: Device, signal: AbortSignal): Promise<Found> {
    const folder = await this.folder(source, signal);
    const { families } = await import('../../../models/families/index');
    const inspection = await inspect(folder, { families, device, storage, signal });
    return { title: titleOf(source), storage, use: useOf(inspection.architecture), inspection };
  }

  async folder(source: Source, signal: AbortSignal): Promise<ModelFolder> {
    const cache = source.kind === 'hub' ? await this.#store() : null;
    return folderOf(source, {
      ...{ cache, signal },
      onProgress: (progress) => this.#emit({ kind: 'download', progress }),
      onNotice: (message) => this.#emit({ kind: 'notice', message }),
    });
  }

  /** Null in a browser that keeps nothing, such as in a private window. */
  #store(): Promise<ModelCache | null> {
    return (this.#cache ??= ModelCache.open().catch(() => null));
  }
}
