/**
 * The laboratory page from end to end, in headless Chromium on SwiftShader: what it shows against float64 computed
 * here, both languages, a phone's width, a lost device and a browser without WebGPU.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HeadInput, HeadStage, Matrix } from '../demo/laboratory/session/protocol';
import { DemoSite, PATIENCE, type Visitor } from './harness/demo-page';

let site: DemoSite;
let visitor: Visitor;

const text = (selector: string): Promise<string> => visitor.text(selector);
const texts = (selector: string): Promise<string[]> => visitor.texts(selector);
const press = (name: string): Promise<void> => visitor.press(name);
const enter = (selector: string, value: number | string): Promise<void> => visitor.enter(selector, value);
const until = <T>(what: string, read: () => Promise<T>, reached: (now: T) => boolean): Promise<T> =>
  visitor.until(what, read, reached);

beforeAll(async () => {
  site = await DemoSite.open();
  visitor = await site.visit('inside/laboratory/');
}, PATIENCE.hook);

afterAll(() => site?.close());

/** In float64, over the entries that take part. */
function softmax(
  scores: readonly number[],
  takesPart: readonly boolean[] = scores.map(() => true),
): number[] {
  const largest = Math.max(...scores.filter((_, i) => takesPart[i]));
  const terms = scores.map((z, i) => (takesPart[i] ? Math.exp(z - largest) : 0));
  const sum = terms.reduce((a, b) => a + b, 0);
  return terms.map((x) => (sum > 0 ? x / sum : 0));
}

const shown = (shares: readonly number[]): string[] => shares.map((p) => `${(100 * p).toFixed(2)} %`);
const untilShares = (want: readonly string[]): Promise<string[]> =>
  until(
    'shares',
    () => texts('#logits output.share'),
    (now) => now.join() === want.join(),
  );

