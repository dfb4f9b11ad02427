/** The tiny models of tests/fixtures/tasks.json as files of a folder, tokenizer included. */
import fixture from '../fixtures/tasks.json';
import { checkpointOf } from './folders';
import { portableWeights } from './parity';

export type TaskHead = keyof typeof fixture.heads;

export function taskFiles(head: TaskHead, change: (data: Float32Array) => Float32Array = (data) => data) {
  const { config, parameters } = fixture.heads[head];
  const shapes = parameters as unknown as Readonly<Record<string, { readonly shape: number[] }>>;
  const weights = [...portableWeights(parameters, head, fixture.seed)].map(
    ([name, data]) => [name, { data: change(data), shape: shapes[name].shape }] as const,
  );
  return {
    'config.json': config as object,
    'model.safetensors': checkpointOf(new Map(weights)),
    'tokenizer.json': fixture.tokenizer as object,
  };
}
