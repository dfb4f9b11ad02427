import { TASKS } from '../tasks/tasks';
import type { TaskSettings } from './protocol';

/** Whether runs by these are the same run. */
export function sameSettings(a: TaskSettings, b: TaskSettings): boolean {
  const numbers = ({ task, values, layers, heads, seed }: TaskSettings): string =>
    JSON.stringify([
      task,
      ...TASKS[task].settings.map((s) => values[s.name] ?? s.value),
      layers,
      heads,
      seed,
    ]);
  return numbers(a) === numbers(b);
}
