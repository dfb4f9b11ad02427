// Batches in which no label counts: they count nothing, in training and in evaluation.
import { expect, it } from 'vitest';
import { type Device, Run, Trainer } from '../../engine/index';
import { withDevice } from '../harness/device';
import { at, BATCH, LENGTH, tinyOptions, unlabelled, type TinyOptions } from './tiny';

let device: Device;
withDevice((opened) => (device = opened));

const optionsOf = (options: Partial<TinyOptions> = {}) => tinyOptions(device, options);

it('an update without a label leaves weights and moments, and the run goes on', async () => {
  using trainer = await Trainer.create(optionsOf());
  using plain = await Trainer.create(optionsOf());
  const [first] = await step(trainer, at);
  expect(await step(plain, at)).toEqual([first]);
  const parts = ['weights', 'first', 'second'] as const;
  const state = async () => Promise.all(parts.map((part) => trainer.store.readAll(part)));
  const before = await state();
  expect(await step(trainer, unlabelled)).toEqual([
    { index: 1, loss: 0, labels: 0, tokens: BATCH * LENGTH, lr: 1e-2, norm: 0 },
  ]);
  expect(await state()).toEqual(before);
  // The number of the step moves on, and nothing is left over for the next one.
  const [third] = await step(trainer, () => at(7));
  const [other] = await step(plain, () => at(7));
  expect([third.index, third.loss, third.norm]).toEqual([2, other.loss, other.norm]);
  expect(third.labels).toBe(BATCH * LENGTH);
});

it('a micro-batch without a label weighs nothing in its update', async () => {
  using one = await Trainer.create(optionsOf());
  using two = await Trainer.create(optionsOf({ accumulate: 2 }));
  const [want] = await step(one, () => at(0));
  const [got] = await step(two, (k) => (k % 2 === 0 ? unlabelled(k) : at(0)));
  expect([got.loss, got.norm, got.labels]).toEqual([want.loss, want.norm, want.labels]);
  for (const [name, data] of await one.store.readAll('weights')) {
    expect((await two.store.readAll('weights')).get(name)).toEqual(data);
  }
});

it('evaluation leaves them out, and says where there is nothing else', async () => {
  using run = await Run.create(optionsOf());
  const { trainer } = run;
  const alone = await trainer.evaluate([at(0)]);
  expect(await trainer.evaluate([unlabelled(1), at(0), unlabelled(2)])).toBe(alone);
  await expect(trainer.evaluate([unlabelled(1)])).rejects.toThrow(
    'evaluate: no label counts in its 1 batches. Give at least one batch with labels.',
  );
  await expect(trainer.evaluate([])).rejects.toThrow('evaluate: there are no batches.');
  // Known before the first step.
  for (const validation of [[], [unlabelled(0), unlabelled(1)]]) {
    await expect(run.fit({ steps: 9, batches: at, validation })).rejects.toThrow(/^fit: validation: /);
  }
  expect(trainer.step).toBe(0);
  const source = (k: number) => (k % 3 === 1 ? unlabelled(k) : at(k));
  expect((await run.fit({ steps: 9, batches: source, validation: [at(99)] })).reason).toBe('finished');
});

it('refuses labels that are no number', async () => {
  using trainer = await Trainer.create(optionsOf());
  const { objective } = trainer.options;
  const feed = objective.feed.bind(objective);
  objective.feed = (batch) => ({ ...feed(batch), labels: NaN });
  expect(() => trainer.submit(at)).toThrow('Trainer.submit: its batches have NaN labels.');
});

async function step(trainer: Trainer, source: (k: number) => ReturnType<typeof at>) {
  trainer.submit(source);
  return trainer.losses();
}
