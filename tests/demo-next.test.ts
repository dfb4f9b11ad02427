/**
 * The page Next from end to end, in headless Chromium on SwiftShader: what follows a basket, and because of what; a table of one's own, learnt,
 * saved and opened again; a lost device, another page, and no WebGPU. What it computes: next.chromium.test.ts.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DemoSite, PATIENCE, type Visitor } from './harness/demo-page';

let site: DemoSite;
let visitor: Visitor;

beforeAll(async () => {
  site = await DemoSite.open();
  visitor = await site.visit('try/next/');
}, PATIENCE.hook);
afterAll(() => site?.close());

const address = (): string => {
  const { search, hash } = new URL(visitor.page.url());
  return decodeURIComponent(search + hash);
};
const best = ({ page }: Visitor, of = 'model'): Promise<string[]> =>
  page.$$eval(`#by-${of} .word`, (all) => all.map((word) => word.textContent));

describe('the page Next', { timeout: PATIENCE.test, concurrent: false }, () => {
  test('says at once what follows a basket, beside a Markov chain and popularity', async () => {
    expect(await visitor.texts('#chips button')).toEqual([
      'tent',
      'coffee beans',
      'sleeping bag',
      'hand grinder',
      'pour-over cone',
    ]);
    expect((await best(visitor)).slice(0, 4)).toEqual(
      expect.arrayContaining(['filter papers', 'sleeping mat']),
    );
    expect(await visitor.text('#because')).toMatch(/^It looked most at .* \(\d+ %\) and /);
    expect(await visitor.text('#scores')).toMatch(
      /The model\d\d %0\.\d+A Markov chain\d\d %0\.\d+Popularity/,
    );
    await visitor.page.waitForSelector('#train:enabled');
    await visitor.untilText('#data-facts', /^3,000 users, 120 items/);
    await visitor.expectStill();
  });

  test('tells of each suggestion by which items, and takes it', async () => {
    const mat = (await best(visitor)).indexOf('sleeping mat');
    await visitor.page.focus(`#by-model li:nth-child(${mat + 1}) button`);
    await visitor.untilText(
      '#because',
      /^sleeping mat, because of .*(sleeping bag|tent) \(without it [\d.]+ % instead of [\d.]+ %\)/,
    );
    expect(await visitor.text('#basket-hint')).toMatch(/less likely sleeping mat/);
    await visitor.clickOn(`#by-model li:nth-child(${mat + 1}) button`);
    await visitor.until('six', async () => (await visitor.texts('#chips button')).length === 6);
    expect(address()).toMatch(
      /^#t=tent\ncoffee beans\nsleeping bag\nhand grinder\npour-over cone\nsleeping mat$/,
    );
    await visitor.until('it is not suggested', async () => !(await best(visitor)).includes('sleeping mat'));
    await visitor.clickOn('#again');
    await visitor.until('?again=1', () => Promise.resolve(address().startsWith('?again=1')));
    await visitor.clickOn('#again');
    await visitor.press('Undo');
    await visitor.until('five', async () => (await visitor.texts('#chips button')).length === 5);
    await visitor.enter('#item-name', 'Nothing');
    await visitor.press('Add');
    await visitor.untilText('#notices', /no item “Nothing”/);
    await visitor.enter('#item-name', 'Guitar');
    await visitor.press('Add');
    await visitor.until('the guitar', async () => (await visitor.texts('#chips button')).at(-1) === 'guitar');
    await visitor.press('Clear');
    await visitor.until('nothing', async () => (await best(visitor))[0] === '…');
    await visitor.clickOn('#shelves button');
    await visitor.until('something', async () => (await best(visitor))[0] !== '…');
  });

  test('is what axe approves of with all of it on view, in both themes and languages, on a phone, too', async () => {
    await visitor.page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }]);
    for (const theme of ['one', 'other']) {
      expect(await visitor.violations(), theme).toEqual([]);
      await visitor.page.click('#theme');
    }
    await visitor.page.click('#language');
    await visitor.untilText('h1', /接下来/);
    expect(await visitor.missingStrings()).toEqual([]);
    expect(await visitor.texts('#chips button')).toEqual(['帐篷']);
    await visitor.page.setViewport({ width: 390, height: 844 });
    expect(await visitor.scrollWidth()).toBeLessThanOrEqual(390);
    await visitor.page.setViewport({ width: 1280, height: 900 });
    await visitor.page.click('#language');
  });

  test('a table is read, with what is left out and why; it is learnt, judged and answers', async () => {
    const rows = Array.from({ length: 30 }, (_, user) =>
      Array.from({ length: 5 }, (_, i) => `u${user},${'abcdef'[(user + i) % 6]},${2020 + i}`),
    ).flat();
    [rows[0], rows[1]] = [rows[1], rows[0]];
    await visitor.choose('#table-file', 'cat.png', 'no');
    await visitor.untilText('#notices', /cat\.png is no table/);
    await visitor.choose(
      '#table-file',
      'mine.csv',
      ['who,what,year', ...rows, 'u0,,2030', 'lonely,b,2020'].join('\n'),
    );
    await visitor.untilText('#data-facts', /^31 users, 6 items, 151 choices$/);
    await visitor.untilText(
      '#left-out',
      /^Row 152: what is empty1 users have fewer.*Rows of 1 users stood out of order/,
    );
    await visitor.enter('#slider-epochs', 6);
    await visitor.clickOn('#again');
    await visitor.press('Train');
    await visitor.untilText('#status', /Step [1-9]/);
    expect(await visitor.page.$eval('#data-part', (part) => part.matches(':disabled'))).toBe(true);
    await visitor.untilText('#status', /^Finished/);
    await visitor.untilText('#score-intro', /^Each of 30 users’ last item/);
    await visitor.untilText('#chart-legend', /^HR@10 100 %/);
    expect(await visitor.asksToStay()).toBe(true);
    await visitor.enter('#item-name', 'c');
    await visitor.press('Add');
    await visitor.until('answers', async () => (await best(visitor))[0] !== '…');
    expect(await visitor.page.$eval('#shelves-part', (part) => (part as HTMLElement).hidden)).toBe(true);
  });

  test('is saved and opened again, also after a device was lost', async () => {
    const before = await best(visitor);
    const { name, bytes } = await visitor.download('Save recommender', '.safetensors');
    expect(await visitor.asksToStay()).toBe(false);
    await visitor.loseDevice();
    await visitor.choose('#checkpoint-file', name, bytes);
    await visitor.untilText('#chips', /^$/);
    await visitor.enter('#item-name', 'c');
    await visitor.press('Add');
    await visitor.until('the same', async () => (await best(visitor)).join() === before.join());
    expect(await visitor.page.$eval('#no-baselines', (note) => (note as HTMLElement).hidden)).toBe(false);
    await visitor.page.$$eval('.siblings a', (links) => (links[0] as HTMLElement).click());
    await visitor.untilText('h1', /Write with a model/);
    await visitor.page.goBack();
    await visitor.untilText('h1', /what comes next/);
    expect(await visitor.texts('#chips button')).toEqual(['c']);
  });

  test('without WebGPU there are baskets to look at, each with one more', async () => {
    const without = await site.visitWithoutWebGPU('try/next/');
    await without.untilText('#recorded', /What is missing/);
    for (const preset of ['cyclist', 'climber']) {
      await without.clickOn(`[data-preset=${preset}]`);
      const first = (await best(without))[0];
      expect(first).not.toBe('…');
      await without.clickOn('#by-model button');
      await without.until('it is taken', async () => (await without.texts('#chips button')).at(-1) === first);
    }
    await without.clickOn('#by-model button');
    await without.untilText('#notices', /was not recorded/);
    expect(await without.page.$eval('#train', (train) => train.matches(':disabled'))).toBe(true);
    expect(await without.violations()).toEqual([]);
    await without.page.close();
  });

  test('nothing went wrong on the way', () => {
    expect(site.complaints).toEqual([]);
  });
});
