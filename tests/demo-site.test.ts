/**
 * The frame of the site, in headless Chromium: one moves between pages without leaving the document, so that device,
 * compiled kernels and a training stay; every page has its texts without scripts, names for what can be operated, and
 * nothing that axe finds fault with.
 */
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PAGES } from '../demo/site/pages';
import { DemoSite, PATIENCE, type Visitor } from './harness/demo-page';

interface Count {
  readonly opened: number;
  readonly pipelines: number;
}

let site: DemoSite;
beforeAll(async () => {
  site = await DemoSite.open();
}, PATIENCE.hook);
afterAll(() => site?.close());

const count = (visitor: Visitor): Promise<Count> =>
  visitor.page.evaluate(() => (window as unknown as { __heed: { count(): Promise<Count> } }).__heed.count());
const step = async (visitor: Visitor): Promise<number> =>
  Number(/Step (\d+)/.exec(await visitor.text('#status'))![1]);
const follow = (visitor: Visitor, name: string): Promise<void> =>
  visitor.page.$$eval(
    'a',
    (links, words) => links.find((link) => link.textContent.trim() === words)!.click(),
    name,
  );
/** By a link that stands nowhere on the page. */
const go = (visitor: Visitor, path: string): Promise<void> =>
  visitor.page.evaluate((to) => {
    const link = document.createElement('a');
    link.href = `/${to}`;
    document.body.append(link);
    link.click();
    link.remove();
  }, path);
const arrived = (visitor: Visitor, title: RegExp): Promise<string> =>
  visitor.until(
    String(title),
    () => visitor.page.evaluate(() => document.querySelector('#arrived')!.textContent),
    (now) => title.test(now),
  );

describe('moving between pages', { timeout: PATIENCE.test, concurrent: false }, () => {
  let visitor: Visitor;
  afterAll(() => visitor?.page.close());

  test('a training goes on, on one device, and nothing is compiled twice', async () => {
    visitor = await site.visit('train/language/');
    await visitor.page.evaluate(() => Object.assign(window, { stays: true }));
    await visitor.press('Train');
    await visitor.until(
      'step 12',
      () => step(visitor),
      (now) => now >= 12,
    );
    await go(visitor, 'inside/laboratory/');
    await arrived(visitor, /Laboratory/);
    await visitor.untilText('#head-check', /\w/);
    await visitor.untilText('#run', /Training: step \d+, loss \d/);
    const once = await count(visitor);
    expect(once.opened).toBe(1);

    await visitor.page.click('#run');
    await arrived(visitor, /Language model/);
    const at = await step(visitor);
    await visitor.until(
      'more steps',
      () => step(visitor),
      (now) => now >= at + 3,
    );
    expect(await visitor.text('#validation')).toMatch(/–|\d/);
    await visitor.untilText('#samples', /\w/); // it has done everything once that it does now and then
    await visitor.press('Pause');
    await visitor.untilText('#status', /^Paused/);
    const all = await count(visitor);
    await go(visitor, 'inside/laboratory/');
    await arrived(visitor, /Laboratory/);
    await visitor.untilText('#run', /Paused at step \d+/);
    await visitor.enter('#sentence', 'the cat sat there');
    await visitor.untilText('#sentence-facts', /4 tokens/);
    await visitor.untilText('#tokens', /there/);
    expect(await count(visitor)).toEqual(all);
    expect(all.opened).toBe(once.opened);
    expect(await visitor.page.evaluate(() => 'stays' in window)).toBe(true);
  });

  test('back and forward: each page as it was left, where it was scrolled to; the heading is focused', async () => {
    await visitor.page.evaluate(() => scrollTo(0, 700));
    await visitor.page.goBack();
    await arrived(visitor, /Language model/);
    expect(await visitor.page.evaluate(() => document.activeElement?.textContent)).toBe(
      'Train a language model',
    );
    await visitor.page.goForward();
    await arrived(visitor, /Laboratory/);
    expect(await visitor.page.evaluate(() => scrollY)).toBe(700);
    const sentence = await visitor.page.$eval('#sentence', (input) => (input as HTMLInputElement).value);
    expect(sentence).toBe('the cat sat there');
    expect(await visitor.page.evaluate(() => new URL(location.href).pathname)).toMatch(
      /\/inside\/laboratory\/$/,
    );
    expect(await visitor.text('.masthead [aria-current]')).toBe('Look inside');
  });
});

