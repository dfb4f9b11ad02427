/**
 * The page See from end to end, in headless Chromium on SwiftShader: the captioner that ships says what is in a drawn picture, words lead to
 * patches and back, pictures are put together, one's own is opened; a lost device; then no WebGPU.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { faultOf, readCaption } from '../corpora/pictures/captions';
import { FIRST, sceneOf } from '../demo/see/scenes';
import { DemoSite, PATIENCE, type Visitor } from './harness/demo-page';

let site: DemoSite;
let visitor: Visitor;

beforeAll(async () => {
  site = await DemoSite.open();
  visitor = await site.visit('try/see/');
}, PATIENCE.hook);
afterAll(() => site?.close());

const caption = (wanted: (words: string[]) => boolean, from = visitor): Promise<string[]> =>
  from.until(
    'a caption',
    () => from.texts('#words button'),
    (words) => words.length > 0 && wanted(words),
  );
/** Shares that patches, or words, are drawn with; none where all are alike. */
const shares = (selector: string): Promise<number[]> =>
  visitor.page.$$eval(`${selector} button`, (all) =>
    all.flatMap(({ style }) => {
      const share = style.getPropertyValue('--share');
      return share === '' ? [] : [Number(share)];
    }),
  );
const point = (selector: string, at: number): Promise<void> =>
  visitor.page.$$eval(`${selector} button`, (all, i) => all[i].focus(), at);

describe('the page See', { timeout: PATIENCE.test, concurrent: false }, () => {
  test('says what is in a picture without a click, and whether that is true; nothing moves', async () => {
    const words = await caption(() => true);
    const said = words.join(' ');
    expect(readCaption(said)).not.toBe(null);
    const fault = faultOf(said, sceneOf(FIRST));
    await visitor.untilText('#verdict', fault ? /^Not true/ : /^True of this picture/);
    await visitor.expectStill();
  });

  test('a word lights its patches, a patch shades the words that looked at it', async () => {
    const words = await visitor.texts('#words button');
    await point('#words', 1);
    const lit = await shares('#patches');
    expect(lit).toHaveLength(36);
    expect(Math.max(...lit)).toBe(1);
    expect(Math.min(...lit)).toBeLessThan(1);
    await point('#patches', lit.indexOf(1));
    expect(await shares('#patches')).toEqual([]);
    const shaded = await shares('#words');
    expect(shaded).toHaveLength(words.length);
    expect(Math.max(...shaded)).toBe(1);
    await visitor.page.keyboard.press('ArrowRight');
    expect(await visitor.page.evaluate(() => document.activeElement!.getAttribute('aria-label'))).toMatch(
      /^Patch \d, \d:/,
    );
    await visitor.page.click('#words button:nth-child(3)');
    expect(await visitor.page.$eval('#words button:nth-child(3)', (one) => one.ariaPressed)).toBe('true');
    const [last] = [await shares('#patches')];
    await visitor.page.click('#through');
    expect(await shares('#patches')).not.toEqual(last);
    await visitor.page.click('#through');
  });

  test('a picture that is put together is said anew, and is in the address', async () => {
    await visitor.page.select('#colour-0', 'blue');
    await visitor.page.select('#shape-0', 'ring');
    await visitor.page.$eval(
      '#two',
      (two) => (two as HTMLInputElement).checked && (two as HTMLElement).click(),
    );
    await caption((words) => words.length > 0);
    await visitor.until(
      'the address',
      () => visitor.page.evaluate(() => location.search),
      (search) => /^\?of=(small|large)-blue-ring\.0$/.test(search),
    );
    await visitor.untilText('#verdict', /rue/);
    await visitor.page.select('#shape-0', 'circle');
    await visitor.untilText('#novelty', /^Nobody showed it a blue circle/);
    await visitor.press('New picture');
    await caption(() => true);
  });

  test("one's own picture is said without a verdict, and a file that is none is told", async () => {
    const png = await visitor.page.evaluate(async () => {
      const canvas = new OffscreenCanvas(60, 40);
      const context = canvas.getContext('2d')!;
      context.fillStyle = '#fff';
      context.fillRect(0, 0, 60, 40);
      context.fillStyle = '#d62828';
      context.fillRect(20, 10, 20, 20);
      const blob = await canvas.convertToBlob();
      return [...new Uint8Array(await blob.arrayBuffer())];
    });
    await visitor.choose('#own-file', 'red.png', Uint8Array.from(png));
    await visitor.untilText('#picture-intro', /^Your picture/);
    await caption(() => true);
    expect(await visitor.text('#verdict')).toBe('');
    await visitor.choose('#own-file', 'text.png', 'no picture');
    await visitor.untilText('#problem', /.+/);
  });

  test('is what axe approves of in both languages and themes, on a phone, too', async () => {
    await visitor.page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }]);
    for (const button of ['#language', '#theme']) {
      await visitor.page.click(button);
      expect(await visitor.violations(), button).toEqual([]);
      expect(await visitor.missingStrings()).toEqual([]);
    }
    await visitor.page.setViewport({ width: 390, height: 844 });
    expect(await visitor.scrollWidth()).toBeLessThanOrEqual(390);
    expect(await visitor.violations(), 'phone').toEqual([]);
    await visitor.page.setViewport({ width: 1280, height: 900 });
    await visitor.page.click('#language');
    await visitor.page.click('#theme');
  });

  test('a lost device costs nothing', async () => {
    await visitor.loseDevice();
    await visitor.untilText('#notices', /lost/);
    await caption(() => true);
  });

  test('without WebGPU recorded pictures are there', async () => {
    const without = await site.visitWithoutWebGPU('try/see/');
    await without.untilText('#recorded', /What is missing/);
    const words = await caption(() => true, without);
    expect(readCaption(words.join(' '))).not.toBe(null);
    await without.press('New picture');
    await caption((next) => next.join() !== words.join(), without);
    expect(await without.page.$eval('#choose-own', (one) => (one as HTMLButtonElement).disabled)).toBe(true);
    expect(await without.violations()).toEqual([]);
  });
});
