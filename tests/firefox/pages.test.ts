// The demo's pages in Firefox: each opens and does once what it is there for. What else they can: tests/demo*.test.ts.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findFirefox } from '../../tools/browser.mjs';
import { DemoSite, PATIENCE, type Visitor } from '../harness/demo-page';

const missing = !findFirefox();
const needs = missing ? ' (needs Firefox: install firefox-esr or set FIREFOX_PATH)' : '';

describe.skipIf(missing)('in Firefox', { timeout: PATIENCE.test, concurrent: false }, () => {
  let site: DemoSite;
  let visitor: Visitor;
  beforeAll(async () => {
    site = await DemoSite.open('firefox');
  }, PATIENCE.hook);
  afterEach(async () => {
    await visitor?.page.close();
    expect(site.complaints).toEqual([]);
  });
  afterAll(() => site?.close());

  const status = (): Promise<string> => visitor.text('#status');

  it(`the first page trains${needs}`, async () => {
    visitor = await site.visit('train/language/');
    await visitor.press('Train');
    const step = await visitor.until(
      'step 5',
      async () => Number(/Step (\d+)/.exec(await status())?.[1]),
      (now) => now >= 5,
    );
    expect(step).toBeGreaterThanOrEqual(5);
    expect(Number(/Loss ([\d.]+)/.exec(await status())![1])).toBeLessThan(5);
    await visitor.press('Stop');
    await visitor.until('Stopped', status, (now) => now.startsWith('Stopped'));
  });

  it(`the laboratory agrees with float64${needs}`, async () => {
    visitor = await site.visit('inside/laboratory/');
    await visitor.untilText('#softmax-check', /float64: \d\.\de−([7-9]|1\d)$/);
    await visitor.untilText('#head-check', /largest difference (0|\d\.\de−[6-9]|\d\.\de−1\d);/);
  });

  it(`the page Write shows what comes next, and writes it${needs}`, async () => {
    visitor = await site.visit('try/write/');
    const tokens = (): Promise<string[]> => visitor.texts('#tokens .token');
    const { length } = await visitor.until('a text', tokens, (now) => now.length > 0);
    await visitor.page.$eval('#bars button', (bar) => (bar as HTMLElement).click());
    await visitor.until('one token more', tokens, (now) => now.length === length + 1);
    expect(await visitor.texts('#heads canvas')).toHaveLength(16);
  });

  it(`the page Tasks learns to copy, and answers${needs}`, async () => {
    visitor = await site.visit('train/tasks/?task=copy&length=3&digits=4');
    await visitor.press('Train');
    await visitor.untilText('#verdict', /^Solved at step \d+, after [\d.]+ s/);
    await visitor.enter('#input', '312');
    await visitor.press('Answer');
    await visitor.untilText('#answer-note', /^All 3 tokens are right/);
  });

  it(`the page Tune tells what an adapter costs, and teaches one${needs}`, async () => {
    visitor = await site.visit('train/tune/?steps=2&without=attn.c_proj,mlp.c_fc,mlp.c_proj');
    await visitor.untilText('#cost-facts', /Numbers that learn16,384/);
    await visitor.press('Train');
    await visitor.untilText('#summary', /^From .* The adapter is 6\d\.\d KiB/);
  });

  it(`the page Understand fills a blank, and tells by which words${needs}`, async () => {
    visitor = await site.visit('try/understand/#t=She%20opened%20the%20___.');
    await visitor.untilText('#fill-reasons', /^Shaded/);
    expect(await visitor.texts('#fill-bars li')).toHaveLength(10);
  });

  it(`the page See says what is in a picture${needs}`, async () => {
    visitor = await site.visit('try/see/');
    await visitor.untilText('#verdict', /true/i);
    expect(await visitor.texts('#patches button')).toHaveLength(36);
  });

  it(`the page Graph cuts a tie, and sees a class change${needs}`, async () => {
    visitor = await site.visit('try/graph/?cut=1-20');
    await visitor.untilText('#changes', /^One tie is cut: member 20 is now the president’s \(\d+ %\)/);
  });

  it(`the page Next says what follows a basket, and takes it${needs}`, async () => {
    visitor = await site.visit('try/next/#t=guitar%0Apicks');
    const first = (): Promise<string> => visitor.page.$eval('#by-model .word', (word) => word.textContent);
    await visitor.until('a suggestion', first, (now) => now === 'tuner');
    await visitor.page.$eval('#by-model button', (bar) => (bar as HTMLElement).click());
    await visitor.until('the next one', first, (now) => now === 'strings');
  });

  it(`the page My GPU checks kernels, and reckons what fits${needs}`, async () => {
    visitor = await site.visit('gpu/?only=add,softmax&do=right,fits&memory=8');
    await visitor.press('Test my GPU');
    await visitor.until('Done', status, (now) => now.startsWith('Done'));
    expect(await visitor.text('#right-verdict')).toMatch(/^All right: 2 cases of 2 families/);
    expect(await visitor.text('#fits-verdict')).toMatch(/^8\.0 GiB: To run: /);
  });

  it(`the Translate page translates with the model that it ships with${needs}`, async () => {
    visitor = await site.visit('try/translate/');
    await visitor.until('map', () => visitor.page.$eval('#map', (map) => !(map as HTMLElement).hidden));
    expect(await visitor.texts('#hypotheses .text')).toHaveLength(4);
  });
});
