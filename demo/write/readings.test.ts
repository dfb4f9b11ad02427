import { expect, test } from 'vitest';
import { Readings } from './readings';
import type { WriterReading } from './session/protocol';

const reading = (step: number, ids = [1, 2], number = 1, floats = 8): WriterReading => ({
  ...{ number, step, from: 0, text: '', maps: [], ids: Uint32Array.from(ids) },
  logits: new Float32Array(floats),
});
const steps = (readings: Readings): (number | null)[] =>
  Array.from({ length: readings.count }, (_, at) => {
    readings.look(at);
    return readings.shown!.step;
  });

test('readings of one text are kept by step; another text or model begins anew', () => {
  const readings = new Readings();
  for (const step of [1, 5, 5, 9]) readings.add(reading(step));
  expect(steps(readings)).toEqual([1, 5, 9]);
  readings.add(reading(12, [1, 2, 3]));
  expect(steps(readings)).toEqual([12]);
  readings.add(reading(2, [1, 2, 3], 2));
  expect(steps(readings)).toEqual([2]);
});

test('the one that is looked at stays in sight while others come; at the right is always the newest', () => {
  const readings = new Readings();
  for (let step = 0; step < 30; step++) readings.add(reading(step));
  expect([readings.live, readings.shown!.step]).toEqual([true, 29]);
  readings.look(7);
  for (let step = 30; step < 400; step++) readings.add(reading(step));
  expect([readings.live, readings.shown!.step]).toEqual([false, 7]);
  expect(readings.count).toBeLessThanOrEqual(41);
  readings.look(readings.count - 1);
  expect([readings.live, readings.shown!.step]).toEqual([true, 399]);
  const kept = steps(readings);
  expect(kept).toEqual([...new Set(kept)].sort((a, b) => a! - b!));
  expect(kept[0]).toBe(0);
});

test('large ones are fewer', () => {
  const readings = new Readings();
  for (let step = 0; step < 20; step++) readings.add(reading(step, [1, 2], 1, 4 << 20));
  expect(readings.count).toBeLessThanOrEqual(5); // of 16 MiB each
  expect(readings.shown!.step).toBe(19);
});
