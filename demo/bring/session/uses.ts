/** What a model is for: told by the class of Transformers that it was saved as. */
import type { PipelineTask } from '../../../models/tasks/index';
import { TASKS } from '../../../models/tasks/pipeline_tasks';
import type { Use } from './protocol';

const USES: readonly (readonly [task: PipelineTask, use: Use])[] = [
  ['fill-mask', 'fill'],
  ['text-classification', 'classify'],
  ['token-classification', 'tag'],
  ['question-answering', 'answer'],
  ['text-generation', 'write'],
  ['text2text-generation', 'rewrite'],
  ['feature-extraction', 'compare'],
];

export function useOf(architecture: string | null): Use | null {
  if (architecture === 'GPT2Model') return 'write'; // its head is its table of tokens, which is there
  return USES.find(([task]) => TASKS[task].classes.test(architecture ?? ''))?.[1] ?? null;
}