describe('the laboratory page', { timeout: PATIENCE.test, concurrent: false }, () => {
  const mild = [2, 1, 0.5, 0, -1, -2.5];

  test('the page fills in without moving', async () => {
    await until(
      'head',
      () => text('#head-check'),
      (now) => now !== '',
    );
    await until(
      'softmax',
      () => text('#softmax-check'),
      (now) => now !== '',
    );
    await visitor.expectStill();
  });

  test('softmax of the first logits, by temperature, by a typed logit', async () => {
    await untilShares(shown(softmax(mild)));
    await enter('#temperature', 1);
    await untilShares(shown(softmax(mild.map((z) => z / 2))));
    await enter('#temperature', 0);
    await visitor.page.locator('::-p-aria([name="Logit z₂"][role="textbox"])').fill('3');
    await visitor.page.keyboard.press('Enter');
    await untilShares(shown(softmax([2, 3, 0.5, 0, -1, -2.5])));
    expect(await text('#softmax-check')).toMatch(/float64: \d\.\de−([7-9]|1\d)$/);
    expect(await text('#softmax-facts')).toMatch(/Replays of one plan\d/);
  });

  test('large logits: as written it breaks, the kernel does not', async () => {
    await press('Around 10³');
    await untilShares(shown(softmax([1000, 999, 998.5, 995, 990, 900])));
    expect(await text('#two-ways tbody tr:first-child')).toMatch(/∞NaN.*0\.626$/);
    expect(await text('#softmax-remark')).toContain('not a number');
    await press('Around 10⁴');
    await untilShares(shown(softmax([10_000, 9_999, 9_998, 9_000, 0, -10_000])));
    await press('All equal');
    await untilShares(shown(softmax([1, 1, 1, 1, 1, 1])));
    expect(await text('#softmax-remark')).toContain('agree');
  });

  test('masks: the rest shares everything; where nothing is left there are zeros, not NaN', async () => {
    await press('One masked');
    const rest = softmax(mild, [false, true, true, true, true, true]);
    await untilShares(['masked', ...shown(rest.slice(1))]);
    await press('All masked');
    await untilShares(mild.map(() => 'masked'));
    await until(
      'remark',
      () => text('#softmax-remark'),
      (now) => now.includes('Nothing takes part'),
    );
    expect(await text('#two-ways .sums')).toMatch(/NaN.*0$/);
    await visitor.page.locator('::-p-aria([name="z₃ takes part"])').click();
    await untilShares(['masked', 'masked', '100.00 %', 'masked', 'masked', 'masked']);
  });

  test('every position encoding draws; a cell tells its value and formula', async () => {
    const readout = (): Promise<string> => text('#encoding-readout');
    await visitor.page.focus('#encoding canvas');
    for (const key of ['ArrowDown', 'ArrowDown'] as const) await visitor.page.keyboard.press(key);
    expect(await readout()).toContain('sin(1 · 10000^(−0/64)) = 0.841');
    const labels = new Set<string | undefined>();
    for (const scheme of await visitor.page.$$('#schemes input')) {
      await scheme.evaluate((input) => input.click());
      for (const view of await visitor.page.$$('#views input')) {
        await view.evaluate((input) => input.click());
        labels.add(
          await visitor.page.$eval('#encoding canvas', (e) => e.getAttribute('aria-label') ?? undefined),
        );
        expect(await text('#about')).not.toBe('');
      }
    }
    expect(labels.size).toBe(12);
    await visitor.page.$$eval('#schemes input', ([, , , , alibi]) => alibi.click());
    await visitor.page.$$eval('#views input', ([bias]) => bias.click());
    await visitor.page.focus('#encoding canvas');
    await visitor.page.keyboard.press('ArrowDown');
    expect(await readout()).toContain('−0.5 · (2 − 0) = −1');
  });

  test('one head: every intermediate from the kernels equals float64, and the fused op agrees', async () => {
    const input: HeadInput = {
      words: ['a', 'rose', 'is', 'a', 'rose'],
      causal: true,
      positions: true,
      weights: 'random',
    };
    type Answer = {
      stages: Record<HeadStage, Omit<Matrix, 'values'> & { values: number[] }>;
      difference: number;
      shownDifference: number;
    };
    const { stages, ...differences } = await visitor.page.evaluate(async (asked): Promise<Answer> => {
      const { session } = (
        window as unknown as { __heed: { session: { head(input: HeadInput): Promise<Answer> } } }
      ).__heed;
      const answer = await session.head(asked);
      const plain = Object.entries(answer.stages).map(([name, m]) => [name, { ...m, values: [...m.values] }]);
      const { difference, shownDifference } = answer;
      return { stages: Object.fromEntries(plain) as Answer['stages'], difference, shownDifference };
    }, input);
    expect(differences.difference).toBeLessThan(2e-6);
    expect(differences.shownDifference).toBeLessThan(2e-6);

    const row = (stage: HeadStage, i: number): number[] => {
      const { columns, values } = stages[stage];
      return values.slice(i * columns, (i + 1) * columns);
    };
    const times = (x: readonly number[], stage: HeadStage): number[] =>
      row(stage, 0).map((_, c) => x.reduce((sum, value, k) => sum + value * row(stage, k)[c], 0));
    const near = (got: readonly number[], want: readonly number[]): void =>
      want.forEach((value, i) => expect(Math.abs(got[i] - value)).toBeLessThan(2e-6 * (1 + Math.abs(value))));
    expect(row('embedding', 1)).toEqual(row('embedding', 4)); // the same word
    expect(row('x', 1)).not.toEqual(row('x', 4)); // at another place
    for (let t = 0; t < input.words.length; t++) {
      near(
        row('x', t),
        row('embedding', t).map((e, c) => e + row('positions', t)[c]),
      );
      near(row('q', t), times(row('x', t), 'weightQ'));
      near(row('k', t), times(row('x', t), 'weightK'));
      near(row('v', t), times(row('x', t), 'weightV'));
      const scores = input.words.map((_, s) =>
        row('q', t).reduce((sum, q, d) => sum + q * row('k', s)[d], 0),
      );
      near(row('scores', t), scores);
      near(
        row('scaled', t),
        scores.map((s) => s / Math.sqrt(8)),
      );
      const seen = input.words.map((_, s) => s <= t);
      expect(
        row('masked', t)
          .map((s) => s > -1e29)
          .slice(0, 5),
      ).toEqual(seen);
      const weights = softmax(
        scores.map((s) => s / Math.sqrt(8)),
        seen,
      );
      near(row('weights', t), [...weights, ...Array<number>(11).fill(0)]);
      near(row('out', t), times(row('weights', t), 'v'));
    }
  });

  test('a typed sentence: tokens, masks, steps', async () => {
    await enter('#sentence', "It's a rose, 是花");
    await until(
      'tokens',
      () => texts('#tokens .word'),
      (now) => now.join() === "It's,a,rose,,,是,花",
    );
    await visitor.page.$$eval('#tokens input', ([first]) => first.click());
    const shares = (): Promise<string[]> => texts('#tokens small');
    expect(await shares()).toEqual(['100 %', '0', '0', '0', '0', '0']);
    await visitor.page.locator('#causal').click();
    await until('full attention', shares, (now) => now.every((share) => share !== '0'));
    await visitor.page.locator('#padding').click();
    await until('padding', shares, (now) => now.length === 8 && now.slice(6).join() === '0,0');
    expect(await text('#head-check')).toMatch(/largest difference (0|\d\.\de−[6-9]|\d\.\de−1\d);/);
    expect(await text('#shown-check')).toMatch(/largest difference (0|\d\.\de−[6-9]|\d\.\de−1\d)$/);
    const formulas: string[] = [];
    for (let step = 0; step < 7; step++) {
      formulas.push(await text('#formula'));
      if (step < 6) await press('Next');
    }
    expect(new Set(formulas).size).toBe(7);
    expect(await visitor.page.$eval('#next', (e) => (e as HTMLButtonElement).disabled)).toBe(true);
    await visitor.page.focus('#result-maps canvas');
    await visitor.page.keyboard.press('ArrowRight');
    expect(await text('#head-readout')).toMatch(/^Y\[It's, 0\] = .*·.* = −?\d/);
    await enter('#sentence', '');
    await until(
      'nothing',
      () => texts('#tokens .word'),
      (now) => now.length === 0,
    );
    await enter('#sentence', 'word '.repeat(20));
    await until(
      'the first 14',
      () => texts('#tokens .word'),
      (now) => now.length === 16,
    );
    expect(await text('#sentence-facts')).toContain('only the first 14');
  });

  test('a lost device: another one computes everything again', async () => {
    await visitor.loseDevice();
    await until(
      'recovery',
      () => text('#notices'),
      (now) => now.includes('was lost'),
    );
    await press('Mild');
    await untilShares(shown(softmax(mild)));
    await enter('#sentence', 'after the loss');
    await until(
      'tokens',
      () => texts('#tokens .word'),
      (now) => now.length === 5,
    );
  });

  test('Chinese, dark, 360 pixels wide; every string is there', async () => {
    expect(await visitor.missingStrings()).toEqual([]);
    await visitor.page.setViewport({ width: 360, height: 740, isMobile: true });
    await visitor.page.locator('#language').click();
    expect(await visitor.page.evaluate(() => document.documentElement.lang)).toBe('zh-Hans');
    expect(await visitor.page.title()).toBe('实验室 · Heed');
    expect(await visitor.missingStrings()).toEqual([]);
    // A phone's viewport loads the page anew.
    await until(
      'results',
      () => text('#softmax-check'),
      (now) => now.includes('份额与 float64 的最大差异'),
    );
    await visitor.page.locator('::-p-aria([name="深色主题"])').click();
    expect(await visitor.colorScheme()).toBe('dark');
    for (let step = 0; step < 7; step++) {
      await visitor.page.$$eval('#film button', (all, at) => all[at].click(), step);
      expect(await visitor.scrollWidth()).toBe(360);
    }
    const long = 'Antidisestablishmentarianism'.repeat(3);
    await enter('#sentence', `so ${long}`);
    await until(
      'tokens',
      () => texts('#tokens .word'),
      (now) => now.slice(0, 2).join() === `so,${long}`, // and padding, which the address keeps
    );
    expect(await visitor.scrollWidth()).toBe(360);
  });

  test('nobody complained', () => {
    expect(site.complaints).toEqual([]);
  });

  test('without WebGPU it says so and what to do; positions need none', async () => {
    const without = await site.visitWithoutWebGPU('inside/laboratory/');
    const said = await without.text('#missing');
    expect(said).toMatch(/needs WebGPU.*does not offer WebGPU.*Chrome/);
    expect(await without.page.$eval('#encoding canvas', (e) => e.getAttribute('aria-label'))).toContain(
      '64 rows',
    );
    await without.page.close();
  });
});
