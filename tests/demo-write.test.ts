/**
 * The page Write from end to end, in headless Chromium on SwiftShader: the writer that ships, choices, settings that reshape the bars,
 * undo, what tokens were drawn from, every head, the address; then a GPT that learns in the same tab; then no WebGPU.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import fixture from './fixtures/writer.json';
import { DemoSite, PATIENCE, violations, type Visitor } from './harness/demo-page';

let site: DemoSite;
let visitor: Visitor;

beforeAll(async () => {
  site = await DemoSite.open();
  visitor = await site.visit('try/write/');
}, PATIENCE.hook);
afterAll(() => site?.close());

const tokens = (): Promise<string[]> => visitor.texts('#tokens .token');
const count = (wanted: number): Promise<string[]> =>
  visitor.until(`${wanted} tokens`, tokens, (now) => now.length === wanted);
const shares = async (): Promise<number[]> =>
  (await visitor.texts('#bars .percent')).map((text) => parseFloat(text.replace('< ', '')));
const set = (slider: string, value: number): Promise<void> => visitor.enter(`#slider-${slider}`, value);
/** The maps are of this many tokens. */
const drawn = (wanted: number): Promise<number[]> =>
  visitor.until(
    `maps of ${wanted} tokens`,
    () => visitor.page.$$eval('#heads canvas', (all) => all.map(({ width }) => width)),
    (now) => now.length > 0 && now.every((width) => width === wanted),
  );
const clickBar = (row: number): Promise<void> =>
  visitor.page.$$eval('#bars button', (all, at) => all[at].click(), row);
const clickToken = (at: number): Promise<void> =>
  visitor.page.$$eval('#tokens .token', (all, i) => (all[i] as HTMLElement).click(), at);
const untilSearch = (wanted: RegExp): Promise<string> =>
  visitor.until(
    `address ${wanted}`,
    () => visitor.page.evaluate(() => location.search),
    (now) => wanted.test(now),
  );

