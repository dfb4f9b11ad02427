/** Fine-tuning of few numbers beside frozen weights. */
import { EngineError, expectOptions, expectSeed } from '../../errors';
import { parameters } from '../parameter';
import { ParameterStore } from '../parameter_store';
import { Adapter, type Model } from './adapter';
import type { AdapterKind } from './addition';
import { fingerprint } from './freeze';

/** How `adapt` begins an adapter. */
export interface AdaptOptions {
  /** Seed of the adapter's first values. Default 0. */
  readonly seed?: number;
}

/**
 * Puts additions into the layers of a model that has weights: `layers` says which, by dotted path, and what. A star in it is
 * a number, and braces are one of several words; columns of a fused layer go by name:
 *
 *     const adapter = await adapt(model, { 'stack.layers.*.attention.qkv.{query,value}': lora({ rank: 8 }) });
 *     const run = await Run.create({ device, model, adapter, … });
 *
 * All weights of the model are frozen until the adapter is disposed of: a trainer gives them no gradients, no moments and
 * no product in the backward pass. They may be stored as f16. Several adapters may be in a model at once: their sums add up.
 * Plans that were made before (of generators, too) refuse to run.
 *
 * @throws EngineError for a pattern that is nowhere (with the nearest names) and for a model without weights; DeviceError
 * where there is no memory. The model is then as it was.
 */
export async function adapt<C extends object>(
  model: Model<C>,
  layers: Readonly<Record<string, AdapterKind>>,
  options: AdaptOptions = {},
): Promise<Adapter<C>> {
  expectOptions('adapt', options, { seed: 0 });
  const { seed = 0 } = options;
  expectSeed('adapt', seed);
  const [base] = [...parameters(model).values()].flatMap(({ store }) => (store?.living ? [store] : []));
  if (!base) {
    throw new EngineError(
      'adapt',
      'the model has no weights',
      'Load it, or make a ParameterStore over it, first.',
    );
  }
  const of = ParameterStore.of(base.device, model)!;
  const adapter = new Adapter(model, of, layers, await fingerprint(of), seed);
  try {
    await adapter.store.ready();
    await adapter.begin();
  } catch (error) {
    adapter[Symbol.dispose]();
    throw error;
  }
  return adapter;
}
