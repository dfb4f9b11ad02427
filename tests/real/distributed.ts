// One side of distributed.py: begins a training of the fixture gpt-small, and goes on with it after PyTorch.
// Run: npm run node -- tests/real/distributed.ts begin|end FOLDER
import { existsSync, mkdirSync, openAsBlob, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AdamW, Device, nextToken, safetensorsBlob, Trainer } from '../../engine/index';
import { gpt2, load } from '../../models/index';
import about from '../fixtures/gpt-small.json';
import { fixtureTensors, type FixtureTensor } from '../fixtures/load';

const { B, T } = about.shape;
const { learningRate: lr, beta1, beta2, epsilon, weightDecay, clipNorm: clip } = about.adamw;

export async function main([which, folder]: readonly string[]): Promise<void> {
  const tensors = await fixtureTensors('gpt-small.safetensors');
  const weights = Object.keys(about.parameters).map((name) => ({ name, ...(tensors.get(name) as Float) }));
  const file = safetensorsBlob(
    weights.map((one) => ({ ...one, dtype: 'F32' })),
    { format: 'pt' },
  );
  const config = new Blob([JSON.stringify(about.config)]);
  const files = new Map([
    ['config.json', config],
    ['model.safetensors', file],
  ]);
  using device = await Device.open();
  using loaded = await load((name) => Promise.resolve(files.get(name) ?? null), { device, families: [gpt2] });
  using trainer = await Trainer.create({
    ...{ device, model: loaded.model, objective: nextToken({ batch: B, length: T }) },
    ...{
      optimizer: new AdamW({ beta1, beta2, epsilon, weightDecay, clip }),
      schedule: { kind: 'constant', lr },
    },
  });
  const [ids, targets] = ['steps.ids', 'steps.targets'].map((name) => tensors.get(name)!);
  const batch = ({ data }: FixtureTensor, k: number): Uint32Array =>
    Uint32Array.from(data.slice(k * B * T, (k + 1) * B * T), (id) => (id < 0 ? 0xffff_ffff : id));
  const train = async (steps: number): Promise<void> => {
    for (let n = 0; n < steps; n++)
      trainer.submit((k) => ({ ids: batch(ids, k), targets: batch(targets, k) }));
    for (const { index, loss } of await trainer.losses())
      process.stdout.write(`${JSON.stringify({ step: index, loss })}\n`);
  };
  if (which === 'begin') {
    await train(4);
    mkdirSync(folder, { recursive: true });
    for (const [name, blob] of await loaded.saveTraining(await trainer.save()))
      writeFileSync(join(folder, name), new Uint8Array(await blob.arrayBuffer()));
    return;
  }
  const there = (name: string): Promise<Blob | null> =>
    existsSync(join(folder, name)) ? openAsBlob(join(folder, name)) : Promise.resolve(null);
  await trainer.load(await loaded.openTraining(there));
  await train(3);
}

type Float = FixtureTensor & { readonly data: Float32Array };
