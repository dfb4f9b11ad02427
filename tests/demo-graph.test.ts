/**
 * The page Graph from end to end, in headless Chromium on SwiftShader: the club is there at once, ties are cut, it learns, a graph is drawn
 * and given as a list, ties are guessed; then a lost device, and no WebGPU. What it computes: graph.chromium.test.ts.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DemoSite, PATIENCE, type Visitor } from './harness/demo-page';

let site: DemoSite;
let visitor: Visitor;

beforeAll(async () => {
  site = await DemoSite.open();
  visitor = await site.visit('try/graph/?heads=2&steps=20&layers=9');
}, PATIENCE.hook);
afterAll(() => site?.close());

const address = (): string => {
  const { search, hash } = new URL(visitor.page.url());
  return decodeURIComponent(search + hash);
};
const key = (name: string, press: string): Promise<void> =>
  visitor.page.$$eval(
    '.member',
    (all, member, pressed) => {
      const found = all.find((one) => one.querySelector('text')!.textContent === member) as SVGGElement;
      found.focus();
      found.dispatchEvent(new KeyboardEvent('keydown', { key: pressed, bubbles: true }));
    },
    name,
    press,
  );
const row = (name: string): Promise<string> =>
  visitor.page.$$eval(
    '#neighbours tr',
    (rows, neighbour) =>
      rows.find((one) => one.querySelector('th')!.textContent === neighbour)?.textContent ?? '',
    name,
  );
/** Drags from one place of the drawing to another, as parts of it. */
async function drag(from: readonly [number, number], to: readonly [number, number]): Promise<void> {
  const box = (await (await visitor.page.$('#drawing'))!.boundingBox())!;
  const at = ([x, y]: readonly [number, number]) => [box.x + x * box.width, box.y + y * box.height] as const;
  await visitor.page.mouse.move(...at(from));
  await visitor.page.mouse.down();
  await visitor.page.mouse.move(...at(to), { steps: 4 });
  await visitor.page.mouse.up();
}

