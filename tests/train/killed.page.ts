// A training in a page of Chromium, which has its GPU process killed at chosen calls: see killed.deep.test.ts.
import { Device, Run } from '../../engine/index';
import { at, tinyGPT, tinyOptions } from './tiny';

/** At the n-th such call since the last one, 1 first. */
export interface Kill {
  readonly call: 'createComputePipelineAsync' | 'submit' | 'mapAsync';
  readonly n: number;
}

export interface Trained {
  readonly losses: readonly number[];
  readonly evaluations: readonly number[];
  readonly recovered: readonly number[];
  /** SHA-256 of the checkpoint and of the mean of the last weights. */
  readonly files: readonly string[];
  readonly owners: readonly string[];
  readonly unhandled: readonly string[];
  readonly counts: Readonly<Record<Kill['call'], number>>;
  /** Kills that did not come. */
  readonly left: number;
}

declare global {
  var killGpuProcess: () => Promise<void>; // Puppeteer's
  var train: (kills: readonly Kill[]) => Promise<Trained>;
}

const unhandled: string[] = [];
addEventListener('unhandledrejection', ({ reason }) => unhandled.push(String(reason)));

let waiting: Kill[] = [];
let killing: Promise<void> | null = null;
let counts = { createComputePipelineAsync: 0, submit: 0, mapAsync: 0 };
function reach(call: Kill['call']): void {
  counts[call]++;
  const [next] = waiting;
  if (next?.call !== call || next.n !== counts[call]) return;
  waiting.shift();
  counts = { createComputePipelineAsync: 0, submit: 0, mapAsync: 0 };
  killing = killGpuProcess(); // the page goes on until it hears of it
}
function watch<T extends object>(prototype: T, call: keyof T & Kill['call']): void {
  const original = prototype[call] as (...args: unknown[]) => unknown;
  Object.assign(prototype, {
    [call](this: T, ...args: unknown[]) {
      reach(call);
      return original.apply(this, args);
    },
  });
}
watch(GPUDevice.prototype, 'createComputePipelineAsync');
watch(GPUQueue.prototype, 'submit');
watch(GPUBuffer.prototype, 'mapAsync');

const hash = async (bytes: Uint8Array<ArrayBuffer>): Promise<string> =>
  Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)), (b) => b.toString(16)).join(' ');

globalThis.train = async (kills) => {
  const devices: Device[] = [];
  const open = async (): Promise<Device> => {
    const device = await Device.open();
    devices.push(device);
    return device;
  };
  // The training before may have ended with a kill.
  const first = async (tries: number): Promise<Device> => {
    try {
      return await open();
    } catch (error) {
      if (tries === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
      return first(tries - 1);
    }
  };
  await killing;
  const device = await first(60);
  [waiting, counts] = [[...kills], { createComputePipelineAsync: 0, submit: 0, mapAsync: 0 }];
  const [losses, evaluations, recovered]: number[][] = [[], [], []];
  const files: string[] = [];
  {
    using run = await Run.create({ ...tinyOptions(device, { model: tinyGPT(), seed: 5 }), reopen: open });
    await run.fit({
      ...{ steps: 6, batches: at, validation: [at(99)], evaluateEvery: 2, checkpointEvery: 3, keepLast: 2 },
      onEvent: (event) => {
        if (event.kind === 'steps') for (const { index, loss } of event.reports) losses[index] = loss;
        if (event.kind === 'evaluation') evaluations[event.step / 2 - 1] = event.loss;
        if (event.kind === 'recovered') recovered.push(event.step);
      },
    });
    evaluations.push(await run.survive(() => run.trainer.evaluate([at(98)])));
    files.push(await hash(run.checkpoint!.bytes), await hash((await run.average())!.bytes));
  }
  const owners = devices.flatMap(({ buffers }) => Object.keys(buffers.stats.owners));
  for (const each of devices) each[Symbol.dispose]();
  return { losses, evaluations, recovered, files, owners, unhandled, counts, left: waiting.length };
};
