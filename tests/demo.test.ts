/**
 * The Train page from end to end, in headless Chromium on SwiftShader, as a visitor uses it: through accessible names.
 * The tests share one page and build on each other: what one trained, the next pauses, saves and loads.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DemoSite, PATIENCE, SECOND, type Visitor } from './harness/demo-page';

const PAGE = 'train/language/';
let site: DemoSite;
let visitor: Visitor;

const press = (name: string): Promise<void> => visitor.press(name);
const text = (selector: string): Promise<string> => visitor.text(selector);
const status = (): Promise<string> => text('#status');
const step = async (): Promise<number> => Number(/Step (\d+)/.exec(await status())![1]);
const loss = async (): Promise<number> => Number(/Loss ([\d.]+|–)/.exec(await status())![1]);
const pick = (selector: string): Promise<void> =>
  visitor.page.$eval(selector, (input) => (input as HTMLInputElement).click());
const focused = (): Promise<string | undefined> =>
  visitor.page.evaluate(() => document.activeElement?.textContent);
const untilText = (selector: string, words: RegExp): Promise<string> => visitor.untilText(selector, words);
const untilStep = (least: number): Promise<number> =>
  visitor.until(`step ${least}`, step, (now) => now >= least);
const untilState = (name: string): Promise<string> =>
  visitor.until(name, status, (now) => now.startsWith(name));

/** Presses "Save checkpoint" and reads the file that the browser downloads. */
async function save(): Promise<{ bytes: Buffer; losses: number[] }> {
  const { bytes } = await visitor.download('Save checkpoint', '.safetensors');
  const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0))).toString()) as {
    __metadata__: { extras: string };
  };
  const extras = JSON.parse(header.__metadata__.extras) as { page: string };
  return { bytes, losses: (JSON.parse(extras.page) as { history: { losses: number[] } }).history.losses };
}

beforeAll(async () => {
  site = await DemoSite.open();
  visitor = await site.visit(PAGE);
}, PATIENCE.hook);

afterAll(() => site?.close());