describe('the address', { timeout: PATIENCE.test, concurrent: false }, () => {
  const value = ({ page }: Visitor, selector: string): Promise<string> =>
    page.$eval(selector, (input) => (input as HTMLInputElement).value);
  const search = ({ page }: Visitor): string => new URL(page.url()).search;

  test('Train takes its settings from it and keeps them there; a link may start', async () => {
    const visitor = await site.visit('train/language/?text=tang&size=tiny&tokens=bytes&steps=123');
    await visitor.untilText('#facts', /characters/);
    expect(await value(visitor, '#settings [name=text]:checked')).toBe('tang');
    expect(await value(visitor, '#settings [name=tokenizer]:checked')).toBe('bytes');
    expect(await value(visitor, '#steps')).toBe('123');
    await visitor.enter('#steps', '77');
    expect(search(visitor)).toBe('?text=tang&size=tiny&tokens=bytes&steps=77');
    await visitor.page.goto(new URL('../../', visitor.page.url()).href);
    await visitor.page.waitForSelector('main.entered');
    await visitor.page.click('.actions .primary');
    await arrived(visitor, /Language model/);
    await visitor.untilText('#status', /Step [1-9]/);
    expect(search(visitor)).toBe('?size=tiny&steps=400');
    await visitor.press('Stop');
    await visitor.page.close();
  });

  test('the Laboratory, too; what is typed stands behind the #, which no server sees', async () => {
    const visitor = await site.visit('inside/laboratory/?scheme=alibi&view=slopes&causal=0#t=hello%20there');
    await visitor.untilText('#tokens', /hello.*there/);
    expect(await value(visitor, '[name=scheme]:checked')).toBe('alibi');
    expect(await value(visitor, '[name=view]:checked')).toBe('slopes');
    expect(await visitor.page.$eval('#causal', (tick) => (tick as HTMLInputElement).checked)).toBe(false);
    await visitor.enter('#sentence', 'one & two');
    expect(visitor.page.url()).toMatch(/\?scheme=alibi&view=slopes&causal=0#t=one%20%26%20two$/);
    await visitor.page.close();
  });

  test('readers of Chinese begin with Tang poems', async () => {
    const visitor = await site.visit('train/language/', (page) =>
      page.evaluateOnNewDocument(() => localStorage.setItem('heed.language', 'zh')),
    );
    await visitor.untilText('#facts', /个字符/);
    expect(await value(visitor, '#settings [name=text]:checked')).toBe('tang');
    expect(await visitor.text('#sizes')).toMatch(/万/);
    await visitor.page.evaluate(() => localStorage.clear());
    await visitor.page.close();
  });
});

test('old addresses lead to where their pages are now', { timeout: PATIENCE.test }, async () => {
  for (const { formerly, path } of PAGES.filter((page) => page.formerly)) {
    const visitor = await site.visit(formerly!);
    await visitor.page.waitForSelector('main.entered');
    expect(new URL(visitor.page.url()).pathname).toBe(`/${path}`);
    await visitor.page.close();
  }
});

test(
  'a term says what it means, in the language of the page, and leads into the course',
  { timeout: PATIENCE.test },
  async () => {
    const visitor = await site.visit('inside/');
    await visitor.page.waitForSelector('.term');
    const terms = await visitor.page.$$eval('.term', (all) =>
      all.map((one) => (one as HTMLElement).dataset.term),
    );
    expect(new Set(terms).size).toBe(terms.length); // each once
    const press = (term: string): Promise<void> =>
      visitor.page.$eval(`.term[data-term=${term}]`, (one) => (one as HTMLElement).click());
    await press('position');
    expect(await visitor.text('#term')).toMatch(/^Position.*Attention knows no order/);
    await visitor.page.keyboard.press('Escape');
    expect(await visitor.page.$eval('#term', (panel) => panel.matches(':popover-open'))).toBe(false);
    await visitor.page.click('#language');
    await press('position');
    expect(await visitor.text('#term')).toMatch(/^位置.*次序/);
    expect(await visitor.violations()).toEqual([]);
    await visitor.page.$eval('#term a', (link) => (link as HTMLElement).click());
    await visitor.until(
      'its chapter',
      () => visitor.page.$eval('section[data-chapter].current', (one) => one.dataset.chapter),
      (now) => now === 'positions',
    );
    await visitor.page.evaluate(() => localStorage.clear()); // other tests begin in English
    await visitor.page.close();
  },
);

describe('the reference', { timeout: PATIENCE.test, concurrent: false }, () => {
  test('a code word of a guide leads to its name, and a search leaves what has the words', async () => {
    const visitor = await site.visit('docs/ops/');
    await visitor.page.waitForSelector('main.entered');
    await follow(visitor, 'crossEntropy');
    await arrived(visitor, /Ops/);
    expect(new URL(visitor.page.url()).pathname + new URL(visitor.page.url()).hash).toBe(
      '/docs/reference/ops/#crossEntropy',
    );
    expect(await visitor.page.evaluate(() => document.activeElement?.id)).toBe('crossEntropy');

    const shown = (selector: string): Promise<string[]> =>
      visitor.page.$$eval(selector, (all) =>
        all.filter((one) => one.checkVisibility()).map((one) => (one as HTMLElement).dataset.name!),
      );
    const all = await shown('#items [data-name]');
    expect(all.length).toBeGreaterThan(100);
    const found = ['crossEntropy', 'CrossEntropyOptions', 'crossEntropyRows'];
    await visitor.enter('#find', 'label SMOOTHING');
    expect(await shown('#items [data-name]')).toEqual(found);
    expect(await shown('#index [data-name]')).toEqual(found);
    expect(await visitor.text('#found')).toBe(`3 of ${all.length} names`);
    expect(new URL(visitor.page.url()).search).toBe('?find=label+SMOOTHING');
    await visitor.page.click('#language');
    expect(await visitor.text('#found')).toBe(`${all.length} 个名称中的 3 个`);
    await visitor.page.click('#language');
    await visitor.enter('#find', '');
    expect(await shown('#items [data-name]')).toEqual(all);
    await visitor.page.close();
  });

  test('the list of all names, searched by an address', async () => {
    const visitor = await site.visit('docs/reference/?find=beam');
    await visitor.untilText('#found', /^\d+ of \d{3,} names/);
    const headings = await visitor.page.$$eval('#items h2', (all) =>
      all.filter((one) => one.checkVisibility()).map(({ textContent }) => textContent),
    );
    expect(headings).toContain('Generation');
    expect(headings).not.toContain('Metrics');
    await visitor.page.close();
  });
});

type Setting = readonly [language: 'en' | 'zh', theme: 'light' | 'dark', width: 390 | 1280];
/** Any two of language, theme and width, from where a page begins. */
const PAIRS: readonly Setting[] = [
  ['en', 'light', 390],
  ['en', 'dark', 1280],
  ['zh', 'dark', 390],
  ['zh', 'light', 1280],
];
const GUIDE: Setting = ['zh', 'dark', 1280];
const WHOLE: readonly Setting[] = [
  ...PAIRS,
  ['zh', 'light', 390],
  GUIDE,
  ['en', 'dark', 390],
  ['en', 'light', 1280],
];

/** Pages of text that one template makes, but for three that are looked at as others are. */
const isGuide = (path: string): boolean => /^docs\/(?!reference\/|models\/)./.test(path);
const isReference = (path: string): boolean => /^docs\/reference\/(?!finetune\/|explain\/)./.test(path);
const EXHAUSTIVE = process.env['HEED_SITE'] === 'whole';

/** In which settings a page is looked at: all in `npm run test:deep`. */
function settingsOf(path: string): readonly Setting[] {
  if (EXHAUSTIVE) return WHOLE;
  if (isReference(path)) return PAIRS.slice(0, 1);
  return isGuide(path) ? [PAIRS[0], GUIDE] : PAIRS;
}

/** Settings that axe looks at, too, in each theme and at each width: it takes seconds a page, and 20 of the reference. */
const AXE: readonly Setting[] = [PAIRS[0], PAIRS[1], GUIDE];
/** Pages whose own tests have axe look at them in both themes, with all that they can show: here on a phone alone. */
const LOOKED_AT = new Set([
  ...['inside/', 'gpu/', 'train/tasks/', 'train/tune/'],
  ...['try/write/', 'try/understand/', 'try/see/', 'try/graph/', 'try/next/'],
]);
const axeLooks = (path: string, setting: Setting): boolean =>
  EXHAUSTIVE || (!isReference(path) && (LOOKED_AT.has(path) ? setting === PAIRS[0] : AXE.includes(setting)));

test('every page has its texts without scripts', { timeout: PATIENCE.test }, async () => {
  const visitor = await site.visit('', (page) => page.setJavaScriptEnabled(false));
  for (const { path, heading } of PAGES) {
    await visitor.page.goto(new URL(path, site.address).href, { waitUntil: 'domcontentloaded' });
    expect(await visitor.text('h1'), path).toBe(heading.en);
    expect(await visitor.missingStrings(), path).toEqual([]);
  }
  await visitor.page.close();
});

describe.each(PAGES.map(({ path, heading }) => [path || 'home', path, heading] as const))(
  '%s',
  { timeout: PATIENCE.test, concurrent: false },
  (_, path, heading) => {
    test('says what it says in both languages, names what can be operated, passes axe, holds still', async () => {
      const visitor = await site.visit(path, (page) =>
        page.evaluateOnNewDocument(() => localStorage.clear()),
      );
      // Colours that are on their way would be measured half-way.
      await visitor.page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }]);
      await visitor.page.waitForSelector('main.entered');
      await visitor.expectStill();
      let [language, theme]: [string, string] = ['en', 'light'];
      for (const setting of settingsOf(path)) {
        const [asked, look, width] = setting;
        if (asked !== language) await visitor.page.click('#language');
        if (look !== theme) await visitor.page.click('#theme');
        [language, theme] = [asked, look];
        await visitor.page.setViewport({ width, height: 844 });
        const where = `${path} ${language} ${theme} ${width}`;
        expect(await visitor.text('h1'), where).toBe(heading[asked]);
        expect(await visitor.colorScheme(), where).toBe(look);
        expect(await visitor.missingStrings(), where).toEqual([]);
        expect(await visitor.scrollWidth(), where).toBeLessThanOrEqual(width);
        expect(await unnamed(visitor), where).toEqual([]);
        if (axeLooks(path, setting)) expect(await visitor.violations(), where).toEqual([]);
      }
      await visitor.page.close();
    });
  },
);

const OPERATED = /^(button|link|slider|textbox|checkbox|radio|spinbutton|combobox|switch|application)$/;

/** What can be operated and has no name. */
async function unnamed({ page }: Visitor): Promise<string[]> {
  interface Node {
    readonly role: string;
    readonly name?: string;
    readonly children?: readonly Node[];
  }
  const without = ({ role, name, children = [] }: Node): string[] => [
    ...(OPERATED.test(role) && !name?.trim() ? [role] : []),
    ...children.flatMap(without),
  ];
  return without((await page.accessibility.snapshot({ interestingOnly: false })) as unknown as Node);
}

test('nobody complained', () => {
  expect(site.complaints).toEqual([]);
});
