/** What every kind of adapter is compared with PEFT by. */
import { expect } from 'vitest';
import { openSafetensors, type Adapter } from '../../engine/index';
import type { Pretrained } from '../../models/family/load';
import { gradientsOf, relativeError } from './parity';
import type { AnyModel, Given } from './peft_cases';

/** Compares logits and loss with PEFT's, and gives the gradients of the first step by our names. */
export async function expectAnswers(
  { model }: Pretrained<AnyModel>,
  { store }: Adapter,
  given: Given,
  { logits, wanted, loss: first }: { logits: Float32Array; wanted: ArrayLike<number>; loss: number },
): Promise<ReadonlyMap<string, Float32Array>> {
  expect(relativeError(logits, wanted)).toBeLessThan(5e-6);
  const { loss, gradients } = await gradientsOf(store, (g) => given.loss(model, g), given.step(0));
  expect(Math.abs(loss / first - 1)).toBeLessThan(2e-6);
  return gradients;
}

/** Compares the weights of a merged model with PEFT's, which fixtures have as `NAME.merged.KEY`. */
export async function expectMerged(
  loaded: Pretrained<AnyModel>,
  name: string,
  wanted: ReadonlyMap<string, { readonly data: ArrayLike<number> }>,
  most: number,
): Promise<void> {
  const files = await loaded.save();
  const saved = await openSafetensors(files.get('model.safetensors')!);
  const keys = [...wanted.keys()].filter((key) => key.startsWith(`${name}.merged.`));
  expect(keys.length).toBeGreaterThan(0);
  for (const key of keys) {
    const got = await saved.float32(key.slice(name.length + 8));
    expect(relativeError(got, wanted.get(key)!.data, false), key).toBeLessThan(most);
  }
}
