/**
 * Records a run of each task as it usually is, with its answers to some held-out examples, for browsers without WebGPU:
 *
 *     npm run -s node -- demo/tasks/record.ts demo/tasks/recording.json
 */
import { writeFile } from 'node:fs/promises';
import { SharedDevice } from '../session/shared-device.ts';
import { pack, type RecordedFile } from './recording.ts';
import type { ByHead, TaskHistory, TaskRun, TasksEvent, TaskSettings } from './session/protocol.ts';
import { TasksSession } from './session/session.ts';
import { Lesson } from './tasks/lesson.ts';
import { EXAMPLES, makeTask, TASK_NAMES, TASKS, type TaskName } from './tasks/tasks.ts';

const [file] = process.argv.slice(2);
if (!file) {
  console.error('record: name the file to write, such as demo/tasks/recording.json');
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
    else if (event.kind === 'judged') judged.push(event.judged);
    else if (event.kind === 'without') without = event.answers;
    else if (event.kind === 'state') run = event.run;
  });
  await session.train(settings);
  const lesson = new Lesson(makeTask(task), settings.seed);
  const answers = [];
  for (const { input } of lesson.exam(EXAMPLES)) answers.push(await session.answer(input));
  await session.forget();
  const validation = judged.map(({ step, loss }) => [step, loss] as const);
  console.log(task, run!.solved);
  return pack({ run: run!, history: { losses, validation, judged }, without, answers });
}

const runs: Partial<Record<TaskName, RecordedFile['runs'][TaskName]>> = {};
for (const task of TASK_NAMES) runs[task] = await record(task);
const { name: adapter } = SharedDevice.ofWorker.adapter!;
const rounded = (_: string, value: unknown): unknown =>
  typeof value === 'number' ? Math.round(value * 1e4) / 1e4 : value;
await writeFile(file, `${JSON.stringify({ adapter, runs }, rounded)}\n`);
process.exit(0);
