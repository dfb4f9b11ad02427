/**
 * The Translate page from end to end, in headless Chromium on SwiftShader: pairs that a visitor brings, a model that
 * learns them for a few steps, its translation with candidates and attention, pictures of it, and a reload.
 * The tests build on each other: what one trained, the next translate with, reload and save.
 */
import { existsSync, readdirSync } from 'node:fs';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DemoSite, PATIENCE, type Visitor } from './harness/demo-page';

/** `npm run test:deep`: two tabs and a private window, too. */
const WHOLE = process.env['HEED_SITE'] === 'whole';
const STEPS = 20;
const LETTERS = [...'abcdefgh'];
const spelled = (word: string): string => [...word].map((letter) => `${letter.toUpperCase()}1`).join(' ');

/** Words of five letters, so that all batches have one shape, and how they "sound". */
const words = Array.from({ length: 300 }, (_, i) =>
  Array.from({ length: 5 }, (_, k) => LETTERS[Math.floor((i * 7919 + 13) / 8 ** k) % 8]).join(''),
);
const table = [...new Set(words)].map((word) => `${word}\t${spelled(word)}\n`).join('');

const ships = existsSync('demo/models') && readdirSync('demo/models').some((name) => name.endsWith('.json'));

let site: DemoSite;
let visitor: Visitor;

const press = (name: string): Promise<void> => visitor.press(name);
const text = (selector: string): Promise<string> => visitor.text(selector);
const status = (): Promise<string> => text('#status');
const step = async (): Promise<number> => Number(/Step (\d+)/.exec(await status())![1]);
const untilState = (name: string): Promise<string> =>
  visitor.until(name, status, (now) => now.startsWith(name));
const pick = (selector: string): Promise<void> =>
  visitor.page.$eval(selector, (input) => (input as HTMLInputElement).click());
const mapLabel = (): Promise<string | null> =>
  visitor.page.$eval('#map canvas', (canvas) => canvas.getAttribute('aria-label'));
const untilMap = (): Promise<boolean> =>
  visitor.until('map', () => visitor.page.$eval('#map', (map) => !(map as HTMLElement).hidden));

/** Rows of numbers that an exported picture tells in its cells' titles. */
async function picture(): Promise<{ rows: number[][]; svg: string }> {
  const { bytes } = await visitor.download('Save SVG', '.svg');
  const svg = bytes.toString();
  const rows = await visitor.page.evaluate((source) => {
    const parsed = new DOMParser().parseFromString(source, 'image/svg+xml');
    if (parsed.querySelector('parsererror')) throw new Error(parsed.documentElement.textContent);
    const cells = [...parsed.querySelectorAll('rect')].filter((rect) => rect.querySelector('title'));
    const byRow = new Map<string, number[]>();
    for (const cell of cells) {
      const at = cell.getAttribute('y')!;
      byRow.set(at, [...(byRow.get(at) ?? []), Number(/[\d.]+$/.exec(cell.textContent)![0])]);
    }
    return [...byRow.values()];
  }, svg);
  return { rows, svg };
}

beforeAll(async () => {
  site = await DemoSite.open();
  visitor = await site.visit('try/translate/');
}, PATIENCE.hook);

afterAll(() => site?.close());

/** Presses "Save checkpoint", and reads the file. */
async function save(): Promise<{ name: string; bytes: Buffer; losses: number[] }> {
  const { name, bytes } = await visitor.download('Save checkpoint', '.safetensors');
  const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0))).toString()) as {
    __metadata__: { extras: string };
  };
  const { page } = JSON.parse(header.__metadata__.extras) as { page: string };
  const { history } = JSON.parse(page) as { history: { losses: number[] } };
  return { name, bytes, losses: history.losses };
}

/** A run that was saved at STEPS + 5. */
let saved: Buffer;
async function takeUpSaved(): Promise<void> {
  await visitor.choose('#checkpoint-file', 'whole.safetensors', saved);
  await visitor.untilText('#notices', new RegExp(`stands at step ${STEPS + 5}`));
}

/** Keeps the store in which the page looks for a kept run busy, as a slow disk does, until `__letGo` is called. */
function holdStore(): void {
  const opening = indexedDB.open('heed.translate');
  opening.onupgradeneeded = () => void opening.result.createObjectStore('run');
  let held = true;
  opening.onsuccess = () => {
    const database = opening.result;
    const store = database.transaction('run', 'readwrite').objectStore('run');
    const again = (): void => {
      if (held) store.get('run').onsuccess = again;
      else database.close();
    };
    again();
  };
  Object.assign(window, { __letGo: () => (held = false) });
}