describe('the demo page', { timeout: PATIENCE.test, concurrent: false }, () => {
  let saved: Awaited<ReturnType<typeof save>>;

  test('Train at once: the loss falls, samples appear, no long task', async () => {
    await visitor.page.waitForSelector('#train:enabled'); // nothing that is disabled can be focused
    await visitor.page.focus('#train');
    await press('Train');
    await untilState('Training');
    expect(await focused()).toBe('Pause'); // in the place of Train
    await untilStep(3);
    const first = await loss();
    const longest = await visitor.longestTask(async () => {
      await untilStep(55);
      await untilText('#samples', /step 50/);
      await visitor.until(
        'text',
        () => visitor.texts('#samples .said'),
        (all) => all.join('').length > 40,
      );
    });
    expect(await loss()).toBeLessThan(first - 0.5);
    expect(await text('#kernels')).toMatch(/matmul.*ms/);
    expect(await text('#memory')).toContain('weights');
    expect(await text('#validation')).toMatch(/^\d\.\d{3}$/);
    expect(await text('#adapter')).toMatch(/swiftshader.*CPU/i);
    // A tenth of a second or two of work, timed here and now, when the machine is as slow as it is.
    const work = await visitor.longestTask(() =>
      visitor.page.evaluate(() => {
        let x = 1;
        for (let i = 0; i < 5e6; i++) x = Math.sin(x + i);
        return x;
      }),
    );
    console.info(
      `longest task while training: ${longest} ms of CPU time; of the work to compare: ${work} ms`,
    );
    expect(longest).toBeLessThan(work);
  });

  test('Generate while it trains', async () => {
    await visitor.page.$eval('#slider-length', (slider) => {
      (slider as HTMLInputElement).value = '60';
    });
    await press('Generate');
    await untilText('#written', /\d+ tokens/);
    expect((await text('#output')).length).toBeGreaterThan(60);
  });

  test('Pause holds it, Resume goes on, Stop ends it', async () => {
    await press('Pause');
    expect(await visitor.page.$$eval('.locked', (all) => all.length)).toBe(1);
    await untilState('Paused');
    const held = await step();
    await new Promise((resolve) => setTimeout(resolve, SECOND));
    expect(await step()).toBe(held);
    await press('Resume');
    await untilStep(held + 3);
    await press('Stop');
    await untilState('Stopped');
    expect(await text('#hint')).toContain('goes on');
    expect(await text('[role=status]')).toBe('Stopped');
  });

  test('Resume goes on by the run’s own settings; Train and Load ask before they replace it', async () => {
    const { bytes } = await save();
    const begun = await step();
    await press('Resume');
    await untilStep(begun + 2);
    await press('Stop');
    await untilState('Stopped');
    const at = await step();
    expect(await visitor.asksToStay()).toBe(true);
    visitor.answer = false;
    // A file that is none is looked at before anything is asked.
    await visitor.choose('#checkpoint-file', 'none.safetensors', 'anything');
    await untilText('#notices', /not a safetensors file|bytes/);
    expect(visitor.asked).toEqual([]);
    await visitor.choose('#checkpoint-file', 'other.safetensors', bytes);
    await visitor.until('question', () => Promise.resolve(visitor.asked.join()), Boolean);
    expect(visitor.asked.at(-1)).toContain('other.safetensors');
    await pick('#settings input[value=tang]');
    await visitor.untilText('#hint', /starts a new model/);
    await press('Train');
    await visitor.until(
      'second question',
      () => Promise.resolve(visitor.asked.length),
      (n) => n === 2,
    );
    expect(visitor.asked.at(-1)).toContain(`Forget the model at step ${at}`);
    expect(await step()).toBe(at);
    await visitor.enter('#rate', 0.5);
    await press('Resume');
    await untilStep(at + 2);
    await visitor.choose('#checkpoint-file', 'other.safetensors', 'anything');
    await untilText('#notices', /Stop training before loading/);
    await press('Stop');
    await untilState('Stopped');
    expect(await visitor.page.$eval('#rate', (input) => (input as HTMLInputElement).value)).toBe('0.004');
    expect(await visitor.page.$eval('#settings :checked', (e) => (e as HTMLInputElement).value)).toBe(
      'english',
    );
    expect(visitor.asked).toHaveLength(2);
    visitor.answer = true;
  });

  test('numbers that are none are refused with what to type; grouped ones are understood', async () => {
    const steps = await visitor.page.$eval('#steps', (input) => (input as HTMLInputElement).value);
    await visitor.enter('#steps', 'many');
    await press('Train');
    await untilText('#notices', /“many” is no whole number/);
    expect(await status()).toMatch(/^Stopped/);
    await visitor.enter('#steps', (Number(steps) + 1).toLocaleString('en'));
    await press('Train');
    await untilState('Training');
    expect(await status()).toContain(`of ${Number(steps) + 1}`);
    await press('Stop');
    await untilState('Stopped');
  });

  test('Save, go on; Load in a new page goes on with the same losses', async () => {
    saved = await save();
    expect(await visitor.asksToStay()).toBe(false);
    const at = await step();
    await press('Resume');
    await untilStep(at + 8);
    await press('Stop');
    await untilState('Stopped');
    const { losses } = await save();

    await visitor.page.close();
    visitor = await site.visit(PAGE);
    await visitor.button('Load checkpoint').wait();
    await visitor.choose('#checkpoint-file', 'saved.safetensors', saved.bytes);
    await untilText('#notices', new RegExp(`step ${at}\\b`));
    expect(await step()).toBe(at);
    await untilText('#facts', /characters/);
    await press('Resume');
    await untilStep(at + 8);
    await press('Stop');
    await untilState('Stopped');
    const again = await save();
    const common = Math.min(losses.length, again.losses.length);
    expect(common).toBeGreaterThanOrEqual(at + 8);
    expect(again.losses.slice(0, common)).toEqual(losses.slice(0, common));
  });

  test('checkpoints that are none, or cut short, change nothing', async () => {
    const before = await step();
    const refuse = async (name: string, bytes: Uint8Array | string, words: RegExp): Promise<void> => {
      await visitor.choose('#checkpoint-file', name, bytes);
      await untilText('#notices', words);
      expect(await step()).toBe(before);
      expect(await status()).toMatch(/^Stopped/);
    };
    await refuse('short.safetensors', saved.bytes.subarray(0, saved.bytes.length >> 1), /bytes|short/);
    await refuse('poem.safetensors', 'Scotty did not go back to school.', /not a safetensors file/);
    await refuse('empty.safetensors', '', /empty/);
  });

  test('texts that cannot be learned are refused with the reason', async () => {
    const before = await step();
    await visitor.page.locator('::-p-aria([name="Your own"])').click();
    const refuse = async (name: string, content: Uint8Array | string, words: RegExp): Promise<void> => {
      await visitor.choose('#text-file', name, content);
      await untilText('#text-problem', words);
    };
    await refuse('empty.txt', '', /empty/);
    await refuse('one.txt', 'a'.repeat(5000), /all "a"/);
    await refuse('latin1.txt', Uint8Array.of(0x63, 0x61, 0x66, 0xe9, 0x20, 0x61), /not UTF-8/);
    await refuse('binary.txt', Uint8Array.of(1, 0, 2, 0, 3), /binary/);
    // The text before is not in force behind the words "Your own".
    expect(await text('#facts')).toMatch(/No text is chosen/);
    await press('Train');
    await untilText('#notices', /No text is chosen/);
    await visitor.choose('#text-file', 'short.txt', 'too short');
    await untilText('#facts', /short\.txt/);
    await press('Train');
    await untilText('#notices', /needs at least/);
    expect(visitor.asked.at(-1)).toContain(`Forget the model at step ${before}`);
    expect(await step()).toBe(before);
  });

  test('a learning rate that blows up: the step is named, the last checkpoint stays', async () => {
    await visitor.page.locator('::-p-aria([name="English prose"])').click();
    await untilText('#facts', /1,150,674/);
    const before = await step();
    await visitor.page.locator('#rate').fill('1e30');
    await press('Train');
    await untilText('#notices', /step \d+: .* not finite/);
    await untilState('Stopped');
    expect(await text('#notices')).toContain(`last good checkpoint, step ${before}`);
    expect(await step()).toBe(before);
    await press('Generate');
    await untilText('#written', /\d+ tokens/);
    await visitor.page.locator('#rate').fill('0.004');
  });

  test('a lost device: training goes on by itself', async () => {
    await press('Train');
    await untilState('Training');
    await untilStep((await step()) + 3);
    await visitor.loseDevice();
    await untilText('#notices', /was lost/);
    const back = await step();
    await untilStep(back + 3);
    await press('Stop');
    await untilState('Stopped');
    await press('Dismiss');
    await visitor.loseDevice();
    await untilText('#notices', /was lost/);
    await press('Generate');
    await untilText('#written', /\d+ tokens/);
  });

  test('Chinese, dark, 360 pixels wide', async () => {
    await visitor.page.setViewport({ width: 360, height: 740, isMobile: true });
    await visitor.page.locator('#language').click();
    expect(await visitor.page.evaluate(() => document.documentElement.lang)).toBe('zh-Hans');
    await visitor.page.locator('::-p-aria([name="训练"][role="button"])').wait();
    await visitor.page.locator('::-p-aria([name="深色主题"])').click();
    expect(await visitor.colorScheme()).toBe('dark');
    expect(await visitor.scrollWidth()).toBe(360);
  });

  test('without WebGPU it says so, why, and what to do', async () => {
    const without = await site.visitWithoutWebGPU(PAGE);
    const said = await without.text('#missing');
    expect(said).toMatch(/needs WebGPU.*does not offer WebGPU.*Chrome/);
    expect(await without.page.$eval('#train', (e) => (e as HTMLButtonElement).disabled)).toBe(true);
    await without.page.close();
  });
});
