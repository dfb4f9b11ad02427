/**
 * The page My GPU from end to end, in headless Chromium on SwiftShader: a few families are checked, it is cancelled, memory is chosen,
 * the card is read, the device is lost; then no WebGPU. The kernels themselves have their own tests, which run the same cases.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SHAPES } from '../demo/gpu/shapes';
import { DemoSite, PATIENCE, type Visitor } from './harness/demo-page';

let site: DemoSite;
let visitor: Visitor;

beforeAll(async () => {
  site = await DemoSite.open();
  visitor = await site.visit('gpu/?only=add,scale,softmax&do=right,fits&memory=8');
}, PATIENCE.hook);
afterAll(() => site?.close());

describe('the page My GPU', { timeout: PATIENCE.test, concurrent: false }, () => {
  test('says what it runs on, and waits for its button', async () => {
    await visitor.page.waitForSelector('#start:enabled');
    expect(await visitor.text('#adapter-note')).toMatch(/CPU that pretends/);
    expect(await visitor.text('#right-verdict')).toBe('');
    expect(await visitor.texts('#fits-table tbody th')).toEqual(SHAPES.map(([name]) => name));
  });

  test('checks the families of its address, and tells the share of the error that they used', async () => {
    await visitor.press('Test my GPU');
    await visitor.untilText('#status', /^Done/);
    expect(await visitor.texts('#right-table tbody th')).toEqual(['add', 'scale', 'softmax']);
    for (const cell of await visitor.texts('#right-table tbody td')) {
      expect(cell).toMatch(/^forward \d+(\.\d)? %, backward \d+(\.\d)? %$/);
    }
    expect(await visitor.text('#right-verdict')).toMatch(/^All right: 3 cases of 3 families; at most [1-9]/);
  });

  test('reckons what fits into the memory that was chosen', async () => {
    const needs = await visitor.texts('#fits-table tbody tr:first-child td');
    expect(needs[0]).toMatch(/^1[23]\d?M$|^120M$/);
    for (const need of needs.slice(1)) expect(need).toMatch(/^[\d.]+ GiB$/);
    const eight = await visitor.text('#fits-verdict');
    expect(eight).toMatch(/^8\.0 GiB: To run: .*To train: /);
    await visitor.page.select('#memory', '2');
    const two = await visitor.text('#fits-verdict');
    expect(two).toMatch(/^2\.0 GiB: To run: /);
    expect(two.slice(7)).not.toBe(eight.slice(7));
    expect(new URL(visitor.page.url()).searchParams.get('memory')).toBe('2');
  });

  test('has a card of it, as text and as a picture', async () => {
    const card = await visitor.text('#card');
    expect(card).toMatch(/^Heed · .+\n/);
    expect(card).toContain(await visitor.text('#right-verdict'));
    expect(card).toContain(await visitor.text('#fits-verdict'));
    const { bytes } = await visitor.download('Save as PNG', '.png');
    expect([...bytes.subarray(0, 4)]).toEqual([0x89, 0x50, 0x4e, 0x47]);
  });

  test('is what axe approves of, in both themes', async () => {
    await visitor.page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }]);
    for (const theme of ['one', 'other']) {
      expect(await visitor.violations(), theme).toEqual([]);
      await visitor.page.click('#theme');
    }
  });

  test('keeps what it found when it is cancelled, and when the device is lost', async () => {
    const begin = async (): Promise<Visitor> => {
      const fresh = await site.visit('gpu/?do=right');
      await fresh.press('Test my GPU');
      await fresh.untilText('#right-table', /forward/);
      return fresh;
    };
    const cancelled = await begin();
    await cancelled.press('Cancel');
    await cancelled.untilText('#status', /^Cancelled/);
    expect(await cancelled.text('#right-verdict')).toMatch(/^All right: \d+ cases/);
    await cancelled.page.close();
    const lost = await begin();
    await lost.loseDevice();
    await lost.untilText('#status', /device was lost/);
    expect(await lost.text('#right-verdict')).toMatch(/^All right: \d+ cases/);
    await lost.page.close();
  });

  test('without WebGPU it says what is missing, and offers nothing', async () => {
    const without = await site.visitWithoutWebGPU('gpu/');
    await without.untilText('#recorded', /what is missing/);
    expect(await without.texts('#fast-table tbody th')).toHaveLength(6);
    expect(await without.page.$eval('#start', (start) => start.matches(':disabled'))).toBe(true);
    await without.page.close();
  });

  test('nothing went wrong on the way', () => {
    expect(site.complaints).toEqual([]);
  });
});
