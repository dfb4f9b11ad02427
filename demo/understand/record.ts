/**
 * Records what the page computes with the reader that ships, for browsers without WebGPU:
 *
 *     npm run -s node -- demo/understand/record.ts demo/understand/recording.json [FOLDER]
 *
 * FOLDER: of another model than demo/models/reader.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import type { Source } from '../bring/session/protocol.ts';
import { recordingFile } from '../session/record-runs.ts';
import { SharedDevice } from '../session/shared-device.ts';
import { messages } from './examples/guests.ts';
import { MESSAGES, NOTE, QUERIES, QUESTIONS, REQUESTS, SENTENCES } from './examples/sentences.ts';
import type { RecordedFile, RecordedRun } from './recording.ts';
import type {
  Explained,
  ExplanationMethod,
  LearnSettings,
  TaskName,
  UnderstandEvent,
} from './session/protocol.ts';
import { UnderstandSession } from './session/session.ts';
import { blankIn } from './words.ts';

const METHODS: readonly ExplanationMethod[] = [
  ...(['integratedGradients', 'gradientInput', 'leaveOneOut', 'attention', 'rollout'] as const),
];
const { file, named } = recordingFile('demo/understand/recording.json');
const folder = named[0] ?? 'demo/models/reader';
const files = await Promise.all(
  ['config.json', 'model.safetensors', 'tokenizer.json'].map(
    async (name) => new File([await readFile(join(folder, name))], name),
  ),
);
const source: Source = { kind: 'files', title: 'reader', files };
type Of<Kind> = Extract<UnderstandEvent, { kind: Kind }>;
const last: Partial<{ [Kind in UnderstandEvent['kind']]: Of<Kind> }> = {};
let losses: number[] = [];
let validation: (readonly [number, number])[] = [];
const session = new UnderstandSession((event) => {
  Object.assign(last, { [event.kind]: event });
  if (event.kind === 'steps') losses.push(...event.losses);
  else if (event.kind === 'evaluation') validation.push([event.step, event.loss]);
  else if (event.kind === 'judged' && event.judged) console.log(event.judged.step, event.judged.metrics);
});
const { rate } = await session.load(source, await session.find(source, 'f32'));

const fills: Record<string, RecordedFile['fills'][string]> = {};
for (const line of SENTENCES) {
  const blanked = blankIn(line)!;
  const filled = await session.fill(blanked);
  fills[line] = { filled, reasons: await session.reasons(blanked, filled.candidates[0].token) };
  console.log(
    line,
    filled.candidates
      .slice(0, 4)
      .map(({ text }) => text)
      .join(', '),
  );
}
/** Teaches a task by the page's own examples. */
async function taught<T extends TaskName>(task: T, settings: LearnSettings): Promise<RecordedRun<T>> {
  [losses, validation] = [[], []];
  const lesson = await session.chooseExamples(task, { kind: 'page' }, null);
  await session.train(task, settings);
  const { run } = last.state!;
  const { judged } = last.judged as unknown as { readonly judged: RecordedRun<T>['judged'] };
  return { lesson, run: run!, history: { losses, validation }, judged };
}

const classify = await taught('classify', { rate, steps: 120 });
const told: Record<string, RecordedFile['told'][string]> = {};
for (const text of MESSAGES) {
  const explained = {} as Record<ExplanationMethod, Explained>;
  for (const method of METHODS) explained[method] = await session.explain(text, method, null);
  told[text] = { told: await session.tell(text), explained };
  console.log(text, told[text].told.classes[0]);
}
const tested = await session.test();
console.log(tested);
const tag = await taught('tag', { rate, steps: 120 });
const tagged: Record<string, RecordedFile['tagged'][string]> = {};
for (const text of REQUESTS) {
  tagged[text] = await session.tag(text);
  console.log(text, tagged[text].tags);
}
const ask = await taught('ask', { rate: 2 * rate, steps: 380 });
const answered: Record<string, RecordedFile['answered'][string]> = {};
for (const question of QUESTIONS) {
  answered[question] = await session.answer({ question, context: NOTE, impossible: false });
  console.log(question, answered[question].answers);
}
const map = await session.readLines(messages(), 'base');
const searched: Record<string, RecordedFile['searched'][string]> = {};
for (const query of QUERIES) {
  searched[query] = (await session.search(query))!;
  console.log(
    query,
    searched[query].hits.slice(0, 4).map(({ line }) => map.lines[line]),
  );
}
const recorded: RecordedFile = {
  adapter: SharedDevice.ofWorker.adapter!.name,
  taught: { classify, tag, ask },
  ...{ tested, fills, told, tagged, answered },
  map: { ...map, points: [...map.points] },
  searched,
};
const rounded = (_: string, value: unknown): unknown =>
  typeof value === 'number' ? Math.round(value * 1e4) / 1e4 : value;
await writeFile(file, `${JSON.stringify(recorded, rounded)}\n`);
process.exit(0);
