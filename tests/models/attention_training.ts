/** Ten AdamW steps of the models of tests/fixtures/make_attention_models.py, beside PyTorch's. */
import { expect } from 'vitest';
import {
  Graph,
  nextToken,
  ParameterStore,
  Trainer,
  type Device,
  type TrainableModel,
} from '../../engine/index';
import fixture from '../fixtures/attention-models.json';
import type { FixtureTensor } from '../fixtures/load';
import { hash32 } from '../fixtures/portable';
import { expectSteps, fixtureAdamW, portableWeights, read, relativeError, write } from './parity';

const { B, T, V } = fixture.shape;

/** One of the fixture's models, as Heed builds it. */
export interface Trained {
  readonly device: Device;
  readonly name: keyof typeof fixture.models;
  readonly model: TrainableModel;
  /** Of attention-models.safetensors. */
  readonly tensors: ReadonlyMap<string, FixtureTensor>;
  /** Makes tensors by the fixture's names those by the model's. Default: they are the same. */
  readonly names?: (theirs: ReadonlyMap<string, Float32Array>) => ReadonlyMap<string, Float32Array>;
}

/** The fixture's tensors whose names begin with `prefix`, by the model's names. */
const wanted = ({ tensors, names = (same) => same }: Trained, prefix: string) =>
  names(
    new Map(
      [...tensors].flatMap(([key, { data }]) =>
        key.startsWith(prefix) ? [[key.slice(prefix.length), data as Float32Array] as const] : [],
      ),
    ),
  );

const startOf = (name: Trained['name']): Map<string, Float32Array> =>
  portableWeights(fixture.models[name].parameters, name, fixture.seed);

/** Row b of step n reads tokens n T to n T + T of stream b; the targets follow one later. */
export function batchAt(n: number): { ids: Uint32Array; targets: Uint32Array } {
  const token = (b: number, i: number): number =>
    hash32(fixture.seed, b * (fixture.steps * T + 1) + n * T + i) % V;
  const rows = (shift: number): Uint32Array =>
    Uint32Array.from({ length: B * T }, (_, at) => token(Math.floor(at / T), (at % T) + shift));
  return { ids: rows(0), targets: rows(1) };
}

/** The first step's loss, and every gradient by name. */
export async function expectGradients(trained: Trained): Promise<void> {
  const { device, name, model, names = (same) => same } = trained;
  const start = names(startOf(name));
  using store = new ParameterStore(device, model, { init: 'none', train: true });
  write(store, start);
  const g = new Graph(device, { train: true });
  const ids = g.input('ids', [B, T], 'u32', { below: V });
  const loss = model.loss(g, ids, g.input('targets', [B, T], 'u32', { below: V }));
  g.backprop(loss);
  using plan = await g.compile({ loss });
  plan.run(batchAt(0));
  expect(Math.abs((await plan.read('loss'))[0] / fixture.models[name].losses[0] - 1)).toBeLessThan(2e-6);
  const want = wanted(trained, `${name}.grad.`);
  for (const [key, got] of await read(store, start, 'gradient')) {
    expect(relativeError(got, want.get(key)!), key).toBeLessThan(2e-5);
  }
}

/** Losses, gradient norms and final weights; `slack` widens the bound of a weight. */
export async function expectTenSteps(
  trained: Trained,
  slack: Readonly<Record<string, number>> = {},
): Promise<void> {
  const { device, name, model, names = (same) => same } = trained;
  const { losses, gradientNorms } = fixture.models[name];
  const start = names(startOf(name));
  using trainer = await Trainer.create({
    device,
    model,
    optimizer: fixtureAdamW(fixture.adamw),
    schedule: { kind: 'constant', lr: fixture.adamw.learningRate },
    objective: nextToken({ batch: B, length: T }),
    init: 'none',
  });
  write(trainer.store, start);
  for (let n = 0; n < fixture.steps; n++) trainer.submit(batchAt);
  const reports = await trainer.losses();
  expect(reports).toHaveLength(fixture.steps);
  expectSteps(reports, losses, gradientNorms);
  const want = wanted(trained, `${name}.after.`);
  for (const [key, got] of await read(trainer.store, start)) {
    const bound = 5e-5 + (slack[key] ?? 0);
    expect(relativeError(got, want.get(key)!), key).toBeLessThan(bound);
  }
}