describe('the page Write', { timeout: PATIENCE.test, concurrent: false }, () => {
  const all = fixture.drawn.find(
    ({ temperature, topK, topP }) => temperature === 1 && topK === 0 && topP === 1,
  )!;

  test('reads a text without a click, and shows Transformers’ numbers; nothing moves', async () => {
    await count(fixture.ids.length);
    expect((await tokens()).join('')).toBe(fixture.text);
    await drawn(fixture.ids.length);
    await set('temperature', 1);
    await set('topP', 1);
    const told = await shares();
    expect(told).toHaveLength(10);
    for (const [row, share] of told.entries()) expect(share / 100).toBeCloseTo(all.best[row][1], 2);
    const titles = await visitor.page.$$eval('#tokens button', (buttons) =>
      buttons.map(({ title }) => title),
    );
    for (const [at, p] of fixture.probabilities.entries()) {
      const [, bits] = /([\d.]+) bits/.exec(titles[at])!;
      expect(Math.abs(Number(bits) + Math.log2(p)), titles[at]).toBeLessThan(0.06);
    }
    expect((await visitor.observed()).shifts.reduce((a, b) => a + b, 0)).toBeLessThan(0.02);
  });

  test('sliders reshape the bars without another pass through the model, and say what each keeps', async () => {
    await visitor.page.evaluate(() => {
      const counts = Object.assign(window, { posted: 0 });
      const own = Object.getOwnPropertyDescriptor(MessagePort.prototype, 'postMessage')!;
      MessagePort.prototype.postMessage = new Proxy(own.value as (...all: unknown[]) => void, {
        apply(post, port, all) {
          counts.posted++;
          Reflect.apply(post, port, all);
        },
      });
    });
    const posted = (): Promise<number> =>
      visitor.page.evaluate(() => (window as unknown as { posted: number }).posted);
    const setting = fixture.drawn.find(({ temperature, topK }) => temperature === 1.3 && topK === 8)!;
    await set('temperature', 1.3);
    await set('topK', 8);
    await set('topP', 0.7);
    const told = await shares();
    for (const [row, [, share]] of setting.best.slice(0, setting.kept).entries()) {
      expect(told[row] / 100).toBeCloseTo(share, 2);
    }
    const cut = await visitor.texts('#bars .why');
    expect(cut.slice(0, setting.kept).every((why) => why === '')).toBe(true);
    expect(cut.slice(setting.kept, 8)).toEqual(
      Array.from({ length: 8 - setting.kept }, () => 'cut by top-p'),
    );
    expect(cut.slice(8)).toEqual(['cut by top-k', 'cut by top-k']);
    const effects = await visitor.texts('#sliders .effect');
    expect(effects[1]).toMatch(/^keeps 8: [\d.]+ % of the probability$/);
    expect(effects[2]).toMatch(new RegExp(`^keeps ${setting.kept} of these: [\\d.]+ % of theirs$`));
    await set('temperature', 0);
    expect((await shares())[0]).toBe(100);
    expect((await visitor.texts('#bars .why')).slice(1).every((why) => why === 'cut')).toBe(true);
    expect(await posted()).toBe(0); // nothing was asked of the worker
    await untilSearch(/^\?temperature=0&topK=8&topP=0\.7$/);
  });

  test('a bar that is pressed is written; one token is drawn; undo takes back', async () => {
    const [, second] = await visitor.texts('#bars .word');
    await clickBar(1);
    await count(8);
    expect((await tokens()).at(-1)!.trim()).toBe(second.replace('·', ''));
    await drawn(8);
    const [first] = await visitor.texts('#bars .word');
    await visitor.press('One token'); // at temperature 0: the likeliest
    await count(9);
    expect((await tokens()).at(-1)!.trim()).toBe(first.replace('·', '').replace('↵', '⏎').trim());
    expect(await visitor.text('#state')).toMatch(/^9 tokens, 2 of them written/);
    await visitor.press('Undo');
    await count(8);
    await visitor.press('Undo');
    await count(7);
    expect(await visitor.page.$eval('#undo', (undo) => undo.getAttribute('aria-disabled'))).toBe('true');
  });

  test('writes by itself, pauses, and is taken back in one step', async () => {
    await set('temperature', 0.8);
    await set('pace', 20);
    await visitor.press('Write');
    await visitor.until('12 tokens', tokens, (now) => now.length >= 12);
    await visitor.press('Pause');
    await visitor.untilText('#play', /^Write$/);
    const { length } = await tokens();
    await drawn(length);
    expect((await tokens()).length).toBe(length);
    await visitor.press('Undo');
    await count(7);
  });

  test('a token tells what it was drawn from; another choice there goes on from there', async () => {
    for (const wanted of [8, 9, 10]) {
      await visitor.press('One token');
      await count(wanted);
    }
    await clickToken(8);
    const token = (await tokens())[8].trim();
    await visitor.untilText('#choices-title', /^What “.+” was drawn from$/);
    expect((await visitor.text('#bars [aria-current] .word')).replace('·', '')).toBe(token.replace('⏎', '↵'));
    const row = await visitor.page.$$eval('#bars button', (all) =>
      all.findIndex((button) => !button.hasAttribute('aria-current')),
    );
    const other = (await visitor.texts('#bars .word'))[row];
    await clickBar(row);
    const now = await count(9);
    expect(now.at(-1)!.trim()).toBe(other.replace('·', '').replace('↵', '⏎').trim());
    await visitor.untilText('#choices-title', /^What comes next$/);
    await visitor.press('Undo');
    await count(10);
  });

  test('every head is there; the arcs and the large map are of the chosen one, and stand in the address', async () => {
    await drawn(10);
    expect(await visitor.page.$$('#heads canvas')).toHaveLength(16);
    await visitor.page.$eval('#heads input[value="1 2"]', (input) => input.click());
    await visitor.untilText('#head-name', /^Layer 2, head 3$/);
    await untilSearch(/layer=2&head=3/);
    const labels = await visitor.page.$$eval('#arcs button', (all) =>
      all.map((button) => button.getAttribute('aria-label')!),
    );
    const heads = fixture.attention[1][2];
    const best = heads.indexOf(Math.max(...heads));
    const [, word, share] = /drew on “(.+?)” (\d+|[\d.]+) %/.exec(labels[6])!;
    expect(word).toBe((await tokens())[best].trim());
    expect(Number(share) / 100).toBeCloseTo(heads[best], 2);
    await visitor.page.focus('#map canvas');
    await visitor.page.keyboard.press('ArrowDown');
    await visitor.untilText('#readout', /draws [\d.]+ % of its attention from/);
  });

  test('the keyboard goes from token to token: one stop of Tab', async () => {
    await visitor.page.focus('#tokens [tabindex="0"]');
    await visitor.page.keyboard.press('Home');
    await visitor.page.keyboard.press('ArrowRight');
    await visitor.page.keyboard.press('Enter');
    await visitor.untilText('#choices-title', /^In the place of “man”$/);
    const focused = await visitor.page.evaluate(() => document.activeElement!.textContent.trim());
    expect(focused).toBe('man');
    expect(await visitor.page.$$('#tokens [tabindex="0"]')).toHaveLength(1);
    await visitor.press('Back to the end');
    await visitor.untilText('#choices-title', /^What comes next$/);
  });

  test('a text is typed, read while one types, and given up again', async () => {
    await visitor.press('Edit text');
    await visitor.enter('#edit-text', 'In the years after the');
    await visitor.untilText('#state', /^5 tokens, 0 of them written/);
    await visitor.press('Cancel');
    await count(10);
    await visitor.press('Edit text');
    await visitor.enter('#edit-text', 'In the years after the war, & so');
    await visitor.press('Read it');
    await visitor.until(
      'the text',
      async () => (await tokens()).join(''),
      (now) => now === 'In the years after the war, & so',
    );
    await visitor.until(
      'the text in the address',
      () => visitor.page.evaluate(() => location.hash),
      (now) => now === '#t=In%20the%20years%20after%20the%20war%2C%20%26%20so',
    );
    await visitor.page.goto(visitor.page.url());
    await visitor.page.reload();
    await visitor.until(
      'the text of the address',
      async () => (await tokens()).join(''),
      (now) => now === 'In the years after the war, & so',
    );
    expect(await visitor.text('#head-name')).toBe('Layer 2, head 3');
    expect(await visitor.page.$eval('#slider-topK', (slider) => (slider as HTMLInputElement).value)).toBe(
      '8',
    );
  });

  test('is what axe approves of with all of it on view: both themes, a chosen token, cut bars, a phone', async () => {
    await visitor.page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }]);
    await clickToken(2);
    for (const width of [1280, 390]) {
      await visitor.page.setViewport({ width, height: 844 });
      for (const theme of ['one', 'other']) {
        expect(await violations(visitor), `${width} ${theme}`).toEqual([]);
        expect(await visitor.scrollWidth()).toBeLessThanOrEqual(width);
        await visitor.page.click('#theme');
      }
    }
    await visitor.page.setViewport({ width: 1280, height: 900 });
  });

  test('a lost device costs nothing', async () => {
    await visitor.loseDevice();
    await visitor.untilText('#notices', /lost/);
    const { length } = await tokens();
    await visitor.press('One token');
    await count(length + 1);
  });

  test('the GPT that learns in this tab writes here, and is read while it learns', async () => {
    await visitor.page.$$eval('a', (links) =>
      links.find((link) => link.textContent.trim() === 'Train a GPT')!.click(),
    );
    await visitor.page.waitForSelector('#sizes input');
    await visitor.page.waitForSelector('#train:enabled');
    await visitor.page.$eval('#sizes input', (input) => input.click());
    await visitor.press('Train');
    await visitor.untilText('#status', /Step [1-9]/);
    await visitor.page.goBack();
    await visitor.page.waitForSelector('#tokens');
    await visitor.untilText(
      '#writers',
      /Your GPT.*Training: step \d+, loss \d\.\d+; it learns English prose/,
    );
    await visitor.page.$eval('#writers input[value=own]', (input) => input.click());
    await visitor.until(
      'four heads',
      async () => (await visitor.page.$$('#heads canvas')).length,
      (now) => now === 4,
    );
    // The text stays, in the tokens of this model: characters.
    expect((await tokens()).every((token) => [...token.replace('⏎\n', '\n')].length === 1)).toBe(true);
    const steps = async (): Promise<number> => Number(await visitor.text('#history-value'));
    const first = await visitor.until('a reading', steps, (now) => now > 0);
    const before = await shares();
    await visitor.until('a later one', steps, (now) => now >= first + 5);
    expect(await shares()).not.toEqual(before);
    // Back to the first reading, and it stays there while the model learns on.
    await visitor.enter('#history', 0);
    const shown = await steps();
    expect(shown).toBeLessThanOrEqual(first);
    const then = await shares();
    await visitor.untilText('#writers', new RegExp(`step (?!${shown}\\b)\\d+`));
    await new Promise((resolve) => setTimeout(resolve, 2000));
    expect([await steps(), await shares()]).toEqual([shown, then]);
    await untilSearch(/^\?model=own/);
    const { length } = await tokens();
    await visitor.press('One token');
    await count(length + 1);
    const { opened } = await visitor.page.evaluate(() =>
      (window as unknown as { __heed: { count(): Promise<{ opened: number }> } }).__heed.count(),
    );
    expect(opened).toBe(2); // the one that was lost above, and one for both pages
  });

  test('characters that it does not know are told, beside the text', async () => {
    await visitor.press('Edit text');
    await visitor.enter('#edit-text', '春眠不覺曉');
    await visitor.untilText('#problem', /春/);
    await visitor.press('Cancel');
    await visitor.untilText('#problem', /^$/);
  });

  test('without WebGPU a recording of the model is there, to look at and to replay', async () => {
    const without = await site.visitWithoutWebGPU('try/write/');
    await without.untilText('#recorded', /What is missing/);
    const before = await without.until(
      'the recording',
      () => without.texts('#tokens .token'),
      (now) => now.length > 0,
    );
    expect(before.join('')).toBe(fixture.text);
    await without.enter('#slider-temperature', 1);
    await without.enter('#slider-topP', 1);
    const told = (await without.texts('#bars .percent')).map((text) => parseFloat(text));
    for (const [row, share] of told.entries()) expect(share / 100).toBeCloseTo(all.best[row][1], 2);
    expect(await without.page.$$eval('#bars button', (bars) => bars.every((bar) => bar.disabled))).toBe(true);
    await without.enter('#slider-pace', 20);
    await without.press('Write');
    await without.until(
      'all of it',
      () => without.texts('#tokens .token'),
      (now) => now.length === before.length + 8,
    );
    await without.untilText('#play', /^Write$/);
    expect((await without.page.$$('#heads canvas')).length).toBe(16);
    await without.page.close();
  });

  test('nothing went wrong on the way', () => {
    expect(site.complaints).toEqual([]);
  });
});
