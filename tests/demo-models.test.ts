/**
 * The page of models from end to end, in headless Chromium on SwiftShader: the model that ships writes and is looked into, learns and
 * is saved; a folder is inspected, loaded and asked; what cannot be is told.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ElementHandle } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import fixture from './fixtures/tasks.json';
import { DemoSite, PATIENCE, type Visitor } from './harness/demo-page';
import { taskFiles } from './models/task_models';

let site: DemoSite;
let visitor: Visitor;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heed-model-'));
  site = await DemoSite.open();
  // The dialog of a folder is nobody's to answer here.
  visitor = await site.visit('models/', (fresh) =>
    fresh.evaluateOnNewDocument(() => Object.assign(window, { showDirectoryPicker: undefined })),
  );
}, PATIENCE.hook);

afterAll(async () => {
  await site?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Writes a model's folder, and chooses it. */
async function chooseFolder(
  name: string,
  files: Readonly<Record<string, Uint8Array | object>>,
): Promise<void> {
  const path = join(folder, name);
  await mkdir(path, { recursive: true });
  for (const [file, content] of Object.entries(files)) {
    await writeFile(join(path, file), content instanceof Uint8Array ? content : JSON.stringify(content));
  }
  const input = (await visitor.page.$('#folder-files')) as ElementHandle<HTMLInputElement>;
  await input.uploadFile(path);
}

/** Waits for elements whose texts together are as wanted. */
const shows = (selector: string, words: RegExp): Promise<string> =>
  visitor.until(
    `${selector} ${words}`,
    async () => (await visitor.texts(selector)).join(' '),
    (now) => words.test(now),
  );
/** Every head's picture is drawn. */
const heads = (count: number): Promise<number> =>
  visitor.until(
    `${count} heads`,
    () => visitor.page.$$eval('#heads canvas', (all) => all.filter(({ width }) => width > 1).length),
    (now) => now === count,
  );
const tokens = (): Promise<string[]> => visitor.texts('#read .token');

describe('the page of models', { timeout: PATIENCE.test, concurrent: false }, () => {
  test('opens with a model that ships: it writes, without a click', async () => {
    await shows('#took', /ms/);
    const said = await shows('#reply .said', /^The old man[^]/);
    expect((await tokens()).join('').replaceAll('⏎', '')).toBe(said);
    expect(await visitor.text('#found-facts')).toMatch(/GPT-2.*MiB \(F16\)/);
    expect(await visitor.text('#verdict')).toBe('It runs on this device.');
    expect(await visitor.text('#load-state')).toBe('A small writer is loaded.');
    await visitor.page.click('#language');
    expect(await visitor.text('#load-state')).toMatch(/^已载入/);
    await visitor.page.click('#language');
    expect(await visitor.text('#load-state')).toBe('A small writer is loaded.');
  });

  test('a token tells what else could have stood there', async () => {
    await visitor.page.$$eval('#read button.token', (all) => (all[3] as HTMLElement).click());
    await visitor.untilText('#instead-title', /In the place of/);
    const shares = (await visitor.texts('#instead .amount')).map((text) => parseFloat(text));
    expect(shares).toHaveLength(10);
    expect([...shares].sort((a, b) => b - a)).toEqual(shares);
    expect(shares.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(100.5);
    const rows = await visitor.until(
      'the lens',
      () => visitor.texts('#lens tr'),
      (now) => now.length === 5,
    );
    const [best] = await visitor.texts('#instead .label');
    expect(rows[4].replace('·', '')).toContain(`In the end${best.trim()}`);
  });

  test('every head is there, and one is shown in full', async () => {
    await heads(16);
    await visitor.page.$eval('#heads input[value="2 3"]', (input) => input.click());
    await visitor.untilText('#head-name', /^Layer 3, head 4$/);
    await visitor.page.focus('#map canvas');
    await visitor.page.keyboard.press('ArrowDown');
    await visitor.untilText('#readout', /draws [\d.]+ % of its attention from/);
    await visitor.page.click('#rollout');
    await visitor.untilText('#head-name', /attention rollout/);
    await visitor.page.$eval('#heads input[value="1 0"]', (input) => input.click());
    await visitor.untilText('#head-name', /^Layer 2, head 1$/);
  });

  test('learns a text, and is saved as a folder', async () => {
    await visitor.enter('#lesson-text', 'one two three four five six seven eight nine ten. '.repeat(40));
    await visitor.enter('#steps', 8);
    await visitor.press('Learn');
    await visitor.untilText('#learn-state', /^Learnt for 8 steps/);
    expect(await visitor.text('#learn-facts')).toMatch(/\d+ tokens to learn from/);
    const { name, bytes } = await visitor.download('Save the model', '.safetensors');
    expect(name).toBe('model.safetensors');
    expect(bytes.length).toBeGreaterThan(4e6);
  });

  test('a folder is inspected, loaded and asked', async () => {
    await chooseFolder('judge', taskFiles('single'));
    await visitor.untilText('#found-title', /^judge$/);
    await visitor.untilText('#found-facts', /BERT \(BertForSequenceClassification\)/);
    await visitor.press('Load');
    await visitor.untilText('#use-title', /classes/);
    await visitor.enter('#text', fixture.texts[0]);
    await visitor.press('Classify');
    const best = fixture.results.single[0][0];
    await shows('#reply .label', new RegExp(`^${best.label} `));
    expect(parseFloat(await visitor.text('#reply .amount'))).toBeCloseTo(100 * best.score, 0);
    await heads(6);
  });

  test('tells what it cannot do, and stays with the model that it has', async () => {
    await visitor.enter('#hub', 'no/such/model');
    await visitor.press('Look it up');
    await visitor.untilText('#notices', /no\/such\/model/);
    const files = taskFiles('single');
    await chooseFolder('other', {
      ...files,
      'config.json': { ...files['config.json'], model_type: 'mamba' },
    });
    await visitor.untilText('#verdict', /does not load it.*mamba/);
    expect(await visitor.page.$eval('#load-model', (button) => (button as HTMLElement).hidden)).toBe(true);
    await visitor.press('Classify');
    await visitor.untilText('#took', /ms/);
  });

  test('a lost device costs nothing', async () => {
    await visitor.loseDevice();
    await visitor.untilText('#notices', /lost/);
    await visitor.enter('#text', fixture.texts[1]);
    await visitor.press('Classify');
    const best = fixture.results.single[1][0];
    await shows('#reply .label', new RegExp(`^${best.label} `));
  });

  test('nothing went wrong on the way', () => {
    expect(site.complaints).toEqual([]);
  });
});
