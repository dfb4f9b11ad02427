/** How fast? What the benches time, by their own code. */
import { attentionCase } from '../../../bench/harness/attention-cases';
import { expectDecoding, promptOf, timeGeneration } from '../../../bench/harness/generation';
import { benchKernel, shareOf, type Pass } from '../../../bench/harness/kernel-bench';
import { matmulCase, type KernelCase } from '../../../bench/harness/kernel-cases';
import { clockOf } from '../../../bench/harness/measure';
import type { Peaks } from '../../../bench/harness/peaks';
import { NANOGPT, SMALL, timeTraining } from '../../../bench/harness/training';
import { ParameterStore, type Device } from '../../../engine/index';
import { Generator, GPT } from '../../../models/index';
import type { Speed } from './protocol';

/** One thing to time, which may give several speeds. */
export interface Timed {
  readonly name: string;
  readonly time: (signal: AbortSignal) => Promise<Speed[]>;
}

/** All that is timed on this device; a software adapter gets sizes that take it seconds. */
export function timedOn(device: Device, peaks: Peaks): Timed[] {
  const { software } = device.can;
  const clock = clockOf(device);
  const measure = software ? { samples: 3, milliseconds: 20 } : { samples: 5, milliseconds: 60 };
  const kernel = (name: 'matmul' | 'attention', c: KernelCase): Timed => ({
    name,
    async time(signal) {
      const row = await benchKernel(device, c, { ...measure, signal });
      const speed = (of: Speed['name'], pass: Pass): Speed => ({
        name: of,
        size: row.size,
        clock,
        milliseconds: pass.milliseconds,
        low: pass.low,
        high: pass.high,
        rate: pass.rate,
        unit: 'GFLOP/s',
        share: shareOf(pass, peaks),
      });
      const backward = row.backward ? [speed(`${name}Backward`, row.backward)] : [];
      return [speed(name, row.forward), ...backward];
    },
  });
  const n = software ? 256 : 1024;
  const setting = software ? NANOGPT : SMALL;
  const { layers, heads, width } = setting.config;
  const shape = `${layers} × ${width}, H ${heads}`;
  return [
    kernel('matmul', matmulCase(`${n}×${n}×${n}`, n, n, n)),
    kernel('attention', attentionCase('causal', { T: software ? 128 : 1024, causal: true })),
    {
      name: 'step',
      async time(signal) {
        const { milliseconds, low, high, gflops } = await timeTraining(device, setting, {
          steps: software ? 12 : 40,
          signal,
        });
        const size = `${shape}, ${setting.batch} × ${setting.length}`;
        const share = gflops / peaks.gflops;
        const step = { milliseconds, low, high, rate: gflops, share };
        return [{ name: 'step', size, clock: 'wall clock', unit: 'GFLOP/s', ...step }];
      },
    },
    {
      name: 'token',
      async time(signal) {
        const model = new GPT(setting.config);
        using _store = new ParameterStore(device, model, { seed: 1 });
        using generator = new Generator(device, model);
        const prompt = promptOf(model);
        await expectDecoding(device, model, generator, prompt);
        const tokens = software ? 12 : 64;
        const { milliseconds, low, high } = await timeGeneration(generator, prompt, {
          ...{ tokens, samples: software ? 3 : 5, signal },
        });
        const token = { milliseconds, low, high, rate: 1000 / milliseconds, share: null };
        return [{ name: 'token', size: shape, clock: 'wall clock', unit: 'tokens/s', ...token }];
      },
    },
  ];
}
