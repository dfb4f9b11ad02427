/**
 * The course from end to end, in headless Chromium on SwiftShader: a sentence through eight chapters, what can be switched off, a token
 * that is written, the address; then no WebGPU.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHAPTERS } from '../demo/course/chapters';
import fixture from './fixtures/writer.json';
import { DemoSite, PATIENCE, type Visitor } from './harness/demo-page';

let site: DemoSite;
let visitor: Visitor;

beforeAll(async () => {
  site = await DemoSite.open();
  visitor = await site.visit('inside/');
}, PATIENCE.hook);
afterAll(() => site?.close());

const openChapter = (name: string, { page }: Visitor = visitor): Promise<void> =>
  page.$$eval(
    '#chapters button',
    (all, words) => all.find((one) => one.textContent.includes(words))!.click(),
    name,
  );
const shown = ({ page }: Visitor = visitor): Promise<(string | undefined)[]> =>
  page.$$eval('section[data-chapter]', (all) =>
    all.filter((one) => one.checkVisibility()).map((one) => one.dataset.chapter),
  );
const tokens = (count: number): Promise<string[]> =>
  visitor.until(
    `${count} tokens`,
    () => visitor.texts('#pieces li'),
    (now) => now.length === count,
  );
const search = (): string => new URL(visitor.page.url()).search;
const best = fixture.drawn.find(
  ({ temperature, topK, topP }) => temperature === 1 && topK === 0 && topP === 1,
)!.best;

describe('the course', { timeout: PATIENCE.test, concurrent: false }, () => {
  test('opens with a sentence in tokens, and nothing moves', async () => {
    const pieces = await tokens(fixture.ids.length);
    expect(pieces.map((piece) => Number(/\d+$/.exec(piece)![0]))).toEqual(fixture.ids);
    expect(await visitor.text('#check')).toMatch(/largest difference (0|\d\.\de−[5-9])\.$/);
    expect(await shown()).toEqual(['tokens']);
    await visitor.expectStill();
  });

  test('one chapter after the other, by the button and in the address', async () => {
    for (const [at, chapter] of CHAPTERS.entries()) {
      expect(await shown()).toEqual([chapter]);
      expect(search()).toBe(at === 0 ? '' : `?chapter=${chapter}`);
      expect(await visitor.text('#progress')).toBe(`${at + 1} of 8`);
      if (at < 7) await visitor.page.click('#next');
    }
    expect(await visitor.page.evaluate(() => document.activeElement!.id)).toBe('output-title');
    // What follows is Transformers' own.
    const shares = (await visitor.texts('#output .percent')).map((share) => parseFloat(share) / 100);
    for (const [at, [, share]] of best.slice(0, 10).entries()) expect(shares[at]).toBeCloseTo(share, 3);
  });

  test('a token that is chosen is what all chapters are about', async () => {
    await openChapter('Embeddings');
    await visitor.page.$$eval('#tokens .token', (all) => (all[2] as HTMLElement).click());
    await visitor.untilText('#vector-title', /^The 128 numbers of “man”$/);
    expect(await visitor.texts('#near .word')).toHaveLength(8);
    await openChapter('Softmax');
    const rows = await visitor.texts('#shares tr');
    expect(rows.slice(3).every((row) => row.endsWith('later: not seen'))).toBe(true);
    const sum = (await visitor.texts('#shares .bar-cell')).reduce((all, share) => all + parseFloat(share), 0);
    expect(sum).toBeGreaterThan(99);
    expect(sum).toBeLessThan(101);
    expect(await visitor.text('#softmax-fact')).toMatch(/differ by at most (0|\d\.\de−([7-9]|1\d))\.$/);
    await visitor.enter('#slider-sharpness', 0.1);
    await visitor.untilText('#softmax-fact', /^As if choosing among 1\.\d equal tokens\.$/);
    await openChapter('Heads');
    expect(await visitor.texts('#heads canvas')).toHaveLength(16);
    await visitor.page.$$eval('#heads input', (all) => all[6].click());
    await visitor.untilText('#head-name', /^Layer 2, head 3$/);
    expect(search()).toBe('?chapter=heads&token=3&layer=2&head=3');
    await openChapter('Q, K, V');
    expect(
      await visitor.page.$eval('[name=queries-head]:checked', (one) => (one as HTMLInputElement).value),
    ).toBe('2');
  });

  test('blocks and positions can be left out, and come back', async () => {
    await visitor.page.$$eval('#tokens .token', (all) => (all.at(-1) as HTMLElement).click());
    await openChapter('Layers');
    const last = async (): Promise<string> => (await visitor.texts('#layers tr')).at(-1)!;
    const before = await last();
    const tick = (at: number): Promise<void> =>
      visitor.page.$$eval('#layers input', (all, i) => (all[i] as HTMLElement).click(), at);
    await tick(1);
    await visitor.until('another guess', last, (now) => now !== before);
    expect(await visitor.text('#layers-fact')).toMatch(/With all of them it was/);
    await tick(1);
    await visitor.until('the same guess', last, (now) => now === before);
    await openChapter('Positions');
    const bars = async (): Promise<string> => (await visitor.texts('#places-bars li')).join();
    const placed = await bars();
    await visitor.page.click('#places');
    await visitor.until('other bars', bars, (now) => now !== placed);
    await visitor.page.click('#places');
    await visitor.until('the bars from before', bars, (now) => now === placed);
  });

  test('a bar that is pressed is written; other sentences are read, the first 32 tokens of a long one', async () => {
    await openChapter('Output');
    await visitor.page.$eval('#output button', (bar) => bar.click());
    await visitor.until(
      'a longer sentence',
      () => visitor.page.$eval('#sentence', (field) => (field as HTMLInputElement).value),
      (now) => now.startsWith('The old man sat down on the '),
    );
    await visitor.until(
      'its token',
      () => visitor.texts('#tokens .token'),
      (now) => now.length === fixture.ids.length + 1,
    );
    expect(await visitor.page.$eval('#write-on', (link) => (link as HTMLAnchorElement).href)).toMatch(
      /try\/write\/#t=The%20old/,
    );
    await visitor.enter('#sentence', 'one two three four five six seven '.repeat(8));
    await visitor.untilText('#state', /The course follows the first 32 tokens\.$/);
    await visitor.enter('#sentence', '');
    await visitor.until(
      'a line break',
      () => visitor.texts('#tokens .token'),
      (now) => now.length === 1,
    );
    await visitor.page.goto(
      new URL('?chapter=softmax&token=2&head=4#t=hello%20there', visitor.page.url()).href,
    );
    await visitor.untilText('#shares', /he.*ll.*there/s);
    expect(await shown()).toEqual(['softmax']);
  });

  test('a lost device costs nothing', async () => {
    await visitor.loseDevice();
    await visitor.untilText('#notices', /lost/);
    await visitor.enter('#sentence', 'She was there');
    await visitor.untilText('#shares', /She.*was/s);
  });

  test('is what axe approves of in every chapter', async () => {
    await visitor.page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }]);
    for (const [at, name] of ['Q, K, V', 'Softmax', 'Heads', 'Layers', 'Output'].entries()) {
      await openChapter(name);
      await visitor.page.setViewport({ width: at % 2 ? 1280 : 390, height: 844 });
      if (at % 2) await visitor.page.click('#theme');
      expect(await visitor.violations(), name).toEqual([]);
      expect(await visitor.scrollWidth(), name).toBeLessThanOrEqual(at % 2 ? 1280 : 390);
    }
  });

  test('nobody complained', () => {
    expect(site.complaints).toEqual([]);
  });

  test('without WebGPU it shows a recording, one block off at a time', async () => {
    const without = await site.visitWithoutWebGPU('inside/?chapter=layers');
    await without.untilText('#recorded', /This is a recording/);
    const rows = (): Promise<string[]> => without.texts('#layers tr');
    const [before] = (await without.until('rows', rows, (now) => now.length === 9)).slice(-1);
    await without.page.$$eval('#layers input', (all) => (all[1] as HTMLElement).click());
    await without.until(
      'another guess',
      async () => (await rows()).at(-1)!,
      (now) => now !== before,
    );
    const free = (): Promise<number[]> =>
      without.page.$$eval('#layers input', (all) => [...all.keys()].filter((i) => !all[i].disabled));
    expect(await free()).toEqual([1]);
    await openChapter('Output', without);
    const shares = (await without.texts('#output .percent')).map((share) => parseFloat(share) / 100);
    for (const [at, [, share]] of best.slice(0, 10).entries()) expect(shares[at]).toBeCloseTo(share, 3);
    await without.page.close();
  });
});
