import type { Device, Trainer } from '../../engine/index';

/** What the harness times: one case, set up. */
export interface Instance {
  run(): unknown;
  sync(): Promise<void>;
  output(): Promise<ArrayLike<number>>;
  dispose(): void;
  readonly variant?: string;
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
