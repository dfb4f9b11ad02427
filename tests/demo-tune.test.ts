/**
 * The page Tune from end to end, in headless Chromium on SwiftShader: the base writes, an adapter's cost is told, it learns a pasted text,
 * is switched off and on, saved, merged and opened again; then without WebGPU. What it computes: tune.chromium.test.ts.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RecordedFile } from '../demo/tune/recording';
import recordedFile from '../demo/tune/recording.json';
import { DemoSite, PATIENCE, type Visitor } from './harness/demo-page';

const { runs } = recordedFile as unknown as RecordedFile;
const verse = 'The owl and the pussy-cat went to sea in a beautiful pea-green boat.\n';
let site: DemoSite;
let visitor: Visitor;

beforeAll(async () => {
  site = await DemoSite.open();
  // The dialog of a folder is nobody's to answer here.
  visitor = await site.visit(
    'train/tune/?text=own&rank=4&steps=6&alpha=99&without=mlp.c_fc,mlp.c_proj',
    (fresh) => fresh.evaluateOnNewDocument(() => Object.assign(window, { showDirectoryPicker: undefined })),
  );
}, PATIENCE.hook);
afterAll(() => site?.close());

const search = (): string => new URL(visitor.page.url()).search;
const fact = (n: number): Promise<string> =>
  visitor.page.$eval(`#cost-facts > div:nth-child(${n}) dd`, (dd) => dd.firstChild!.textContent!);

describe('the page Tune', { timeout: PATIENCE.test, concurrent: false }, () => {
  test('loads the writer, takes the settings of its address, and tells what they cost before anything starts', async () => {
    await visitor.untilText('#load-state', /^A small writer is loaded/);
    expect(search()).toBe('?text=own&rank=4&without=mlp.c_fc%2Cmlp.c_proj&steps=6');
    expect(await visitor.texts('#targets label')).toEqual([
      'attn.c_attn',
      'attn.c_proj',
      'mlp.c_fc',
      'mlp.c_proj',
    ]);
    await visitor.enter('#pasted', verse.repeat(90));
    await visitor.press('Use this text');
    await visitor.untilText('#cost-facts', /Numbers that learn/);
    await visitor.until(
      '12,288 numbers',
      () => fact(1),
      (now) => now === '12,288',
    ); // 4 × 4 × (128 + 384 + 128 + 128)
    expect(await fact(2)).toBe('1.1 %');
    expect(await fact(4)).toMatch(/MiB$/);
    await visitor.page.$eval('#kinds input[value=ia3]', (input) => input.click());
    await visitor.until(
      '2,048 numbers',
      () => fact(1),
      (now) => now === '2,048',
    ); // 4 × (384 + 128)
    await visitor.page.$eval('#kinds input[value=lora]', (input) => input.click());
    await visitor.untilText('#base-judged', /^loss \d\.\d{3}, as if choosing among \d+/);
    await visitor.untilText('#base-text', /^The owl and/);
    await visitor.expectStill();
  });

  test('what cannot be taught is told before it starts', async () => {
    const boxes = '#targets input:checked';
    await visitor.page.$$eval(boxes, (all) => all.forEach((box) => (box as HTMLElement).click()));
    await visitor.press('Train');
    await visitor.untilText('#notices', /Choose a layer at least/);
    await visitor.page.$$eval('#targets input', (all) => (all[0] as HTMLElement).click());
    await visitor.until(
      '8,192 numbers',
      () => fact(1),
      (now) => now === '8,192',
    );
  });

  test('learns the text: both sides, the size of what was learnt, and the same settings locked the while', async () => {
    await visitor.press('Train');
    await visitor.untilText('#status', /Step [1-9]/);
    expect(await visitor.page.$eval('#kind-part', (part) => part.matches(':disabled'))).toBe(true);
    await visitor.untilText('#status', /^Finished/);
    await visitor.untilText(
      '#summary',
      /^From [\d,.]+ equally likely tokens to [\d,.]+\. The adapter is 3\d\.\d KiB: 8,192 numbers, 0\.76 %/,
    );
    const [before, after] = await Promise.all(['#base-judged', '#now-judged'].map((id) => visitor.text(id)));
    const lossOf = (text: string): number => Number(/loss ([\d.]+)/.exec(text)![1]);
    expect(lossOf(after)).toBeLessThan(lossOf(before));
    expect(await visitor.text('#cost-facts')).toMatch(/ ms a step on this device/);
    expect(await visitor.asksToStay()).toBe(true);
  });

  test('is what axe approves of with all of it on view, in both themes and languages, on a phone, too', async () => {
    await visitor.page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }]);
    for (const theme of ['one', 'other']) {
      expect(await visitor.violations(), theme).toEqual([]);
      await visitor.page.click('#theme');
    }
    await visitor.page.click('#language');
    await visitor.untilText('h1', /适配器/);
    expect(await visitor.missingStrings()).toEqual([]);
    expect(await visitor.text('#summary')).toMatch(/^从 .*适配器大小/);
    await visitor.page.click('#language');
    await visitor.page.setViewport({ width: 390, height: 844 });
    expect(await visitor.scrollWidth()).toBeLessThanOrEqual(390);
    await visitor.page.setViewport({ width: 1280, height: 900 });
  });

  test('the adapter is switched off and on: off, it is the base', async () => {
    const now = await visitor.text('#now-judged');
    await visitor.page.$eval('#adapter-on', (box) => (box as HTMLElement).click());
    await visitor.untilText('#now-title', /adapter is off/);
    await visitor.until(
      'the base',
      async () => (await visitor.text('#now-judged')) === (await visitor.text('#base-judged')),
    );
    await visitor.until(
      'its text',
      async () => (await visitor.text('#now-text')) === (await visitor.text('#base-text')),
    );
    await visitor.page.waitForSelector('#adapter-on:enabled');
    await visitor.page.$eval('#adapter-on', (box) => (box as HTMLElement).click());
    await visitor.until('the adapter', async () => (await visitor.text('#now-judged')) === now);
    await visitor.page.waitForSelector('#adapter-on:enabled');
  });

  test('asks before what is in no file is lost; is saved, forgotten and opened again', async () => {
    visitor.answer = false;
    await visitor.press('Start over');
    expect(visitor.asked.at(-1)).toMatch(/^Forget this adapter/);
    expect(await visitor.text('#summary')).not.toBe('');
    visitor.answer = true;
    const now = await visitor.text('#now-judged');
    const weights = await visitor.download('Save adapter', '.safetensors');
    const config = await visitor.download('Save adapter', '.json');
    expect([weights.name, config.name]).toEqual(['adapter_model.safetensors', 'adapter_config.json']);
    expect(JSON.parse(config.bytes.toString())).toMatchObject({ peft_type: 'LORA', r: 4, lora_alpha: 8 });
    const { length } = visitor.asked;
    await visitor.press('Start over');
    await visitor.untilText('#summary', /^$/);
    expect(visitor.asked).toHaveLength(length);
    await visitor.chooseAll('#checkpoint-file', {
      [weights.name]: weights.bytes,
      [config.name]: config.bytes,
    });
    await visitor.untilText('#now-step', /^from files$/);
    await visitor.until('its loss', async () => (await visitor.text('#now-judged')) === now);
  });

  test('survives a lost device, and another page', async () => {
    const now = await visitor.text('#now-judged');
    await visitor.loseDevice();
    await visitor.enter('#prompt', 'The cat');
    await visitor.press('Write');
    await visitor.untilText('#notices', /device was lost/);
    await visitor.untilText('#now-text', /^The cat/);
    expect(decodeURIComponent(new URL(visitor.page.url()).hash)).toBe('#t=The cat');
    await visitor.page.$$eval('.siblings a', (links) => (links[0] as HTMLElement).click());
    await visitor.untilText('h1', /language model/);
    await visitor.page.goBack();
    await visitor.untilText('h1', /adapter/);
    expect(await visitor.text('#now-judged')).toBe(now);
  });

  test('without WebGPU there are recordings to look at', async () => {
    const without = await site.visitWithoutWebGPU('train/tune/');
    await without.untilText('#recorded', /What is missing/);
    expect(runs.lora).toBeDefined();
    for (const [kind, { run, comparison, cost }] of Object.entries(runs)) {
      await without.page.$eval(`#kinds input[value=${kind}]`, (input) => input.click());
      await without.untilText('#now-judged', new RegExp(`^loss ${comparison.now!.toFixed(3)}`));
      expect(await without.text('#cost-facts')).toContain(cost.learns.toLocaleString('en'));
      expect(comparison.now!).toBeLessThan(comparison.base);
      expect(run.files).toBeGreaterThan(0);
    }
    expect(await without.page.$eval('#train', (train) => train.matches(':disabled'))).toBe(true);
    await without.page.close();
  });

  test('nothing went wrong on the way', () => {
    expect(site.complaints).toEqual([]);
  });
});
