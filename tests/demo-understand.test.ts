/**
 * The page Understand from end to end, in headless Chromium on SwiftShader: a word is hidden and guessed, pasted examples are taught, tried,
 * explained, saved and kept over a reload, words are marked and tags learnt, a text is asked, lines are searched; then without WebGPU. What it computes: understand.chromium.test.ts.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RecordedFile } from '../demo/understand/recording';
import recordedFile from '../demo/understand/recording.json';
import { DemoSite, PATIENCE, type Visitor } from './harness/demo-page';

const recorded = recordedFile as unknown as RecordedFile;
let site: DemoSite;
let visitor: Visitor;

beforeAll(async () => {
  site = await DemoSite.open();
  // The dialog of a folder is nobody's to answer here.
  visitor = await site.visit('try/understand/', (fresh) =>
    fresh.evaluateOnNewDocument(() => Object.assign(window, { showDirectoryPicker: undefined })),
  );
}, PATIENCE.hook);
afterAll(() => site?.close());

const search = (): string => new URL(visitor.page.url()).search;
const hash = (): string => decodeURIComponent(new URL(visitor.page.url()).hash);
const tab = (name: string): Promise<void> =>
  visitor.page.$eval(`#tab-${name}`, (button) => (button as HTMLElement).click());
/** This text somewhere, whatever marks it has. */
const exactly = (text: string): RegExp => new RegExp(text.replace(/\W/g, '\\$&'));
const shown = (selector: string): Promise<boolean> =>
  visitor.page.$eval(selector, (one) => one.checkVisibility());

/** A table whose labels differ in case, and with a row of no use. */
const rows = Array.from({ length: 24 }, (_, i) => {
  const label = i === 5 ? 'Warm' : i % 2 ? 'warm' : 'cold';
  const words = i % 2 ? 'sun beach summer' : 'ice snow winter';
  return `${label},${words.split(' ')[i % 3]} and ${'abcdefghijklmnopqrstuvwx'[i].repeat(5)} today`;
});
const table = ['kind,message', ...rows, 'cold,'].join('\n');

