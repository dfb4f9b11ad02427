// Files that Heed 0.1 wrote, when parameters had the names of GPT-2's and nn.Transformer's checkpoints, go on training here.
import { expect, it } from 'vitest';
import {
  checkpointInfo,
  Device,
  inTodaysNames,
  openSafetensors,
  parameters,
  Trainer,
} from '../../engine/index';
import { GPT } from '../../models/index';
import { trainTranslation } from '../../models/translation/index';
import former from '../fixtures/heed-0.1.json';
import { fixtureBytes } from '../fixtures/load';
import { openTestGpu } from '../harness/host';
import { at, tinyOptions } from './tiny';

/** As close as another order of adding up lets them be. */
function expectLosses(got: readonly number[], want: readonly number[]): void {
  expect(got).toHaveLength(want.length);
  for (const [i, loss] of got.entries()) expect(Math.abs(loss / want[i] - 1), `loss ${i}`).toBeLessThan(1e-5);
}

it('a GPT of Heed 0.1 goes on with the same losses', async () => {
  using device = await Device.open({ gpu: openTestGpu() });
  const file = await fixtureBytes('heed-0.1-gpt.safetensors');
  const { config, step } = await checkpointInfo(file.slice().buffer);
  const model = new GPT(config as unknown as GPT['config']);
  const names = inTodaysNames(await openSafetensors(file), model).names();
  expect(names.filter((name) => !name.startsWith('optimizer.')).sort()).toEqual(
    [...parameters(model).keys()].sort(),
  );
  using trainer = await Trainer.create(tinyOptions(device, { model }));
  await trainer.load(file.slice());
  expect(trainer.step).toBe(step);
  for (let i = 0; i < former.gpt.length; i++) trainer.submit(at);
  expectLosses(
    (await trainer.losses()).map(({ loss }) => loss),
    former.gpt,
  );
});

it('training on pairs of Heed 0.1 goes on with the same losses, the mean of earlier weights too', async () => {
  using device = await Device.open({ gpu: openTestGpu() });
  const letters = 'abcdefgh';
  const pairs = Array.from({ length: 60 }, (_, i) => {
    const word = [i % 8, (i * 3) % 7, (i * 5) % 6].map((k) => letters[k]).join('') + letters[i % 3];
    return { source: word, target: [...word].reverse().join(' ').toUpperCase() };
  });
  const losses: number[] = [];
  const averaged: number[] = [];
  await trainTranslation({
    ...{
      device,
      pairs,
      kind: 'symbols',
      preset: 'tiny',
      steps: 9,
      evaluateEvery: 3,
      tokens: 256,
      maxShapes: 2,
    },
    ...{ model: { width: 16, hidden: 16, heads: 2, encoderLayers: 1, decoderLayers: 1, context: 16 } },
    ...{ validation: 6, test: 4, average: 3, sample: 4, info: { title: 'Spelling', licence: 'none' } },
    resume: (await fixtureBytes('heed-0.1-pairs.safetensors')).slice(),
    onEvent: (event) => {
      if (event.kind === 'steps') losses.push(...event.reports.map(({ loss }) => loss));
      if (event.kind === 'average') averaged.push(event.of);
    },
  });
  expectLosses(losses, former.pairs);
  expect(averaged).toEqual([3]);
});
