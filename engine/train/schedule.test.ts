import { describe, expect, it } from 'vitest';
import { AdamW, SGD } from './optimizer';
import { checkSchedule, learningRate, scheduleOf, transformerSchedule, type Schedule } from './schedule';

describe('schedules', () => {
  it('warms up, peaks and ends where they say', () => {
    const cosine: Schedule = { kind: 'cosine', lr: 1, minimum: 0.1, warmup: 10, steps: 110 };
    expect(learningRate(cosine, 0)).toBeCloseTo(1 / 11, 12);
    expect(learningRate(cosine, 10)).toBe(1);
    expect(learningRate(cosine, 60)).toBeCloseTo(0.55, 12);
    expect(learningRate(cosine, 110)).toBeCloseTo(0.1, 12);
    expect(learningRate(cosine, 500)).toBeCloseTo(0.1, 12);
    const linear: Schedule = { kind: 'linear', lr: 1, warmup: 0, steps: 100 };
    expect(learningRate(linear, 25)).toBeCloseTo(0.75, 12);
    const root: Schedule = { kind: 'inverse_square_root', lr: 1, warmup: 100 };
    expect(learningRate(root, 100)).toBe(1);
    expect(learningRate(root, 400)).toBeCloseTo(0.5, 12);
    expect(learningRate({ kind: 'constant', lr: 3 }, 7)).toBe(3);
  });

  it('takes a number for a constant rate', () => {
    expect(scheduleOf(1e-4)).toEqual({ kind: 'constant', lr: 1e-4 });
    expect(learningRate(1e-4, 7)).toBe(1e-4);
    expect(() => scheduleOf(-1)).toThrow('schedule: lr is -1.');
    expect(() => scheduleOf(NaN)).toThrow('schedule: lr is NaN.');
  });

  it("gives the Transformer paper's rates", () => {
    const schedule = transformerSchedule(512, { warmup: 4000, factor: 2 });
    for (const step of [1, 100, 3999, 4000, 4001, 100_000]) {
      const paper = 2 * 512 ** -0.5 * Math.min(step ** -0.5, step * 4000 ** -1.5);
      // Its steps count from 1; ours warm up in one more.
      expect(Math.abs(learningRate(schedule, step - 1) / paper - 1)).toBeLessThan(1 / 4000);
    }
    expect(learningRate(transformerSchedule(512), 4000)).toBeCloseTo(6.99e-4, 6);
  });

  it('refuses numbers that make no sense', () => {
    expect(() => checkSchedule({ kind: 'constant', lr: NaN })).toThrowErrorMatchingInlineSnapshot(
      `[EngineError: schedule: lr is NaN. Use a finite number of at least 0, such as 3e-4.]`,
    );
    expect(() => checkSchedule({ kind: 'cosine', lr: 1, steps: 0 })).toThrowErrorMatchingInlineSnapshot(
      `[EngineError: schedule: steps is 0. Use the number of steps you mean to train.]`,
    );
    expect(() => checkSchedule({ kind: 'constant', lr: 1, warmup: Infinity })).toThrow('warmup is Infinity');
    expect(() => checkSchedule({ kind: 'linear', lr: 1, steps: 9, minimum: NaN })).toThrow('minimum is NaN');
    expect(() => checkSchedule({ kind: 'Cosine' as 'cosine', lr: 1, steps: 9 })).toThrow('kind is Cosine');
    expect(() => checkSchedule(undefined as never)).toThrow(
      'schedule: kind is undefined. Use one of constant,',
    );
    expect(() => transformerSchedule(0)).toThrow('transformerSchedule: width is 0');
    expect(() => transformerSchedule(8, { factor: -1 })).toThrow('schedule: lr is -');
  });

  it('refuses numbers of an optimizer that would break the weights', () => {
    expect(() => new SGD({ momentum: NaN })).toThrow('SGD: momentum is NaN.');
    expect(() => new SGD({ clip: 0 })).toThrow('SGD: clip is 0.');
    expect(() => new SGD({ nesterov: true })).toThrow('nesterov with momentum 0 and dampening 0');
    expect(() => new SGD({ nesterov: true, momentum: 0.9, dampening: 0.1 })).toThrow('no dampening');
    expect(() => new AdamW({ epsilon: NaN })).toThrow('epsilon is NaN');
    expect(() => new AdamW({ weightDecay: -1 })).toThrow('weightDecay is -1');
    for (const name of ['beta1', 'epsilon', 'clip']) {
      expect(() => new AdamW({ [name]: null })).toThrow(`AdamW: ${name} is null`);
    }
    expect(() => new SGD({ momentum: '0.9' as never })).toThrow('SGD: momentum is 0.9');
    expect(new AdamW({ weightDecay: undefined }).options.weightDecay).toBe(0.1);
  });
});