describe('the page Understand', { timeout: PATIENCE.test, concurrent: false }, () => {
  test('loads the reader, fills the blank that it opens with, and holds still', async () => {
    await visitor.untilText('#load-state', /is loaded/);
    await visitor.untilText('#fill-bars', /\d %/);
    await visitor.untilText('#fill-reasons', /^Shaded/);
    expect(await visitor.texts('#fill-bars li')).toHaveLength(10);
    await visitor.expectStill();
  });

  test('a word that is pressed is hidden; the address has the sentence with its blank', async () => {
    await visitor.enter('#fill-text', 'The old man went home.');
    await visitor.press('Hide “home”');
    await visitor.untilText('#fill-hidden', /^“home” stood there/);
    await visitor.untilText('#fill-reasons', /^Shaded/);
    expect(hash()).toBe('#t=The old man went ___.');
    const [best] = await visitor.texts('#fill-bars .word');
    await visitor.page.$eval('#fill-bars button', (bar) => (bar as HTMLElement).click());
    await visitor.until(
      'the candidate is in the sentence',
      () => visitor.page.$eval('#fill-text', (input) => (input as HTMLInputElement).value),
      (now) => now === `The old man went ${best}.`,
    );
  });

  test('says what it does not read of a long text', async () => {
    expect(await visitor.text('#fill-beyond')).toBe('');
    await visitor.enter('#fill-text', `The old man ___ home. ${'Then he slept. '.repeat(100)}`);
    await visitor.untilText('#fill-beyond', /^This text has \d{3} tokens\. The model reads \d+ at once/);
    await visitor.enter('#fill-text', 'The old man went ___.');
    await visitor.untilText('#fill-beyond', /^$/);
  });

  test('reads examples, asks about labels that are alike, and tells which rows it left out', async () => {
    await tab('classify');
    expect(search()).toBe('?tab=classify');
    await visitor.untilText('#lesson-facts', /It learns from 15\d and is judged by/);
    await visitor.page.$eval('input[value=own]', (input) => (input as HTMLElement).click());
    await visitor.enter('#pasted', table);
    await visitor.press('Use this text');
    await visitor.untilText('#question-text', /Warm/);
    await visitor.press('They are the same');
    await visitor.untilText('#lesson-facts', /It learns from \d+ and is judged by \d+/);
    expect(await visitor.texts('#labels b')).toEqual(['cold', 'warm']);
    expect(await visitor.text('#skipped')).toMatch(/text is empty \(row 26\)/);
  });

  test('learns them without a long task, and shows how well', async () => {
    await visitor.enter('#steps', 6);
    const longest = await visitor.longestTask(async () => {
      await visitor.press('Train');
      await visitor.untilText('#status', /^Finished/);
    });
    expect(longest).toBeLessThan(50);
    expect(await visitor.text('#marks .accuracy dd')).toMatch(/^\d+(\.\d)? %$/);
    expect(await visitor.texts('.confusion tbody th')).toEqual(['cold', 'warm']);
    await visitor.untilText('#judged-at', /weights of step \d+/);
    expect(search()).toBe('?tab=classify&steps=6');
  });

  test('tells what Train will do with examples that changed, though their labels are the same', async () => {
    const hint = await visitor.text('#hint-text');
    const use = async (text: string): Promise<void> => {
      await visitor.enter('#pasted', text);
      await visitor.press('Use this text');
      await visitor.untilText('#question-text', /Warm/);
      await visitor.press('They are the same');
    };
    await use(table.replace('today', 'tomorrow'));
    await visitor.untilText('#hint-text', /teaches a new model/);
    await use(table);
    await visitor.until(
      'the hint',
      () => visitor.text('#hint-text'),
      (now) => now === hint,
    );
  });

  test('tries a sentence, and shows the words that decided, by each method', async () => {
    await visitor.enter('#try-text', 'The snow was cold.');
    await visitor.untilText('#why-title', /^Why “(cold|warm)”/);
    await visitor.until(
      'words',
      async () => (await visitor.texts('#why-words span')).length,
      (n) => n === 5,
    );
    await visitor.page.$eval('#methods input[value=leaveOneOut]', (input) => (input as HTMLElement).click());
    await visitor.untilText('#method-story', /left out/);
    expect(search()).toBe('?tab=classify&method=leaveOneOut&steps=6');
    await visitor.press('Test all five');
    await visitor.untilText('#faith-summary', /^Here/);
    expect(await visitor.texts('.faith-rows tbody tr')).toHaveLength(5);
  });

  test('is what axe approves of with all of it on view, in both themes and languages, on a phone, too', async () => {
    await visitor.page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }]);
    for (const theme of ['one', 'other']) {
      expect(await visitor.violations(), theme).toEqual([]);
      await visitor.page.click('#theme');
    }
    await visitor.page.click('#language');
    await visitor.untilText('h1', /读懂/);
    expect(await visitor.text('#judged-at')).toMatch(/^保留的是/);
    await visitor.page.click('#language');
    await visitor.page.setViewport({ width: 390, height: 844 });
    expect(await visitor.scrollWidth()).toBeLessThanOrEqual(390);
    await visitor.page.setViewport({ width: 1280, height: 900 });
  });

  test('the model is saved as a folder, and kept in the browser over a reload', async () => {
    const weights = await visitor.download('Save the model', '.safetensors');
    expect(weights.name).toBe('model.safetensors');
    await visitor.until(
      'kept',
      async () => (await visitor.texts('#kept li')).length,
      (n) => n === 1,
    );
    await visitor.page.reload();
    await visitor.untilText('#load-state', /is loaded/);
    expect(await shown('#try-part')).toBe(false);
    await visitor.press('Open');
    await visitor.untilText('#why-title', /^Why “(cold|warm)”/);
    await visitor.press('Delete Pasted rows');
    await visitor.until(
      'gone',
      async () => (await visitor.texts('#kept li')).length,
      (n) => n === 0,
    );
  });

  test('words that are marked become a tagger, which shows names in place', async () => {
    await tab('tag');
    await visitor.untilText('#tag-lesson-facts', /It learns from 138 sentences and is judged by 34/);
    await visitor.page.$eval('#panel-tag [value=marked]', (input) => (input as HTMLElement).click());
    const towns = ['York', 'Bath', 'Malden', 'Dover', 'Paris', 'Rome'];
    await visitor.enter('#tag-lines', towns.map((town) => `We came from ${town}.`).join('\n'));
    await visitor.page.$eval('#tag-marker', (marker) => {
      for (const line of marker.children) line.querySelectorAll('button')[3].click();
    });
    await visitor.untilText('#tag-labels', /person6York · Bath/);
    await visitor.enter('#tag-steps', 4);
    await visitor.page.$eval('#tag-train', (button) => (button as HTMLElement).click());
    await visitor.untilText('#tag-status', /^Finished/);
    expect(await visitor.text('#tag-marks .span-f1 dd')).toMatch(/^[01]\.\d{3}$/);
    await visitor.enter('#tag-try-text', 'We came from York.');
    await visitor.untilText('#tag-in-place', /^We/);
    await visitor.untilText('#tag-found', /It finds nothing here|Probability/);
    expect(search()).toBe('?tab=tag&steps=4');
    expect(await visitor.violations()).toEqual([]);
  });

  test('answers are learnt from rows, and marked in the text with those that come after', async () => {
    await tab('ask');
    await visitor.untilText('#ask-lesson-facts', /480 questions on 160 texts/);
    await visitor.page.$eval('#panel-ask [value=own]', (input) => (input as HTMLElement).click());
    const own = ['York', 'Bath', 'Dover', 'Paris', 'Rome', 'Oslo'].map((town, i) =>
      JSON.stringify({ question: 'Where?', context: `Guest ${'abcdef'[i]} is in ${town}`, answer: town }),
    );
    const wrong = JSON.stringify({ question: 'Who?', context: 'Nobody', answer: 'Ann' });
    await visitor.enter('#ask-pasted', [wrong, ...own].join('\n'));
    await visitor.page.$eval('#ask-use-pasted', (button) => (button as HTMLElement).click());
    await visitor.untilText('#ask-lesson-facts', /6 questions on 6 texts/);
    expect(await visitor.text('#ask-skipped')).toMatch(/"Ann" is not in its context \(row 1\)/);
    await visitor.enter('#ask-steps', 3);
    await visitor.page.$eval('#ask-train', (button) => (button as HTMLElement).click());
    await visitor.untilText('#ask-status', /^Finished/);
    await visitor.untilText('#ask-answer', /%/);
    const [first, second] = await visitor.texts('#ask-bars li:not([hidden]) .word');
    expect(await visitor.text('#ask-in-text .best')).toBe(first);
    await visitor.page.$$eval('#ask-bars button', (bars) => bars[1].click());
    expect(await visitor.text('#ask-in-text .best')).toBe(second);
    expect(hash()).toBe('');
    expect(await visitor.violations()).toEqual([]);
  });

  test('lines are searched, and come apart as the classifier reads them', async () => {
    await tab('search');
    await visitor.untilText('#lines-state', /^198 lines/);
    await visitor.until(
      'hits',
      async () => (await visitor.texts('#hits li')).length,
      (n) => n === 12,
    );
    await visitor.page.$eval('#line-sources input[value=own]', (input) => (input as HTMLElement).click());
    await visitor.enter('#lines', 'The cat sat.\nThe dog ran.\nIt rained all day.');
    await visitor.press('Use these lines');
    await visitor.untilText('#lines-state', /^3 lines/);
    await visitor.page.$eval('#line-rows input[value=taught]', (input) => (input as HTMLElement).click());
    await visitor.untilText('#map-legend', /As your classifier tells them:.*cold.*warm/);
    await visitor.enter('#query', 'The dog ran.');
    await visitor.press('Search');
    await visitor.untilText('#hits', /^The dog ran\.1\.00/);
    expect(await visitor.violations()).toEqual([]);
    expect(hash()).toBe('#t=The dog ran.');
  });

  test('survives a lost device, and another page', async () => {
    await tab('fill');
    await visitor.loseDevice();
    await visitor.enter('#fill-text', 'She opened the ___.');
    await visitor.untilText('#notices', /device was lost/);
    await visitor.untilText('#fill-reasons', /^Shaded/);
    await visitor.page.$$eval('.siblings a', (links) => (links[0] as HTMLElement).click());
    await visitor.untilText('h1', /Write with a model/);
    await visitor.page.goBack();
    await visitor.untilText('h1', /understood/);
    expect(hash()).toBe('#t=She opened the ___.');
  });

  test('without WebGPU there is a recording to look at', async () => {
    const without = await site.visitWithoutWebGPU('try/understand/?method=leaveOneOut');
    await without.untilText('#recorded', /What is missing/);
    const [line] = Object.keys(recorded.fills);
    await without.untilText('#fill-bars', exactly(recorded.fills[line].filled.candidates[0].text));
    await without.page.$eval('#tab-classify', (button) => (button as HTMLElement).click());
    await without.untilText('#marks', exactly(recorded.taught.classify.judged.metrics.macroF1.toFixed(3)));
    for (const text of Object.keys(recorded.told)) {
      await without.press(text);
      await without.untilText('#why-title', new RegExp(recorded.told[text].explained.leaveOneOut.target));
    }
    expect(await without.text('#method-story')).toMatch(/left out/);
    expect(await without.texts('.faith-rows tbody tr')).toHaveLength(5);
    expect(await without.page.$eval('#train', (train) => train.matches(':disabled'))).toBe(true);
    await without.page.$eval('#tab-tag', (button) => (button as HTMLElement).click());
    const request = Object.keys(recorded.tagged)[1];
    await without.press(request);
    await without.untilText('#tag-in-place', exactly(recorded.tagged[request].tags[0].label));
    await without.page.$eval('#tab-ask', (button) => (button as HTMLElement).click());
    const [, question] = Object.keys(recorded.answered);
    await without.press(question);
    await without.untilText('#ask-answer', exactly(recorded.answered[question].answers[0].text));
    await without.page.$eval('#tab-search', (button) => (button as HTMLElement).click());
    const [query] = Object.keys(recorded.searched).slice(-1);
    await without.press(query);
    const { line: nearest } = recorded.searched[query].hits[0];
    await without.untilText('#hits', exactly(recorded.map.lines[nearest]));
    await without.page.close();
  });

  test('nothing went wrong on the way', () => {
    expect(site.complaints).toEqual([]);
  });
});
