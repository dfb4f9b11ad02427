// Parity of BERT's kin with Hugging Face Transformers, see tests/fixtures/make_encoders.py.
import { expect, it } from 'vitest';
import { Device, Graph } from '../../engine/index';
import { distilbert } from '../../models/families/distilbert';
import { roberta, xlmRoberta } from '../../models/families/roberta';
import { load } from '../../models/family/load';
import about from '../fixtures/encoders.json';
import { openTestGpu } from '../harness/host';
import { fixtureOf } from './family_fixture';
import { parity } from './family_parity';
import { checkpointOf, folderOf } from './folders';
import { relativeError } from './parity';

for (const family of [roberta, xlmRoberta, distilbert]) {
  const fixture = {
    ...fixtureOf(about, family.type, 'encoders.safetensors'),
    noisy: /attention\.qkv\.bias$/, // a bias of keys moves all scores of a row alike
  };
  parity(family, fixture);

  it(`${family.title} with padding equals PyTorch`, async () => {
    using device = await Device.open({ gpu: openTestGpu() });
    const { B, T, V } = about.shape;
    const files = {
      'config.json': fixture.config,
      'model.safetensors': checkpointOf(await fixture.weights()),
    };
    using loaded = await load(folderOf(files), { device, families: [family] });
    const g = new Graph(device);
    const lengths = g.input('lengths', [B], 'u32');
    const logits = loaded.model.forward(g, g.input('ids', [B, T], 'u32'), { lengths });
    using plan = await g.compile({ logits });
    const tensors = await fixture.tensors();
    const ids = Uint32Array.from(tensors.get('ids')!.data.slice(0, B * T));
    plan.run({ ids, lengths: Uint32Array.from(about.lengths) });
    const [got, want] = [await plan.read('logits'), tensors.get('padded.logits')!.data];
    for (const [b, length] of about.lengths.entries()) {
      const rows = (data: Float32Array | Int32Array) => data.slice(b * T * V, (b * T + length) * V);
      expect(relativeError(rows(got), rows(want)), `text ${b}`).toBeLessThan(5e-6);
    }
  });
}
