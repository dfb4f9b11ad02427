/**
 * A browser that is killed again and again while the Translate page trains and saves: what the page says it kept is
 * there, never less than the time before, and the run ends with the losses that it would have had. For `npm run test:deep`.
 */
import { expect, test } from 'vitest';
import { Random } from '../checks/data';
import { DemoSite, PATIENCE, type Visitor } from './harness/demo-page';

const KILLS = Number(process.env['HEED_KILLS'] ?? 2);
const SEED = Number(process.env['HEED_SEED'] ?? 1);
const STEPS = 40 * KILLS;

const LETTERS = 'abcdefgh';
const table = Array.from({ length: 300 }, (_, i) => {
  const word = Array.from({ length: 5 }, (_, k) => LETTERS[Math.floor((i * 7919 + 13) / 8 ** k) % 8]);
  return `${word.join('')}\t${word.map((letter) => `${letter.toUpperCase()}1`).join(' ')}\n`;
}).join('');

const stepOf = (words: string): number => Number(/[Ss]tep (\d+)/.exec(words)?.[1] ?? -1);

/**
 * Calls `onWrite` each time that the page's worker begins to write its run to the storage. Returns the step of the last
 * run that the browser said it had written.
 */
async function watchWrites(visitor: Visitor, onWrite: () => unknown): Promise<() => number> {
  const [worker] = visitor.page.workers();
  let written = -1;
  worker.on('console', (message) => {
    const [what, step] = message.text().split(' ');
    if (what === 'writes') onWrite();
    if (what === 'written') written = Number(step);
  });
  await worker.evaluate(() => {
    type Put = (value: { run?: { step: number } }, key: IDBValidKey) => IDBRequest<IDBValidKey>;
    const put = Reflect.get(IDBObjectStore.prototype, 'put') as Put;
    IDBObjectStore.prototype.put = function (this: IDBObjectStore, ...args: Parameters<Put>) {
      if (args[1] === 'run') {
        const { step } = args[0].run!;
        console.log(`writes ${step}`);
        this.transaction.addEventListener('complete', () => console.log(`written ${step}`));
      }
      return put.apply(this, args);
    } as Put;
  });
  return () => written;
}

async function begin(visitor: Visitor): Promise<void> {
  await visitor.choose('#pairs-file', 'spelling.tsv', table);
  await visitor.untilText('#facts', /spelling\.tsv: \d+ pairs/);
  await visitor.enter('#steps', STEPS);
  await visitor.press('Train');
}

/** Waits for the end for as long as steps come: on a busy machine they take their time. */
async function finished(visitor: Visitor): Promise<void> {
  for (let step = -1; ;) {
    const now = await visitor.until(
      `steps after ${step}`,
      () => visitor.text('#status'),
      (status) => /^Finished/.test(status) || stepOf(status) > step,
    );
    if (/^Finished/.test(now)) return;
    step = stepOf(now);
  }
}

async function losses(visitor: Visitor): Promise<number[]> {
  await finished(visitor);
  const { bytes } = await visitor.download('Save checkpoint', '.safetensors');
  const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0))).toString()) as {
    __metadata__: { extras: string };
  };
  const { page } = JSON.parse(header.__metadata__.extras) as { page: string };
  return (JSON.parse(page) as { history: { losses: number[] } }).history.losses;
}

test(`a browser killed at ${KILLS} moments (seed ${SEED})`, { timeout: 60 * PATIENCE.test }, async () => {
  const undisturbed = await DemoSite.open();
  const want = await undisturbed
    .visit('try/translate/')
    .then(async (visitor) => begin(visitor).then(() => losses(visitor)))
    .finally(() => undisturbed.close());
  expect(want).toHaveLength(STEPS);

  const draw = new Random(SEED);
  const site = await DemoSite.open();
  try {
    let kept = -1;
    for (let kill = 0; ; kill++) {
      const visitor = await site.visit('try/translate/');
      // The page translates once it has looked for a kept run.
      const translations = (): Promise<string[]> => visitor.texts('#hypotheses .text');
      await visitor.until('restored', translations, (all) => all.length > 0);
      const status = await visitor.text('#status');
      const back = status.startsWith('Ready') ? -1 : stepOf(status); // a run is kept from step 0 on
      // What was kept before is there, whatever was going on when the browser died.
      expect(back).toBeGreaterThanOrEqual(kept);
      kept = back;
      if (kept >= 0) {
        // A run that has not learnt anything is no news.
        if (kept > 0) expect(stepOf(await visitor.text('#notices'))).toBe(kept);
        expect(await visitor.text('#facts')).toMatch(/spelling\.tsv: \d+ pairs/);
      }
      const goOn = (): Promise<void> | undefined =>
        kept < 0 ? begin(visitor) : kept < STEPS ? visitor.press('Resume') : undefined;
      if (kill === KILLS) {
        await goOn();
        expect(await losses(visitor)).toEqual(want);
        break;
      }
      // Until something is kept, and then half of the times, the kill comes within one of the next writes, milliseconds
      // after it began; else at any time of the training.
      const inWrite = (kept < 0 || draw.next() < 0.5) && kept < STEPS;
      const delay = inWrite ? 40 * draw.next() : 15_000 * draw.next();
      let come = (): void => undefined;
      const moment = new Promise<void>((resolve) => (come = resolve));
      const soon = (): void => void setTimeout(come, delay);
      let writes = (kept < 0 ? 2 : 1) + Math.floor(3 * draw.next());
      const written = await watchWrites(visitor, () => inWrite && --writes === 0 && soon());
      await goOn();
      if (!inWrite) soon();
      // A run that ends first has no further writes.
      const end = finished(visitor).catch(() => undefined);
      await (inWrite ? Promise.race([moment, end]) : moment);
      await site.killBrowser();
      kept = Math.max(kept, written());
      console.info(
        `kill ${kill}, kept step ${kept}: ${Math.round(delay)} ms after ${inWrite ? 'a write' : 'it'} began`,
      );
    }
    expect(site.complaints).toEqual([]);
  } finally {
    await site.close();
  }
});