describe('the page Graph', { timeout: PATIENCE.test, concurrent: false }, () => {
  test('begins with a network that has learnt, and the member that it is least sure of', async () => {
    await visitor.untilText('#member-title', /^Member 20$/);
    await visitor.untilText('#shares', /the instructor’s.*\d+ %.*the president’s.*\d+ %/);
    expect(await visitor.page.$$('.member')).toHaveLength(34);
    expect(await visitor.page.$$('.tie')).toHaveLength(78);
    expect(await visitor.text('#accuracy-legend')).toBe('31 of 32 right');
    expect(address()).toBe('?heads=2&steps=20');
    await visitor.page.waitForSelector('#train:enabled');
    await visitor.expectStill();
  });

  test('a tie is cut: the class changes at once, without learning; what each tie is worth is told before', async () => {
    await visitor.until(
      'without 1',
      () => row('1'),
      (now) => /the president’s, \d+ %Cut$/.test(now),
    );
    await visitor.press('Cut the tie with 1');
    await visitor.untilText(
      '#changes',
      /^One tie is cut: member 20 is now the president’s \(\d+ %\), was the instructor’s\./,
    );
    expect(address()).toBe('?cut=1-20&heads=2&steps=20');
    expect(await visitor.page.$$('.tie.cut')).toHaveLength(1);
    await visitor.press('Put all back');
    await visitor.untilText('#changes', /^$/);
    await visitor.until(
      'back',
      () => row('1'),
      (now) => /Cut$/.test(now),
    );
  });

  test('keys go from member to member; heads and layers are chosen', async () => {
    await key('34', 'Enter');
    await visitor.untilText('#member-title', /^Member 34$/);
    expect(await visitor.page.$$('#neighbours tr')).toHaveLength(18); // 17 and itself
    await key('34', 'ArrowRight');
    const focused = (): Promise<string> => visitor.page.evaluate(() => document.activeElement!.textContent);
    expect(await focused()).not.toBe('34');
    const bands = (): Promise<string[]> =>
      visitor.page.$$eval('.band', (all) => all.map((one) => one.getAttribute('d')!));
    const mean = await bands();
    await visitor.clickOn('#head input[value="1"]');
    expect(await bands()).not.toEqual(mean);
    await visitor.clickOn('#layer input[value="1"]');
    expect(await visitor.texts('#head label')).toEqual(['mean']); // the last layer has one
  });

  test('learns in the tab, and is judged by those that it is not told of', async () => {
    await visitor.untilText('#hint-text', /changed: Train starts a new network/);
    await visitor.press('Train');
    await visitor.untilText('#status', /Step [1-9]/);
    expect(await visitor.page.$eval('#model-part', (part) => part.matches(':disabled'))).toBe(true);
    await visitor.untilText('#status', /^Finished/);
    await visitor.untilText('#accuracy-legend', /^\d+ of 32 right$/);
    expect(await visitor.page.$eval('#accuracy', (plot) => plot.getAttribute('aria-label'))).toMatch(
      /^At step 20, /,
    );
    expect(await visitor.text('#model-facts')).toMatch(/^616 weights/);
  });

  test('is what axe approves of with all of it on view, in both themes and languages, on a phone, too', async () => {
    await visitor.page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }]);
    await visitor.clickOn('#table-part summary');
    await visitor.until('rows', async () => (await visitor.texts('#members tr')).length === 34);
    for (const theme of ['one', 'other']) {
      expect(await visitor.violations(), theme).toEqual([]);
      await visitor.page.click('#theme');
    }
    await visitor.page.click('#language');
    await visitor.untilText('h1', /谁在听谁的/);
    expect(await visitor.missingStrings()).toEqual([]);
    await visitor.page.setViewport({ width: 390, height: 844 });
    expect(await visitor.scrollWidth()).toBeLessThanOrEqual(390);
    expect(await visitor.violations()).toEqual([]);
    await visitor.page.setViewport({ width: 1280, height: 900 });
    await visitor.page.click('#language');
    await visitor.clickOn('#table-part summary');
  });

  test('a list replaces the graph; lines that cannot be read change nothing, and are named', async () => {
    await visitor.clickOn('input[name=graph][value=own]');
    await visitor.enter('#pasted', 'Ada,Bob,red\nBob,Cy,,\nAda,Dee,blue');
    await visitor.press('Use this list');
    await visitor.untilText(
      '#list-problems',
      /^2 lines cannot be read; nothing was changed.Line 2: 4 cells.*Line 3: Ada is “blue” here/,
    );
    expect(await visitor.page.$$('.member')).toHaveLength(0);
    await visitor.enter('#pasted', 'Ada,Bob,red\nBob,Cy\nCy,Cy\nBob,Ada\nCy,Dee\nDee,,blue\nCy,,blue?');
    await visitor.press('Use this list');
    await visitor.untilText('#list-notes', /^Read: 4 members, 3 ties\. .*line 4\. .*line 3\.$/);
    expect(await visitor.text('#list-problems')).toBe('');
    expect(address()).toMatch(/graph=own.*#t=Ada,,red\nBob\nCy,,blue\?\nDee,,blue\nAda,Bob\n/);
  });

  test('it is drawn on, by pointer and by keys, undone, and learnt', async () => {
    await visitor.clickOn('#mode input[value=draw]');
    await visitor.page.$eval('#drawing', (drawing) => drawing.scrollIntoView({ block: 'center' }));
    await drag([0.08, 0.9], [0.08, 0.9]);
    await visitor.untilText('#member-title', /^Member 5$/);
    const places = await visitor.page.$$eval('.member', (all) => {
      const { left, top, width, height } = document.querySelector('#drawing')!.getBoundingClientRect();
      return all.map((one) => {
        const box = one.querySelector('.body')!.getBoundingClientRect();
        return [(box.x + box.width / 2 - left) / width, (box.y + box.height / 2 - top) / height] as const;
      });
    });
    await drag(places[4], places[3]);
    await visitor.until('a tie', async () => (await visitor.page.$$('.tie')).length === 4);
    await key('5', '1');
    await visitor.until('a label', () => Promise.resolve(/\n5,,red/.test(address())));
    await key('5', '0');
    await visitor.press('Undo');
    await visitor.until('the label', () => Promise.resolve(/\n5,,red/.test(address())));
    await visitor.press('Train');
    await visitor.untilText('#status', /^Finished/);
    await visitor.untilText('#accuracy-legend', /^[01] of 1 right$/);
    await key('Ada', 'Enter');
    await visitor.untilText('#shares', /red.*\d+ %.*blue.*\d+ %/);
    await key('5', 'Delete');
    await visitor.until('it is gone', async () => (await visitor.page.$$('.member')).length === 4);
    await visitor.untilText('#hint-text', /changed/);
  });

  test('nothing is learnt from nothing; the club comes back, and tells who may become friends', async () => {
    await visitor.press('Empty sheet');
    await visitor.press('Train');
    await visitor.untilText('#notices', /Two members are needed/);
    await visitor.clickOn('input[name=graph][value=karate]');
    await visitor.until('the club', async () => (await visitor.page.$$('.member')).length === 34);
    await visitor.loseDevice();
    await visitor.press('Guess');
    await visitor.until('guesses', async () => (await visitor.texts('#guesses li')).length === 10);
    expect(await visitor.text('#guess-note')).toMatch(/\(12 of them\) was found likelier in \d+ % of cases/);
  });

  test('without WebGPU there is a network of each kind to look at, and ties to cut', async () => {
    const without = await site.visitWithoutWebGPU('try/graph/');
    await without.untilText('#recorded', /What is missing/);
    await without.untilText('#shares', /\d %/);
    await without.press('Cut the tie with 1');
    await without.untilText('#changes', /member 20 is now the president’s/);
    await without.clickOn('#kinds input[value=gat]');
    await without.press('Put all back');
    await without.untilText('#changes', /^$/);
    expect(await without.texts('#guesses li')).toHaveLength(10);
    expect(await without.page.$eval('#train', (train) => train.matches(':disabled'))).toBe(true);
    expect(await without.violations()).toEqual([]);
    await without.page.close();
  });

  test('nothing went wrong on the way', () => {
    expect(site.complaints).toEqual([]);
  });
});
