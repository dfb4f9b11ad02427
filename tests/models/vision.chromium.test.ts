// Parity of ViT and DeiT with Hugging Face Transformers, see tests/fixtures/make_vision.py.
import { expect, it } from 'vitest';
import { Graph, meanSquaredError, resizeTable, type Device } from '../../engine/index';
import * as deit from '../../models/families/deit';
import * as vit from '../../models/families/vit';
import type { VisionEncoder } from '../../models/vision_encoder';
import { load } from '../../models/family/load';
import { fixtureTensors } from '../fixtures/load';
import { normalTensor } from '../fixtures/portable';
import about from '../fixtures/vision.json';
import { withDevice } from '../harness/device';
import { checkpointOf, folderOf } from './folders';
import { parity, type FamilyFixture } from './family_parity';
import { relativeError } from './parity';
import { visionFixture } from './vision_fixture';

let device: Device;
withDevice((opened) => (device = opened), { empty: true });
const shared = { device: (): Promise<Device> => Promise.resolve(device) };
/** Of a pooler's row. */
const pooled: Pick<FamilyFixture, 'loss'> = {
  loss: (model: VisionEncoder, g: Graph, { pixels, labels }) =>
    meanSquaredError(g, model.forward(g, pixels), labels),
};

parity(vit.vitForImageClassification, { ...visionFixture('vit-sequence'), ...shared });
parity(vit.vitForImageClassification, { ...visionFixture('vit-several'), ...shared });
parity(vit.vitModel, { ...visionFixture('vit-model'), ...shared, ...pooled });
parity(deit.deitForImageClassification, { ...visionFixture('deit-sequence'), ...shared });
parity(deit.deitForImageClassificationWithTeacher, { ...visionFixture('deit-teacher'), ...shared });
parity(deit.deitModel, { ...visionFixture('deit-model'), ...shared, ...pooled });

it('positions on other grids are those of torch', async () => {
  const expected = await fixtureTensors('vision.safetensors');
  const names = [...expected.keys()].filter((name) => name.startsWith('resized/'));
  expect(names).toHaveLength(6);
  for (const name of names) {
    const [, filter, h, w] = /(\w+) (\d) x (\d)$/.exec(name)!;
    const g = new Graph(device);
    const to = [Number(h), Number(w)] as const;
    const options = { from: [3, 4], to, filter: filter as 'bicubic' } as const;
    const y = resizeTable(g, g.input('table', [12, 5], 'f32'), options);
    using plan = await g.compile({ y });
    plan.run({ table: normalTensor('table', [12, 5], 1, about.seed) });
    expect(relativeError(await plan.read('y'), expected.get(name)!.data), name).toBeLessThan(2e-7);
  }
});

it('larger images are read with positions on their grid', async () => {
  const { config, weights } = visionFixture('vit-sequence');
  const files = { 'config.json': config, 'model.safetensors': checkpointOf(await weights()) };
  using loaded = await load(folderOf(files), { device, families: [vit.vitForImageClassification] });
  const shape = [about.shape.B, 3, 21, 16];
  const g = new Graph(device);
  const pixels = g.input('pixels', shape, 'f32');
  const h = new Graph(device);
  const large = h.input('large', shape, 'f32');
  const small = h.input('small', [1, 3, 3, 9], 'f32');
  expect(() => loaded.model.forward(h, large)).toThrow('images are 21 × 16 pixels. Give (B, 3, 15, 13)');
  expect(() => loaded.model.forward(h, small, { resizePositions: true })).toThrow(
    'images of 3 × 9 pixels have no patch of 4 × 3',
  );
  const logits = loaded.model.forward(g, pixels, { resizePositions: true });
  using plan = await g.compile({ logits });
  plan.run({ pixels: normalTensor('pixels.21', shape, 1, about.seed) });
  const { data } = (await fixtureTensors('vision.safetensors')).get('larger')!;
  expect(relativeError(await plan.read('logits'), data)).toBeLessThan(5e-6);
});
