/**
 * Records a run of each kind of adapter beside the writer that ships, on the French text, for browsers without WebGPU:
 *
 *     npm run -s node -- demo/tune/record.ts demo/tune/recording.json [KIND …]
 *
 * Where kinds are named, the runs of the others stay as the file has them.
 */
import { readFile } from 'node:fs/promises';
import type { Source } from '../bring/session/protocol.ts';
import { corpusText } from '../data/corpora.ts';
import { recordRuns } from '../session/record-runs.ts';
import { factsOf } from '../session/text-facts.ts';
import { KIND_NAMES, KINDS, PREFIX_ROWS, RANK, STEPS, type AdapterKindName } from './kinds.ts';
import { PROMPTS } from './prompts.ts';
import type { RecordedRun } from './recording.ts';
import type { AdapterChoice, TuneEvent } from './session/protocol.ts';
import { TuneSession } from './session/session.ts';

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

await recordRuns({
  ...{ usual: 'demo/tune/recording.json', kind: 'kind', names: KIND_NAMES, record },
  more: { targets },
});
