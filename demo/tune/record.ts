/**
 * Records a run of each kind of adapter beside the writer that ships, on the French text, for browsers without WebGPU:
 *
 *     npm run -s node -- demo/tune/record.ts demo/tune/recording.json [KIND …]
 *
 * Where kinds are named, the runs of the others stay as the file has them.
 */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import type { Source } from '../bring/session/protocol.ts';
import { corpusText } from '../data/corpora.ts';
import { SharedDevice } from '../session/shared-device.ts';
import { factsOf } from '../session/text-facts.ts';
import { KIND_NAMES, KINDS, PREFIX_ROWS, RANK, STEPS, type AdapterKindName } from './kinds.ts';
import { PROMPTS } from './prompts.ts';
import type { RecordedFile, RecordedRun } from './recording.ts';
import type { AdapterChoice, TuneEvent } from './session/protocol.ts';
import { TuneSession } from './session/session.ts';

const [file, ...named] = process.argv.slice(2);
if (!file) {
  console.error('record: name the file to write, such as demo/tune/recording.json');
  process.exit(2);
}
const unknown = named.find((name) => !(name in KINDS));
if (unknown !== undefined) {
  console.error(`record: there is no kind ${unknown}: name some of ${KIND_NAMES.join(', ')}`);
  process.exit(2);
}

const folder = new URL('../models/writer/', import.meta.url);
const files = await Promise.all(
  ['config.json', 'model.safetensors', 'tokenizer.json'].map(
    async (name) => new File([await readFile(new URL(name, folder))], name),
  ),
);
const source: Source = { kind: 'files', title: 'writer', files };
const text = await corpusText('french');
const { fingerprint } = await factsOf(text);
const losses: number[] = [];
const validation: (readonly [number, number])[] = [];
const last: Partial<{ [Kind in TuneEvent['kind']]: Extract<TuneEvent, { kind: Kind }> }> = {};
const written: Record<'base' | 'now', string> = { base: '', now: '' };
const session = new TuneSession((event) => {
  Object.assign(last, { [event.kind]: event });
  if (event.kind === 'steps') losses.push(...event.losses);
  else if (event.kind === 'evaluation') {
    validation.push([event.step, event.loss]);
    console.log(event.step, event.loss);
  } else if (event.kind === 'history') {
    losses.length = validation.length = 0;
    validation.push(...event.history.validation);
  } else if (event.kind === 'written' && event.done) written[event.side] = event.text;
});
const { targets } = await session.load(source, await session.find(source, 'f32'));
await session.chooseText({ kind: 'pasted', text });

async function record(kind: AdapterKindName): Promise<RecordedRun> {
  const choice: AdapterChoice =
    kind === 'prefix'
      ? { kind, prefixLength: PREFIX_ROWS }
      : kind === 'ia3'
        ? { kind, targets }
        : { kind, rank: RANK, alpha: 2 * RANK, targets };
  const cost = await session.cost(choice);
  const prompt = PROMPTS.french;
  const writing = { prompt, tokens: 40, temperature: 0.7, seed: 1 };
  await session.train({ choice, rate: KINDS[kind].rate, steps: STEPS, seed: 1, writing });
  const { run } = last.state!;
  const french = { kind: 'corpus', id: 'french', title: 'Interface en français', fingerprint } as const;
  const history = { losses: [...losses], validation: [...validation] };
  const { comparison } = last.compared!;
  const recorded = {
    run: { ...run!, text: french },
    history,
    cost,
    comparison,
    prompt,
    written: { ...written },
  };
  await session.forget();
  console.log(kind, comparison, written);
  return recorded;
}

const made: Partial<Record<AdapterKindName, RecordedRun>> = {};
const wanted = KIND_NAMES.filter((name) => named.length === 0 || named.includes(name));
for (const kind of wanted) made[kind] = await record(kind);
const { name: adapter } = SharedDevice.ofWorker.adapter!;
const there = wanted.length < KIND_NAMES.length && existsSync(file);
const before = there ? (JSON.parse(await readFile(file, 'utf8')) as RecordedFile) : null;
const rounded = (_: string, value: unknown): unknown =>
  typeof value === 'number' ? Math.round(value * 1e4) / 1e4 : value;
await writeFile(
  file,
  `${JSON.stringify({ adapter, targets, runs: { ...before?.runs, ...made } }, rounded)}\n`,
);
process.exit(0);
