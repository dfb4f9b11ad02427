import { describe, expect, it } from 'vitest';
import { TrainingError } from '../../engine/index';
import { searchSettings, type SearchOptions, type Trial } from './search';

/** A score that is highest at x = 0.3 and is seen the better the more is spent. */
const options = (more: Partial<SearchOptions> = {}): SearchOptions => ({
  space: { x: { from: 0, to: 1 }, kind: ['a', 'b'] },
  budget: 9,
  trials: 27,
  evaluate: ({ x }, budget) => Promise.resolve(-((Number(x) - 0.3) ** 2) - 1 / budget),
  ...more,
});

describe('search for settings', () => {
  it('gives most of the budget to what looks good, and finds what is', async () => {
    const { best, trials, reason } = await searchSettings(options());
    expect(reason).toBe('finished');
    expect(trials.map(({ scores }) => scores.length).sort()).toEqual([
      ...new Array<number>(18).fill(1),
      ...new Array<number>(6).fill(2),
      ...[3, 3, 4],
    ]);
    const budgets = trials.flatMap(({ scores }) => scores.map(({ budget }) => budget));
    expect(new Set(budgets)).toEqual(new Set([1 / 3, 1, 3, 9]));
    expect(budgets.reduce((a, b) => a + b)).toBeCloseTo(36, 9); // 4 × 9, of 27 × 9
    const xs = trials.map(({ settings }) => Math.abs(Number(settings.x) - 0.3));
    expect(Math.abs(Number(best!.settings.x) - 0.3)).toBe(Math.min(...xs));
  });

  it('is the same again, and after a resume', async () => {
    const whole = await searchSettings(options());
    const strip = (trials: readonly Trial[]) =>
      trials.map(({ settings, scores }) => [settings, scores.map(({ budget, score }) => [budget, score])]);
    const stop = new AbortController();
    let kept: readonly Trial[] = [];
    let asked = 0;
    const cut = await searchSettings(
      options({
        signal: stop.signal,
        onTrial: (trials) => {
          kept = JSON.parse(JSON.stringify(trials)) as Trial[];
          if (++asked === 30) stop.abort();
        },
      }),
    );
    expect(cut.reason).toBe('aborted');
    expect(cut.best).not.toBeNull();
    let more = 0;
    const evaluate: SearchOptions['evaluate'] = (...of) => {
      more++;
      return options().evaluate(...of);
    };
    const resumed = await searchSettings(options({ resume: kept, evaluate }));
    expect(strip(resumed.trials)).toEqual(strip(whole.trials));
    expect(more).toBe(40 - 30);
    await expect(searchSettings(options({ resume: kept, seed: 1 }))).rejects.toThrow(
      /trial 0 had \{.*Search in the same space/,
    );
  });

  it('ends when its time is over, takes failures for the worst, and tries what is given first', async () => {
    const slow = options({
      minutes: 1e-9,
      evaluate: async () => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        return 1;
      },
    });
    const out = await searchSettings(slow);
    expect(out.reason).toBe('out of time');
    expect(out.trials.flatMap(({ scores }) => scores)).toHaveLength(1);
    const failing = await searchSettings(
      options({
        ...{ first: [{ x: 0.3, kind: 'a' }], trials: 4, halving: 1 },
        evaluate: ({ x }) => {
          if (x !== 0.3) throw new TrainingError('step 1', 'the loss is not finite', 'Lower it.');
          return Promise.resolve(-5);
        },
      }),
    );
    expect(failing.best!.settings).toEqual({ x: 0.3, kind: 'a' });
    await expect(
      searchSettings(options({ evaluate: () => Promise.reject(new TypeError('a bug')) })),
    ).rejects.toThrow('a bug');
    const none = await searchSettings(options({ trials: 3, evaluate: () => Promise.resolve(NaN) }));
    expect(none.best).toBeNull();
  });

  it('keeps failures the worst after JSON, and goes on with the same budgets only', async () => {
    let kept: readonly Trial[] = [];
    const below = options({
      trials: 3,
      evaluate: (_, budget) => Promise.resolve(budget < options().budget ? NaN : -1),
      onTrial: (trials) => {
        const inRound = trials.every(({ scores }) => scores.length > 0);
        if (inRound && kept.length === 0) kept = JSON.parse(JSON.stringify(trials)) as Trial[];
      },
    });
    await searchSettings(below);
    expect(kept[0].scores[0].score).toBeNull(); // what JSON makes of NaN
    const scored = kept.map((trial) =>
      trial.number === 2 ? { ...trial, scores: [{ ...trial.scores[0], score: -5 }] } : trial,
    );
    const { best } = await searchSettings({ ...below, onTrial: () => {}, resume: scored });
    expect(best!.number).toBe(2);
    await expect(searchSettings({ ...below, resume: kept, budget: below.budget * 2 })).rejects.toThrow(
      /trial 0 had a budget of .*same seed and budgets/,
    );
    await expect(searchSettings({ ...below, resume: kept, trials: 2 })).rejects.toThrow(
      /trials is 2, fewer than the 3 of resume/,
    );
  });

  it.each([undefined, '0.5', null])('refuses the score %j', async (score) => {
    await expect(
      searchSettings(options({ evaluate: () => Promise.resolve(score as never) })),
    ).rejects.toThrow(`evaluate gave ${String(score)} for trial 0`);
  });

  it('draws what the space allows', async () => {
    const space = {
      ...{ log: { from: 1e-5, to: 1e-2, scale: 'log' as const }, layers: { from: 0, to: 3, whole: true } },
      ...{ tokens: [256, 512] },
    };
    const { trials } = await searchSettings(
      options({ space, trials: 400, halving: 1, evaluate: () => Promise.resolve(0) }),
    );
    const logs = trials.map(({ settings }) => Number(settings.log));
    expect(logs.filter((x) => x < 1e-4).length).toBeGreaterThan(90);
    expect(Math.min(...logs)).toBeGreaterThanOrEqual(1e-5);
    expect(Math.max(...logs)).toBeLessThanOrEqual(1e-2);
    const layers = trials.map(({ settings }) => settings.layers);
    for (const n of [0, 1, 2, 3]) expect(layers.filter((one) => one === n).length).toBeGreaterThan(60);
    expect(new Set(trials.map(({ settings }) => settings.tokens))).toEqual(new Set([256, 512]));
  });

  it.each([
    [{ budget: 0 }, /budget is 0/],
    [{ halving: 0 }, /halving is 0/],
    [{ minutes: 0 }, /minutes is 0/],
    [{ trials: 1, first: [{ x: 1 }, { x: 2 }] }, /trials is 1, of which 2 are given/],
    [{ space: { x: [] } }, /x may be \[\]/],
    [{ space: { x: { from: 0, to: 1, scale: 'log' } } }, /x may be/],
    [{ space: { x: { from: 0, to: 1, scale: 'log10' } } }, /x may be/],
    [{ space: { x: { from: 0, to: 1, sclae: 'log' } } }, /no option "sclae"/],
    [{ space: { x: { from: 0.2, to: 0.8, whole: true } } }, /x may be .* whole numbers for whole/],
    [{ space: {} }, /the space is empty/],
    [{ trial: 3 }, /trial/],
  ] as const)('refuses %j', async (more, message) => {
    await expect(searchSettings(options(more as never))).rejects.toThrow(message);
  });
});
