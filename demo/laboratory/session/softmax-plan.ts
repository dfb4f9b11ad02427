import { Graph, multiply, softmax, type Device, type Plan } from '../../../engine/index';
import type { SoftmaxInput, SoftmaxResult } from './protocol';

/** Replays that the shown times are the median of. */
const RECENT = 30;

/** softmax(logits / temperature) over the entries that take part: recorded once, replayed at every change. */
export class SoftmaxPlan implements Disposable {
  readonly #plan: Plan;
  #replays = 0;
  #submit: number[] = [];
  #round: number[] = [];

  private constructor(plan: Plan) {
    this.#plan = plan;
  }

  static async record(device: Device, size: number): Promise<SoftmaxPlan> {
    const g = new Graph(device, { label: 'softmax laboratory' });
    const logits = g.input('logits', [1, size], 'f32');
    // The temperature changes between replays, so it is data, not a constant of the plan.
    const inverse = g.input('1 / temperature', [size], 'f32');
    const mask = g.input('mask', [size], 'u32');
    const scaled = multiply(g, logits, inverse);
    const probabilities = softmax(g, scaled, { mask });
    const plan = await g.compile({ scaled, probabilities });
    // A replay before any is timed: the first pays for what drivers put off.
    const first = { logits: new Array<number>(size).fill(0), mask: new Array<boolean>(size).fill(true) };
    plan.run(inputsOf({ ...first, temperature: 1 }));
    await plan.read('probabilities');
    return new SoftmaxPlan(plan);
  }

  async run(input: SoftmaxInput): Promise<SoftmaxResult> {
    const began = performance.now();
    this.#plan.run(inputsOf(input));
    this.#submit = [...this.#submit.slice(1 - RECENT), performance.now() - began];
    const [scaled, probabilities] = await Promise.all([
      this.#plan.read('scaled'),
      this.#plan.read('probabilities'),
    ]);
    this.#round = [...this.#round.slice(1 - RECENT), performance.now() - began];
    this.#replays++;
    return {
      scaled,
      probabilities,
      submit: median(this.#submit),
      round: median(this.#round),
      replays: this.#replays,
    };
  }

  [Symbol.dispose](): void {
    this.#plan[Symbol.dispose]();
  }
}

const inputsOf = ({ logits, mask, temperature }: SoftmaxInput): Record<string, ArrayBufferView> => ({
  logits: Float32Array.from(logits),
  '1 / temperature': new Float32Array(logits.length).fill(1 / temperature),
  mask: Uint32Array.from(mask, Number),
});

const median = (times: readonly number[]): number => [...times].sort((a, b) => a - b)[times.length >> 1];
