/**
 * The page Tasks from end to end, in headless Chromium on SwiftShader: a task is chosen, learnt until it is solved, and asked; then a lost
 * device, another page and back, and no WebGPU. What it computes: tasks.chromium.test.ts.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RecordedFile } from '../demo/tasks/recording';
import recordedFile from '../demo/tasks/recording.json';
import { TASK_NAMES } from '../demo/tasks/tasks/tasks';
import { DemoSite, PATIENCE, type Visitor } from './harness/demo-page';

const { runs } = recordedFile as unknown as RecordedFile;
let site: DemoSite;
let visitor: Visitor;

beforeAll(async () => {
  site = await DemoSite.open();
  visitor = await site.visit('train/tasks/?task=copy&length=3&digits=4&layers=1&seed=3&heads=7');
}, PATIENCE.hook);
afterAll(() => site?.close());

const search = (): string => new URL(visitor.page.url()).search;
const disabled = (selector: string): Promise<boolean> =>
  visitor.page.$eval(selector, (e) => e.matches(':disabled'));

describe('the page Tasks', { timeout: PATIENCE.test, concurrent: false }, () => {
  test('shows the task of its address, with examples and their answers; what is not on offer is left out', async () => {
    await visitor.page.waitForSelector('#train:enabled');
    expect(search()).toBe('?task=copy&length=3&digits=4&layers=1&seed=3');
    const examples = await visitor.texts('.example');
    expect(examples).toHaveLength(6);
    for (const example of examples) expect(example).toMatch(/^([0-3]{1,3})=\1$/);
    expect(await disabled('#answer-button')).toBe(true);
    // Every task has settings of its own; those of a model are what does well with it.
    await visitor.page.$eval('input[value=add]', (input) => input.click());
    expect(search()).toBe('?task=add&seed=3');
    await visitor.page.$eval('input[value=copy]', (input) => input.click());
    expect(search()).toBe('?task=copy&length=3&digits=4&seed=3');
  });

  test('learns until it is solved, answers the while, and locks its settings', async () => {
    await visitor.press('Train');
    await visitor.untilText('#status', /Step [1-9]/);
    expect(await disabled('#task-part')).toBe(true);
    await visitor.untilText(
      '#verdict',
      /^Solved at step \d+, after [\d.]+ s of training: \d+ of \d+ held-out/,
    );
    expect(await disabled('#task-part')).toBe(false);
    expect(await visitor.text('#accuracy-legend')).toMatch(/whole answers (99|100) %tokens (99|100) %/);
    expect(await visitor.page.$eval('#places canvas', (map) => map.getAttribute('aria-label'))).toMatch(
      /^At step \d+, by token of the answer: (9\d|100) %, (9\d|100) %, (9\d|100) %$/,
    );
    await visitor.untilText('#answer-note', /tokens are right.* As of step \d+\.$/);
  });

  test('answers what is typed, token by token, and says what is wrong with what it cannot read', async () => {
    const ask = async (text: string): Promise<void> => {
      await visitor.enter('#input', text);
      await visitor.press('Answer');
    };
    await ask('312');
    await visitor.untilText('#answer-note', /^All 3 tokens are right/);
    const given = await visitor.texts('.given-token');
    expect(given.map((told) => /^(\d)\d+ %, right$/.exec(told)?.[1])).toEqual(['3', '1', '2']);
    await visitor.page.$eval('.given-token', (token) => (token as HTMLElement).click());
    expect(await visitor.text('#weighed-title')).toBe('What “3” was chosen from');
    expect(await visitor.text('#bars [aria-current] .word')).toBe('3');
    for (const [text, problem] of [
      ['', /^Type an input/],
      ['1234', /“4” is none of the symbols of this task: 0 1 2 3$/],
      ['0123', /^That is 4 long; this model reads at most 3/],
    ] as const) {
      await ask(text);
      await visitor.untilText('#problem', problem);
    }
    await visitor.page.$eval('.example', (example) => (example as HTMLElement).click());
    await visitor.untilText('#problem', /^$/);
  });

  test('names the head that learnt it, with what it is worth', async () => {
    await visitor.untilText('#best', /^Layer 1, head 1 does it most: \d+ % .* would have \d+ %/);
    await visitor.untilText('#best', /With that head switched off, [\d.]+ % of whole answers/);
    expect(await visitor.texts('#head-rows tr')).toHaveLength(2);
    await visitor.untilText('#head-name', /^Layer 1, head 1$/);
    expect(await visitor.page.$$('#heads canvas')).toHaveLength(2);
  });

  test('is what axe approves of with all of it on view, in both themes', async () => {
    await visitor.page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }]);
    for (const theme of ['one', 'other']) {
      expect(await visitor.violations(), theme).toEqual([]);
      await visitor.page.click('#theme');
    }
  });

  test('a lost device and another page cost nothing', async () => {
    await visitor.loseDevice();
    await visitor.enter('#input', '21');
    await visitor.press('Answer');
    await visitor.untilText('#notices', /device was lost/);
    await visitor.untilText('#answer-note', /^All 2 tokens are right/);
    await visitor.page.$$eval('.siblings a', (links) => (links[0] as HTMLElement).click());
    await visitor.untilText('h1', /language model/);
    await visitor.page.goBack();
    await visitor.untilText('h1', /task/);
    expect(await visitor.text('#verdict')).toMatch(/^Solved/);
  });

  test('without WebGPU there is a run of each task to look at', async () => {
    const without = await site.visitWithoutWebGPU('train/tasks/');
    await without.untilText('#recorded', /What is missing/);
    expect(Object.keys(runs).sort()).toEqual([...TASK_NAMES].sort());
    for (const [task, { run, history }] of Object.entries(runs)) {
      await without.page.$eval(`input[value=${task}]`, (input) => input.click());
      const verdict = run.solved
        ? `Solved at step ${run.solved.step}, `
        : `Not solved by step ${history.judged.at(-1)!.step}: `;
      await without.untilText('#verdict', new RegExp(`^${verdict}`));
      const [, second] = await without.page.$$('.example');
      await second.evaluate((example) => (example as HTMLElement).click());
      await without.untilText('#answer-note', /right/);
      await without.untilText('#best', /\d %/);
    }
    expect(await without.page.$eval('#values-part', (part) => part.matches(':disabled'))).toBe(true);
    expect(await without.page.$eval('#train', (train) => train.matches(':disabled'))).toBe(true);
    await without.page.close();
  });

  test('nothing went wrong on the way', () => {
    expect(site.complaints).toEqual([]);
  });
});
