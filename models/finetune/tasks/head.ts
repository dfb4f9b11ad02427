import { EngineError } from '../../../engine/index';
import type { Problem } from '../../problem';

/**
 * Throws `EngineError` for a model whose head is for other labels than the task's, or tells another thing of them: what it is taught and how it is
 * judged go by the labels' order.
 */
export function expectHead(
  where: string,
  model: object,
  { labels, problem }: { readonly labels: readonly string[] | null; readonly problem?: Problem },
): void {
  const own = model as { readonly labels?: readonly string[]; readonly problem?: Problem };
  const todo = 'Open it with openFor, which makes a head for the task.';
  if (!own.labels) throw new EngineError(where, 'the model has no labels', todo);
  if (problem !== undefined && own.problem !== problem)
    throw new EngineError(where, `the model's head is for ${own.problem}, not ${problem}`, todo);
  if (labels === null ? own.labels.length === 1 : same(own.labels, labels)) return;
  const told = (all: readonly string[]): string =>
    `${all.slice(0, 8).join(', ')}${all.length > 8 ? `, … (${all.length})` : ''}`;
  const what = `the model's labels are ${told(own.labels)}, not ${labels === null ? 'one' : told(labels)}`;
  throw new EngineError(where, what, todo);
}

const same = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((one, i) => one === b[i]);
