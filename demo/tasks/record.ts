/**
 * Records a run of each task as it usually is, with its answers to some held-out examples, for browsers without WebGPU:
 *
 *     npm run -s node -- demo/tasks/record.ts demo/tasks/recording.json [TASK …]
 *
 * Where tasks are named, the runs of the others stay as the file has them.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { SharedDevice } from '../session/shared-device.ts';
import { pack, type RecordedFile } from './recording.ts';
import type { ByHead, TaskHistory, TaskRun, TasksEvent, TaskSettings } from './session/protocol.ts';
import { TasksSession } from './session/session.ts';
import { Lesson } from './tasks/lesson.ts';
import { EXAMPLES, makeTask, TASK_NAMES, TASKS, type TaskName } from './tasks/tasks.ts';

const [file, ...named] = process.argv.slice(2);
if (!file) {
  console.error('record: name the file to write, such as demo/tasks/recording.json');
  process.exit(2);
}
const unknown = named.find((name) => !(name in TASKS));
if (unknown !== undefined) {
  console.error(`record: there is no task ${unknown}: name some of ${TASK_NAMES.join(', ')}`);
  process.exit(2);
}

async function record(task: TaskName): Promise<RecordedFile['runs'][TaskName]> {
  const { layers, heads } = TASKS[task].course;
  const settings: TaskSettings = { task, values: {}, layers, heads, seed: 1 };
  const losses: number[] = [];
  const judged: TaskHistory['judged'][number][] = [];
  let run: TaskRun | null = null;
  let without: ByHead = [];
  const session = new TasksSession((event: TasksEvent) => {
    if (event.kind === 'steps') losses.push(...event.losses);
    else if (event.kind === 'judged') {
      judged.push(event.judged);
      console.log(task, event.judged.step, event.judged.answers);
    } else if (event.kind === 'without') without = event.answers;
    else if (event.kind === 'state') run = event.run;
  });
  await session.train(settings);
  const lesson = new Lesson(makeTask(task), settings.seed);
  const answers = [];
  for (const { input } of lesson.exam(EXAMPLES)) answers.push(await session.answer(input));
  const validation = judged.map(({ step, loss }) => [step, loss] as const);
  const recorded = pack({ run: run!, history: { losses, validation, judged }, without, answers });
  await session.forget();
  return recorded;
}

const made: Partial<Record<TaskName, RecordedFile['runs'][TaskName]>> = {};
const wanted = TASK_NAMES.filter((name) => named.length === 0 || named.includes(name));
for (const task of wanted) made[task] = await record(task);
const { name: adapter } = SharedDevice.ofWorker.adapter!;
const before =
  wanted.length < TASK_NAMES.length ? (JSON.parse(await readFile(file, 'utf8')) as RecordedFile) : null;
const rounded = (_: string, value: unknown): unknown =>
  typeof value === 'number' ? Math.round(value * 1e4) / 1e4 : value;
await writeFile(file, `${JSON.stringify({ adapter, runs: { ...before?.runs, ...made } }, rounded)}\n`);
process.exit(0);
