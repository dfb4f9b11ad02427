/** What the worker does for the laboratory: holds the device and the recorded plans, and replays them. */
import type { Device } from '../../../engine/index';
import { Connection } from '../../session/connection';
import { HeadPlan } from './head-plan';
import type { HeadInput, HeadResult, LaboratoryEvent, SoftmaxInput, SoftmaxResult } from './protocol';
import { SoftmaxPlan } from './softmax-plan';

export class Laboratory {
  readonly #emit: (event: LaboratoryEvent) => void;
  readonly #connection = new Connection(
    (adapter) => this.#emit({ kind: 'adapter', adapter }),
    () => void this.#recover(),
  );
  readonly #softmax = new Map<number, Recorded<SoftmaxPlan>>();
  readonly #head = new Recorded((device) => HeadPlan.record(device));

  constructor(emit: (event: LaboratoryEvent) => void) {
    this.#emit = emit;
  }

  /** Opens the adapter. Throws a `DeviceError` where there is none. */
  async open(): Promise<void> {
    await this.#connection.open();
  }

  async softmax(input: SoftmaxInput): Promise<SoftmaxResult> {
    const size = input.logits.length;
    let recorded = this.#softmax.get(size);
    if (!recorded) {
      recorded = new Recorded((device) => SoftmaxPlan.record(device, size));
      this.#softmax.set(size, recorded);
    }
    const { on } = recorded;
    return this.#connection.use(async (device) => (await on(device)).run(input));
  }

  async head(input: HeadInput): Promise<HeadResult> {
    return this.#connection.use(async (device) => (await this.#head.on(device)).run(input));
  }

  /** For tests: destroys the device, as a driver crash would. */
  loseDevice(): void {
    this.#connection.lose();
  }

  async #recover(): Promise<void> {
    try {
      await this.#connection.open();
      this.#emit({ kind: 'recovered' });
    } catch {
      // No adapter now: the next call tries again and its error is shown.
    }
  }
}

/** A plan that is recorded when it is first wanted, and again on another device. */
class Recorded<P extends Disposable> {
  readonly #record: (device: Device) => Promise<P>;
  #device: Device | null = null;
  #plan: Promise<P> | null = null;

  constructor(record: (device: Device) => Promise<P>) {
    this.#record = record;
  }

  readonly on = (device: Device): Promise<P> => {
    if (this.#plan && this.#device === device) return this.#plan;
    // What the plan before had went with its device.
    this.#device = device;
    const plan = this.#record(device);
    this.#plan = plan;
    plan.catch(() => {
      if (this.#plan === plan) this.#plan = null;
    });
    return plan;
  };
}
