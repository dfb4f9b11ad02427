import { expect, test } from 'vitest';
import { completeSettings, resumedSettings } from './settings';

const pairs = Array.from({ length: 100 }, (_, i) => ({ source: `word ${i}`, target: `mot ${i}` }));
const schedule = { kind: 'cosine', lr: 1e-3, warmup: 10, steps: 1000 } as const;
const saved = { training: JSON.stringify(completeSettings({ steps: 1000, schedule }, pairs)) };

test('a number is a constant learning rate', () => {
  expect(completeSettings({ schedule: 1e-4 }, pairs).schedule).toEqual({ kind: 'constant', lr: 1e-4 });
  expect(() => completeSettings({ schedule: -1 }, pairs)).toThrow('lr is -1');
});

test('a resumed run keeps its schedule, planned anew where it is to make another number of steps', () => {
  expect(resumedSettings(saved, {}).schedule).toEqual(schedule);
  expect(resumedSettings(saved, { steps: 1000, sample: 7 })).toMatchObject({ schedule, run: { sample: 7 } });
  // Else steps 1,000 to 2,000 would have a rate of 0.
  expect(resumedSettings(saved, { steps: 2000 }).schedule).toEqual({ ...schedule, steps: 2000 });
});

test('a metric that its pairs do not have is refused at once', () => {
  expect(resumedSettings(saved, { monitor: 'loss' }).run.monitor).toBe('loss');
  expect(() => resumedSettings(saved, { monitor: 'per' })).toThrow(
    'monitor is "per". Of subwords, use one of',
  );
  expect(() => resumedSettings({}, {})).toThrow('the checkpoint does not say how its training goes on');
});
