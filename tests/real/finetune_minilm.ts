// Fine-tunes all-MiniLM-L6-v2 in place on pairs of texts that mean the same, with the others of a batch as negatives: numbers in digits
// and in words, which it tells apart badly. How many of 100 held-out numbers find their words first, before and after.
// Run: npm run node -- tests/real/finetune_minilm.ts MODEL [STEPS], MODEL as minilm.py fetches it into .cache. The last result stands in
// bench/results/real-models.md.
import { openAsBlob, existsSync } from 'node:fs';
import { join } from 'node:path';
import { AdamW, contrast, Device, encodingOf, pairedTexts, Run, TextBatches } from '../../engine/index';
import { bertModel, type ModelFolder } from '../../models/index';
import { openEmbedder, type EncoderModel, type SentenceEmbedder } from '../../models/tasks/index';
import { Random } from '../harness/op';

/** Pairs of a batch, and tokens of a text, most. */
const [B, T] = [16, 16];
const HELD = 100;
const ONES =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const TENS = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');

function inWords(n: number): string {
  if (n < 20) return ONES[n];
  if (n < 100) return TENS[Math.floor(n / 10) - 2] + (n % 10 > 0 ? `-${ONES[n % 10]}` : '');
  const [unit, name] = n < 1000 ? [100, 'hundred'] : [1000, 'thousand'];
  return `${inWords(Math.floor(n / unit))} ${name}${n % unit > 0 ? ` ${inWords(n % unit)}` : ''}`;
}

interface Pairs {
  readonly digits: readonly string[];
  readonly words: readonly string[];
}

const pairsOf = (numbers: readonly number[]): Pairs => ({
  digits: numbers.map(String),
  words: numbers.map(inWords),
});

/** How many texts are nearest to their own among all others. */
async function found(embedder: SentenceEmbedder, { digits, words }: Pairs): Promise<number> {
  const [a, b] = [await embedder.embed(digits), await embedder.embed(words)];
  const best = a.map((x) =>
    b.reduce((best, y, i) => (embedder.similarity(x, y) > embedder.similarity(x, b[best]) ? i : best), 0),
  );
  return best.filter((i, own) => i === own).length;
}

export async function main([model, given = '40']: readonly string[]): Promise<void> {
  const steps = Number(given);
  const folder: ModelFolder = async (name) =>
    existsSync(join(model, name)) ? openAsBlob(join(model, name)) : null;
  const random = new Random(7);
  const numbers = [...new Set(Array.from({ length: 4000 }, () => random.below(10_000)))];
  const held = pairsOf(numbers.slice(0, HELD));
  using device = await Device.open();
  using opened = await openEmbedder(folder, { device, families: [bertModel] });
  const { embedder, tokenizer } = opened;
  const trained = opened.loaded.model as EncoderModel;
  const before = await found(embedder, held);
  console.log(`before: ${before} of ${HELD} held-out numbers find their words first`);
  const ids = (text: string): Uint32Array => encodingOf(tokenizer, text, { maxLength: T }).ids;
  const { digits, words } = pairsOf(numbers.slice(HELD, HELD + steps * B));
  const rows = pairedTexts(digits.map((text, i) => ({ first: ids(text), second: ids(words[i]) })));
  const batches = new TextBatches(rows, { pad: 0, shapes: [{ B, T }], shuffle: false });
  using run = await Run.create({
    ...{ device, model: trained, objective: contrast(batches), optimizer: new AdamW({ weightDecay: 0.01 }) },
    schedule: { kind: 'linear', lr: 1e-4, warmup: Math.ceil(steps / 10), steps },
  });
  const start = performance.now();
  await run.fit({
    steps,
    batches: (k) => batches.at(k),
    onEvent: (e) =>
      e.kind === 'steps' &&
      console.log(`step ${e.reports.at(-1)!.index + 1}: loss ${e.reports.at(-1)!.loss.toFixed(3)}`),
  });
  const seconds = (performance.now() - start) / 1000;
  const after = await found(embedder, held);
  console.log(`after ${steps} steps of ${B} pairs, ${seconds.toFixed(0)} s: ${after} of ${HELD}`);
  if (after <= before) throw new Error('it has learnt nothing');
}
