// Fine-tunes all-MiniLM-L6-v2 in place on pairs of texts that mean the same, with the others of a batch as negatives: numbers in digits
// and in words, which it tells apart badly. How many of 100 held-out numbers find their words first, before and after.
// Run: npm run node -- tests/real/finetune_minilm.ts MODEL [STEPS], MODEL as minilm.py fetches it into .cache. The last result stands in
// bench/results/real-models.md.
import { openAsBlob, existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  AdamW,
  crossEntropy,
  Device,
  encodingOf,
  matmul,
  normalize,
  Run,
  scale,
  type Graph,
  type Objective,
  type Tensor,
  type Tokenizer,
} from '../../engine/index';
import { bertModel, type ModelFolder } from '../../models/index';
import { openEmbedder, type EncoderModel, type SentenceEmbedder } from '../../models/tasks/index';
import { Random } from '../harness/op';

/** Pairs of a batch, and tokens of a text, most. */
const [B, T] = [16, 16];
const HELD = 100;
/** Of cosines, as sentence-transformers has it. */
const SHARPNESS = 20;

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

/** Each text of one side among those of the other: cross-entropy of cosines (van den Oord et al. 2018), its own is right. */
function amongOthers(tokenizer: Tokenizer): Objective<Pairs, EncoderModel> {
  const side = (g: Graph, model: EncoderModel, name: string): Tensor => {
    const rows = model
      .hidden(g, g.input(name, [B, T], 'u32'), { lengths: g.input(`${name} lengths`, [B], 'u32') })
      .at(-1)!;
    const shares = g.input(`${name} shares`, [B, 1, T], 'f32');
    return normalize(g, g.view(matmul(g, shares, rows), [B, model.config.width]));
  };
  const feedOf = (name: string, texts: readonly string[]) => {
    const [ids, lengths, shares] = [new Uint32Array(B * T), new Uint32Array(B), new Float32Array(B * T)];
    texts.forEach((text, b) => {
      const own = encodingOf(tokenizer, text, { maxLength: T }).ids;
      ids.set(own, b * T);
      lengths[b] = own.length;
      shares.fill(1 / own.length, b * T, b * T + own.length);
    });
    return { [name]: ids, [`${name} lengths`]: lengths, [`${name} shares`]: shares };
  };
  return {
    shapes: 1,
    identity: { B, T },
    record: (g, _, model) => {
      const cosines = matmul(g, side(g, model, 'digits'), side(g, model, 'words'), { transposeB: true });
      const own = g.constant(
        'own',
        [B],
        Uint32Array.from({ length: B }, (_, i) => i),
      );
      return crossEntropy(g, scale(g, cosines, SHARPNESS), own);
    },
    feed: ({ digits, words }) => ({
      ...{ shape: 0, labels: B, tokens: B * T },
      inputs: { ...feedOf('digits', digits), ...feedOf('words', words) },
    }),
  };
}

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
  using run = await Run.create({
    ...{
      device,
      model: trained,
      objective: amongOthers(tokenizer),
      optimizer: new AdamW({ weightDecay: 0.01 }),
    },
    schedule: { kind: 'linear', lr: 1e-4, warmup: Math.ceil(steps / 10), steps },
  });
  const batches = (k: number): Pairs => pairsOf(numbers.slice(HELD + k * B, HELD + (k + 1) * B));
  const start = performance.now();
  await run.fit({
    steps,
    batches,
    onEvent: (e) =>
      e.kind === 'steps' &&
      console.log(`step ${e.reports.at(-1)!.index + 1}: loss ${e.reports.at(-1)!.loss.toFixed(3)}`),
  });
  const seconds = (performance.now() - start) / 1000;
  const after = await found(embedder, held);
  console.log(`after ${steps} steps of ${B} pairs, ${seconds.toFixed(0)} s: ${after} of ${HELD}`);
  if (after <= before) throw new Error('it has learnt nothing');
}
