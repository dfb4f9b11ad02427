/**
 * Records a run of each task as it usually is, with its answers to some held-out examples, for browsers without WebGPU:
 *
 *     npm run -s node -- demo/tasks/record.ts demo/tasks/recording.json [TASK …]
 *
 * Where tasks are named, the runs of the others stay as the file has them.
 */
import { recordRuns } from '../session/record-runs.ts';
import { pack, type RecordedFile } from './recording.ts';
import type { ByHead, TaskHistory, TaskRun, TasksEvent, TaskSettings } from './session/protocol.ts';
import { TasksSession } from './session/session.ts';
import { Lesson } from './tasks/lesson.ts';
import { EXAMPLES, makeTask, TASK_NAMES, TASKS, type TaskName } from './tasks/tasks.ts';

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

await recordRuns({ usual: 'demo/tasks/recording.json', kind: 'task', names: TASK_NAMES, record });