/** A browser that keeps nothing: IndexedDB that is not there. */
function noIndexedDB(): void {
  Object.defineProperty(self, 'indexedDB', { value: undefined });
}
/** A private window: whatever would store something is refused. */
function refuseStorage(): void {
  const refuse = (): never => {
    throw new DOMException('The operation is insecure.', 'SecurityError');
  };
  IDBFactory.prototype.open = refuse;
  if ('localStorage' in self) Object.defineProperty(self, 'localStorage', { get: refuse });
}

describe('the Translate page', { timeout: PATIENCE.test, concurrent: false }, () => {
  test('pairs that are chosen while it still looks for a kept run are those it trains on', async () => {
    const quick = await site.visit('try/translate/', (fresh) => fresh.evaluateOnNewDocument(holdStore));
    await quick.untilText('#adapter', /swiftshader/i);
    await quick.choose('#pairs-file', 'spelling.tsv', table);
    await quick.untilText('#facts', /spelling\.tsv: \d+ pairs/);
    const locked = (): Promise<boolean> =>
      quick.page.$eval('#train', (button) => (button as HTMLButtonElement).disabled);
    expect(await locked()).toBe(true); // it restores
    await quick.page.evaluate(() => (window as unknown as { __letGo: () => void }).__letGo());
    await quick.until('unlocked', locked, (now) => !now);
    expect(await quick.text('#facts')).toMatch(/spelling\.tsv: \d+ pairs/);
    await quick.press('Train');
    await quick.untilText('#status', /^(Encoding the pairs|Compiling kernels|Training)/);
    expect(await quick.text('#notices')).not.toMatch(/No pairs/);
    await quick.page.close();
  });

  test('it opens with a translation of the model that it ships with, or says what to do', async () => {
    await visitor.untilText('#adapter', /swiftshader/i);
    if (ships) {
      await untilMap();
      expect(await visitor.texts('#hypotheses .text')).toHaveLength(4);
    } else {
      await visitor.untilText('#model-facts', /There is no model yet/);
    }
  });

  test('pairs that cannot be read are refused with the reason', async () => {
    await pick('#corpora input[value=own]');
    const refuse = async (name: string, content: Uint8Array | string, reason: RegExp): Promise<void> => {
      await visitor.choose('#pairs-file', name, content);
      await visitor.untilText('#pairs-problem', reason);
    };
    await refuse('empty.tsv', '', /empty/);
    await refuse('column.tsv', 'one\ntwo\n', /none of its 2 lines holds a pair.*a tab between/);
    await refuse('binary.tsv', Uint8Array.of(1, 0, 2, 0, 3), /binary/);
    await press('Train');
    await visitor.untilText('#notices', /No pairs are chosen/);
  });

  test('a file with holes is read, and what was skipped is said', async () => {
    await visitor.choose('#pairs-file', 'spelling.tsv', `${table}\nno tab\nx\ty\tz\n`);
    const count = new Set(words).size + 1;
    await visitor.untilText('#facts', new RegExp(`spelling\\.tsv: ${count} pairs`));
    expect(await text('#pairs-problem')).toBe('');
    expect(await text('#report')).toMatch(
      /^2 rows skipped: 1 empty \(line \d+\), 1 with a column missing \(line \d+\)\. Columns after the second were ignored in 1 rows\.$/,
    );
  });

  test('a few steps of training: losses, a score, held-out pairs', async () => {
    await visitor.choose('#pairs-file', 'spelling.tsv', table);
    await visitor.untilText('#report', /^$/);
    await visitor.enter('#steps', STEPS);
    await press('Train');
    await untilState('Finished');
    expect(await status()).toMatch(new RegExp(`Step ${STEPS} of ${STEPS} Loss \\d\\.\\d{3}`));
    expect(await text('#validation')).toMatch(/^\d\.\d{3}$/);
    expect(await text('#score-name')).toBe('Phoneme error rate');
    expect(await visitor.page.$eval('#score-plot', (plot) => plot.getAttribute('aria-label'))).toMatch(
      new RegExp(`At step ${STEPS} it is \\d+\\.\\d`),
    );
    const references = await visitor.texts('#sample-pairs .reference');
    expect(references).toEqual((await visitor.texts('#sample-pairs .given')).map(spelled));
    expect(references.length).toBeGreaterThan(3);
    expect(await text('#data-report')).toMatch(/^\d+ pairs to learn from, \d+ held out; \d+ \+ \d+ tokens/);
    expect(await text('#hint')).toContain(`goes on from step ${STEPS}`);
  });

  test('it translates: candidates in order, a map of tokens by tokens whose rows sum to 1', async () => {
    await pick('#models input[value=own]');
    await visitor.enter('#source', 'badge');
    await press('Translate');
    // What is typed is translated too: the map must be that of the last translation.
    await visitor.until(
      'source',
      () => visitor.texts('#output:not(.writing-now) .unit, #source-units .unit'),
      (now) => now.join('').startsWith('badge⟨end⟩') && now.length > 6,
    );
    const scores = (await visitor.texts('#hypotheses small')).map((share) => parseFloat(share));
    expect(scores).toHaveLength(4);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    const target = await visitor.texts('#output .unit');
    expect((await visitor.texts('#hypotheses .text'))[0]).toBe(target.slice(0, -1).join(' '));
    expect(await mapLabel()).toMatch(new RegExp(`${target.length} rows written by 6 columns read`));
    const { rows, svg } = await picture();
    expect(rows.map((row) => row.length)).toEqual(target.map(() => 6));
    for (const row of rows) expect(row.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 2);
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
    const { bytes } = await visitor.download('Save PNG', '.png');
    expect(bytes.subarray(1, 4).toString()).toBe('PNG');
    expect(bytes.readUInt32BE(16)).toBeGreaterThan(300);
  });

  test('layer and head pickers show other maps; another candidate has its own', async () => {
    const { rows: mean } = await picture();
    const heads = await visitor.page.$$('#heads input');
    expect(heads).toHaveLength(5);
    await heads[1].evaluate((input) => input.click());
    const { rows: first } = await picture();
    expect(await mapLabel()).toMatch(/layer 2, head 1$/);
    expect(first).not.toEqual(mean);
    await pick('#layers input[value="1"]');
    const { rows: other } = await picture();
    expect(other).not.toEqual(first);
    await visitor.page.$$eval('#hypotheses button', ([, second]) => second.click());
    const [, second] = await visitor.texts('#hypotheses .text');
    await visitor.until(
      'second candidate',
      () => visitor.texts('#output .unit'),
      (now) => now.slice(0, -1).join(' ') === second,
    );
  });

  test('a word that is pointed at, by pointer or keyboard, marks what it read', async () => {
    const shares = (): Promise<number[]> =>
      visitor.page.$$eval('#source-units .unit', (all) =>
        all.map((unit) => Number((unit as HTMLElement).style.getPropertyValue('--share'))),
      );
    await visitor.page.hover('#output .unit:nth-of-type(2)');
    const hovered = await visitor.until(
      'shares',
      shares,
      (now) => Math.abs(now.reduce((a, b) => a + b, 0) - 1) < 0.01,
    );
    expect(await text('#readout')).toMatch(/^“.+” read “.+” \d/);
    await visitor.page.focus('#output .unit');
    await visitor.page.keyboard.press('ArrowRight');
    expect(await shares()).toEqual(hovered);
    await visitor.page.keyboard.press('Tab');
    await visitor.page.focus('#map canvas');
    await visitor.page.keyboard.press('ArrowRight');
    expect(await text('#readout')).toMatch(/^“.+” drew \d.*% of its attention from “b”$/);
  });

  test('text in several words is translated word by word, and each has its map', async () => {
    await visitor.enter('#source', 'face, bead');
    await press('Translate');
    await visitor.untilText('#whole', / \| /);
    expect(await visitor.texts('#parts label')).toEqual(['face', 'bead']);
    await pick('#parts input[value="1"]');
    await visitor.until(
      'part',
      () => visitor.texts('#source-units .unit'),
      (now) => now.join('') === 'bead⟨end⟩',
    );
    await visitor.enter('#source', 'bead '.repeat(1100));
    expect(await text('#took')).toMatch(/waits for Translate/);
    expect(await visitor.texts('#hypotheses li, #output .unit')).toEqual([]);
    await visitor.enter('#source', 'Ω');
    await press('Translate');
    await visitor.untilText('#notices', /"Ω" \(U\+03A9\) is not among/);
    // Nothing of the text before stays beside this one.
    expect(await visitor.texts('#hypotheses li, #output .unit, #source-units .unit')).toEqual([]);
    expect(await text('#output')).toBe('');
    expect(await visitor.page.$eval('#map', (map) => (map as HTMLElement).hidden)).toBe(true);
    await visitor.enter('#source', 'bead');
    await press('Translate');
    await visitor.until(
      'output',
      () => visitor.texts('#source-units .unit'),
      (now) => now.join('') === 'bead⟨end⟩',
    );
    expect(await text('#notices')).toBe('');
  });

  test('a model that is still being fetched gives way to one that is chosen after it', async () => {
    const opened = await visitor.page.evaluate(async () => {
      type Session = { useModel(choice: object): Promise<object | null> };
      const { session } = (window as unknown as { __heed: { session: Session } }).__heed;
      const fetched = { kind: 'shipped', url: '/slow', title: 'Nothing', languages: ['', ''] };
      return Promise.all([fetched, { kind: 'own' }].map((choice) => session.useModel(choice)));
    });
    expect(opened.map((model) => model !== null)).toEqual([false, true]);
  });

  test('it goes on where it was; what would take its place is asked about; it is saved', async () => {
    const { bytes: before } = await save();
    await visitor.enter('#steps', STEPS + 5);
    await press('Train');
    await untilState('Finished');
    expect(await status()).toContain(`Step ${STEPS + 5} of ${STEPS + 5}`);
    await pick('#models input[value=own]');
    await untilMap();

    // What would take the place of a run that no file has is asked for.
    const asked = (words: RegExp): Promise<string> =>
      visitor.until(
        'question',
        () => Promise.resolve(visitor.asked.at(-1) ?? ''),
        (now) => words.test(now),
      );
    visitor.answer = false;
    await visitor.enter('#rate', 0.1);
    await press('Train');
    await asked(new RegExp(`Forget the run at step ${STEPS + 5}`));
    // A file that is none is looked at before anything is asked.
    await visitor.choose('#checkpoint-file', 'none.safetensors', 'anything');
    await visitor.untilText('#notices', /safetensors|bytes/);
    await visitor.choose('#checkpoint-file', 'other.safetensors', before);
    await asked(/other\.safetensors take its place/);
    expect(await status()).toContain(`Step ${STEPS + 5} of ${STEPS + 5}`);
    await visitor.enter('#rate', 0.003);
    visitor.answer = true;

    const { bytes, name, losses } = await save();
    expect(name).toBe(`heed-translate-spelling-tiny-${STEPS + 5}.safetensors`);
    expect(losses).toHaveLength(STEPS + 5);
    expect(losses.at(-1)).toBeLessThan(losses[0] - 0.1);
    saved = bytes;

    const damaged = bytes.subarray(0, bytes.length >> 1);
    await visitor.choose('#checkpoint-file', 'short.safetensors', damaged);
    await visitor.untilText('#notices', /bytes|short/);
    expect(await status()).toContain(`Step ${STEPS + 5}`);
    await takeUpSaved();
    const model = await visitor.download('Save model', '.safetensors');
    expect(model.name).toBe(`heed-model-spelling-tiny-${STEPS + 5}.safetensors`);
    expect(model.bytes.length).toBeLessThan(bytes.length / 4);
    expect(visitor.asked).toHaveLength(2);
  });

  test('a reload in the middle of training goes on with the losses that there would have been', async () => {
    const end = STEPS + 25;
    await visitor.enter('#steps', end);
    await press('Train');
    await untilState('Training');
    await untilState('Finished');
    const { losses } = await save();
    expect(losses).toHaveLength(end);

    await takeUpSaved();
    await visitor.enter('#steps', end);
    await press('Train');
    const at = await visitor.until('step', step, (now) => now >= STEPS + 12);
    expect(at).toBeLessThan(end);
    expect(await status()).toMatch(/^Training/);
    await visitor.page.reload({ waitUntil: 'load' });
    const words = await visitor.untilText('#notices', /is back, at step \d+/);
    const kept = Number(/step (\d+)/.exec(words)![1]);
    expect(kept).toBeGreaterThanOrEqual(STEPS + 5);
    expect(kept).toBeLessThan(end);
    expect(await status()).toContain(`Step ${kept} of ${end}`);
    expect(await text('#facts')).toMatch(/spelling\.tsv: \d+ pairs/);
    await press('Resume');
    await untilState('Training');
    await untilState('Finished');
    expect((await save()).losses).toEqual(losses);
    await takeUpSaved();
  });

  test('when the browser has no room, it says so and the run that was kept before stays', async () => {
    const [worker] = visitor.page.workers();
    await worker.evaluate(() => {
      const put = Reflect.get(IDBObjectStore.prototype, 'put') as (...args: unknown[]) => IDBRequest;
      IDBObjectStore.prototype.put = function (...args) {
        put.apply(this, args);
        this.transaction.abort();
        throw new DOMException('full', 'QuotaExceededError');
      };
    });
    await visitor.enter('#steps', STEPS + 8);
    await press('Train');
    await untilState('Finished');
    await visitor.untilText('#notices', /no room left to keep this run/);
    await visitor.page.reload({ waitUntil: 'load' });
    await visitor.untilText('#notices', new RegExp(`is back, at step ${STEPS + 5}`));
  });

  test('a lost device: the next translation opens the model on another one', async () => {
    await visitor.loseDevice();
    await visitor.untilText('#notices', /was lost/);
    await visitor.enter('#source', 'cab');
    await press('Translate');
    await visitor.until(
      'output',
      () => visitor.texts('#source-units .unit'),
      (now) => now.join('') === 'cab⟨end⟩',
    );
  });

  test.each([
    ['without IndexedDB', noIndexedDB, /it has no IndexedDB/] as const,
    ...(WHOLE
      ? [['in a private window that stores nothing', refuseStorage, /The operation is insecure/] as const]
      : []),
  ])('%s it works, and says that the run is not kept', async (_, fault, reason) => {
    const tab = await site.visitWithFault('try/translate/', fault);
    await tab.choose('#pairs-file', 'spelling.tsv', table);
    await tab.untilText('#facts', /spelling\.tsv: \d+ pairs/);
    expect(await tab.text('#notices')).toBe(''); // nothing is lost yet
    await tab.enter('#steps', 5);
    await tab.press('Train');
    await tab.untilText('#status', /^Finished/);
    const words = await tab.untilText('#notices', /This run cannot be kept in the browser/);
    expect(words).toMatch(reason);
    expect(await tab.asksToStay()).toBe(true);
    await tab.page.locator('#language').click();
    expect(await tab.page.title()).toBe('翻译 · Heed');
    await tab.page.locator('#language').click(); // which is kept for other tabs where anything is
    expect(await tab.page.title()).toBe('Translate · Heed');
    await tab.page.close();
  });

  if (WHOLE)
    test("of two tabs that train, the browser keeps the first one's run until that tab is closed", async () => {
      const notices = (tab: Visitor, words: RegExp): Promise<string> => tab.untilText('#notices', words);
      await visitor.enter('#steps', 5000);
      await press('Train');
      await untilState('Training');
      await press('Pause');
      await untilState('Paused');
      const at = Number(/Step (\d+)/.exec(await status())![1]);
      expect(at).toBeGreaterThan(STEPS + 5);
      // A pause is kept as far as it came.
      const second = await site.visit('try/translate/');
      await notices(second, new RegExp(`is back, at step ${at}\\b`));
      await second.press('Resume');
      await notices(second, /this run goes on in another tab/);
      await second.untilText('#status', /^Stopped/);
      await second.enter('#rate', 0.002);
      await second.enter('#steps', 5000);
      await second.press('Train');
      await notices(second, /Another tab trains, too, and the browser keeps its run/);
      await visitor.page.reload({ waitUntil: 'load' });
      await notices(visitor, new RegExp(`is back, at step ${at}\\b`));
      await second.page.bringToFront(); // the other tab asked whether to leave it
      await second.press('Stop');
      await second.untilText('#status', /^Stopped/);
      await second.page.reload({ waitUntil: 'load' });
      await notices(second, /is back, at step/);
      expect(await second.page.$eval('#rate', (input) => (input as HTMLInputElement).value)).toBe('0.002');
      await second.page.close();
    });

  test('Chinese, dark, 390 pixels wide; every string is there', async () => {
    expect(await visitor.missingStrings()).toEqual([]);
    await visitor.page.setViewport({ width: 390, height: 844, isMobile: true });
    await visitor.page.locator('#language').click();
    expect(await visitor.page.title()).toBe('翻译 · Heed');
    expect(await visitor.missingStrings()).toEqual([]);
    await visitor.page.locator('::-p-aria([name="深色主题"])').click();
    expect(await visitor.colorScheme()).toBe('dark');
    expect(await visitor.scrollWidth()).toBe(390);
  });

  test('nobody complained', () => {
    expect(site.complaints).toEqual([]);
  });

  test('without WebGPU it says so and what to do', async () => {
    const without = await site.visitWithoutWebGPU('try/translate/');
    expect(await without.text('#missing')).toMatch(/needs WebGPU.*does not offer WebGPU.*Chrome/);
    expect(await without.page.$eval('#train', (e) => (e as HTMLButtonElement).disabled)).toBe(true);
    await without.page.close();
  });
});
