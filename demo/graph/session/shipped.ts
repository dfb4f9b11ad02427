/** A network that learnt elsewhere, on a device. */
import { ParameterStore, type Device } from '../../../engine/index';
import { networkOf, NetworkReader } from './network';
import type { Asked, Looked, TrainedNet } from './protocol';

export class Shipped implements Disposable {
  readonly device: Device;
  readonly #step: number;
  readonly #store: ParameterStore;
  readonly #reader: NetworkReader;

  private constructor(device: Device, step: number, store: ParameterStore, reader: NetworkReader) {
    [this.device, this.#step, this.#store, this.#reader] = [device, step, store, reader];
  }

  /** Throws an `EngineError` where weights are not those of its settings. */
  static async open(device: Device, { run, weights }: TrainedNet): Promise<Shipped> {
    const model = networkOf(run.settings, { features: run.known.length, classes: run.vocabulary });
    const store = new ParameterStore(device, model, { init: 'none', owner: 'network' });
    try {
      for (const [name, data] of Object.entries(weights)) store.write(name, data);
      await store.ready();
    } catch (error) {
      store[Symbol.dispose]();
      throw error;
    }
    return new Shipped(device, run.step, store, new NetworkReader(device, model));
  }

  async look(asked: Asked): Promise<Looked> {
    return { step: this.#step, ...(await this.#reader.look(asked)) };
  }

  [Symbol.dispose](): void {
    this.#reader[Symbol.dispose]();
    this.#store[Symbol.dispose]();
  }
}
