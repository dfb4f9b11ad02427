import type { Device, Plan, Trainer } from '../../engine/index';

/** What the harness times: one case, set up. */
export interface Instance {
  run(): unknown;
  sync(): Promise<void>;
  output(): Promise<ArrayLike<number>>;
  dispose(): void;
  readonly variant?: string;
}

/** A run is one of the plan, whose inputs it keeps; the output is `y`. Disposes of the plan. */
export function planInstance(plan: Plan, dispose: () => void = () => undefined): Instance {
  return {
    run: () => plan.run(),
    sync: () => plan.device.idle(),
    output: () => plan.read('y'),
    dispose() {
      plan[Symbol.dispose]();
      dispose();
    },
  };
}

/** Tensors of equally many rows -> rows that hold them all. */
export function fused(rows: number, parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let to = 0;
  for (let row = 0; row < rows; row++) {
    for (const part of parts) {
      const width = part.length / rows;
      out.set(part.subarray(row * width, (row + 1) * width), to);
      to += width;
    }
  }
  return out;
}

/** A run is one training step on the same batch; the output is the last loss. Disposes of the trainer. */
export function trainingInstance<B>(device: Device, trainer: Trainer<B>, batch: B): Instance {
  let last = NaN;
  let waiting = 0;
  const read = async (): Promise<void> => {
    last = (await trainer.losses()).at(-1)?.loss ?? last;
    waiting = 0;
  };
  return {
    run() {
      trainer.submit(() => batch);
      return ++waiting < 32 ? undefined : read(); // the trainer keeps at most 64 losses unread
    },
    sync: () => device.idle(),
    async output() {
      await read();
      return [last];
    },
    dispose: () => trainer[Symbol.dispose](),
  };
}
