/**
 * What each kind of adapter costs beside full fine-tuning: a GPT of GPT-2 small's sizes (124 million weights), in f32 and in int8.
 * Share of the weights that learn, bytes of the device's ledger once a trainer is there, and milliseconds of a step, the
 * least of some (`--steps 0`: none). All in one run.
 *
 *   npm run bench -- adapters [-- --steps 3 --length 64]
 */
import { bitfit, bottleneck, dora, ia3 } from '../engine/adapters';
import {
  adapt,
  AdamW,
  Device,
  lora,
  nextToken,
  ParameterStore,
  prefix,
  Trainer,
  type AdapterKind,
  type WeightStorage,
} from '../engine/index';
import { GPT } from '../models/index';
import { benchResult, columns, option, short, type BenchResult } from './harness/report';

const CONFIG = { vocabulary: 50257, context: 1024, layers: 12, heads: 12, width: 768 } as const;
const LAYERS = 'stack.layers.*';
const KINDS: Readonly<Record<string, (model: GPT) => Record<string, AdapterKind>>> = {
  'lora, rank 8, queries and values': () => ({ [`${LAYERS}.attention.qkv.{query,value}`]: lora() }),
  'lora, rank 8, all layers': () => ({
    [`${LAYERS}.{attention.qkv,attention.output,feedForward.up,feedForward.down}`]: lora(),
  }),
  'dora, rank 8, queries and values': () => ({ [`${LAYERS}.attention.qkv.{query,value}`]: dora() }),
  ia3: () => ({
    [`${LAYERS}.attention.qkv.{key,value}`]: ia3(),
    [`${LAYERS}.feedForward.down`]: ia3({ input: true }),
  }),
  'bottleneck, width 64, Houlsby': () => ({
    [`${LAYERS}.{attention.output,feedForward.down}`]: bottleneck(),
  }),
  'bottleneck, width 64, Pfeiffer': () => ({ [`${LAYERS}.feedForward.down`]: bottleneck() }),
  'prefix, 20 rows': () => ({ [`${LAYERS}.attention`]: prefix() }),
  bitfit,
};

interface Cost {
  readonly kind: string;
  readonly storage: WeightStorage;
  readonly share: number;
  readonly bytes: number;
  readonly milliseconds: number;
}

export async function main(args: readonly string[] = []): Promise<BenchResult> {
  const steps = Number(option(args, 'steps', '3'));
  const length = Number(option(args, 'length', '64'));
  using device = await Device.open();
  const costs: Cost[] = [];
  const ids = Uint32Array.from({ length }, (_, i) => (i * 7919) % CONFIG.vocabulary);

  async function measure(kind: string, storage: WeightStorage): Promise<Cost> {
    const model = new GPT(CONFIG);
    using store = new ParameterStore(device, model, { init: 'none', storage });
    // As random as rounding and norms need, and quick.
    for (const [name, { size }] of store.parameters) {
      const norm = /[nN]orm\.weight$/.test(name) ? 1 : 0;
      store.write(
        name,
        Float32Array.from({ length: size }, (_, i) => norm + 0.02 * Math.sin(1.7 * i)),
      );
      await store.drain();
    }
    const layers = KINDS[kind]?.(model);
    const adapter = layers ? await adapt(model, layers) : null;
    try {
      using trainer = await Trainer.create({
        ...{ device, model, adapter, objective: nextToken({ batch: 1, length }) },
        ...{ optimizer: new AdamW(), schedule: 1e-4 },
      });
      await device.idle();
      const bytes = Object.values(device.buffers.stats.owners).reduce((sum, size) => sum + size, 0);
      let least = Infinity;
      // The first warms up.
      for (let n = 0; steps > 0 && n <= steps; n++) {
        const start = performance.now();
        trainer.submit(() => ({ ids, targets: ids }));
        await trainer.losses();
        if (n > 0) least = Math.min(least, performance.now() - start);
      }
      const count = (all: ParameterStore, which: (trainable: boolean) => boolean): number =>
        [...all.parameters.values()].reduce(
          (sum, { size, trainable }) => sum + (which(trainable) ? size : 0),
          0,
        );
      const learnt = count(trainer.store, (trainable) => trainable);
      const cost = { kind, storage, share: learnt / count(store, () => true), bytes, milliseconds: least };
      console.log(`${kind}, ${storage}: ${JSON.stringify(cost)}`);
      return cost;
    } finally {
      adapter?.[Symbol.dispose]();
    }
  }

  costs.push(await measure('full', 'f32'));
  for (const kind of Object.keys(KINDS)) costs.push(await measure(kind, 'f32'));
  for (const storage of ['int8', 'int4'] as const) costs.push(await measure(Object.keys(KINDS)[0], storage));
  const [full] = costs;
  const rows = costs.map(({ kind, storage, share, bytes, milliseconds }) => [
    `${kind} (${storage})`,
    `${short(100 * share)} %`,
    `${short(bytes / 1e6)} MB`,
    short(bytes / full.bytes),
    `${short(milliseconds)} ms`,
    short(milliseconds / full.milliseconds),
  ]);
  console.log(columns([['kind', 'learns', 'memory', 'of full', 'step', 'of full'], ...rows]));
  return benchResult(device, 'adapters', { config: CONFIG, batch: 1, length, steps, costs });
}
