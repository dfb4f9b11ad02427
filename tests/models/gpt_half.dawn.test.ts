// What GPT-2 and a Llama of Hugging Face give where all is stored as f16, which SwiftShader cannot: beside PyTorch's float32.
import { describe, expect, it } from 'vitest';
import { Graph, type Device } from '../../engine/index';
import { gpt2 } from '../../models/families/gpt2';
import { llama } from '../../models/families/llama';
import { load } from '../../models/index';
import { fixtureTensors } from '../fixtures/load';
import small from '../fixtures/gpt-small.json';
import modern from '../fixtures/gpt-modern.json';
import { withDevice } from '../harness/device';
import { feature } from '../harness/host';
import { checkpointOf, folderOf } from './folders';
import { relativeError } from './parity';

let device: Device;
withDevice((opened) => (device = opened), { empty: true });

describe.each([
  { name: 'gpt-small', family: gpt2, about: small },
  { name: 'gpt-modern', family: llama, about: modern },
] as const)('$name', ({ name, family, about }) => {
  const f16 = feature('shader-f16');
  it.skipIf(!f16)(`f16 storage stays near${f16 ? '' : ' (needs shader-f16)'}`, async () => {
    const tensors = await fixtureTensors(`${name}.safetensors`);
    const weights = new Map(Object.keys(about.parameters).map((key) => [key, tensors.get(key)!]));
    const { B, T } = about.shape;
    const files = { 'config.json': about.config, 'model.safetensors': checkpointOf(weights) };
    using loaded = await load(folderOf(files), { device, families: [family] });
    const g = new Graph(device, { storage: 'f16' });
    using plan = await g.compile({ logits: loaded.model.forward(g, g.input('ids', [B, T], 'u32')) });
    plan.run({ ids: Uint32Array.from(tensors.get('steps.ids')!.data.subarray(0, B * T)) });
    const error = relativeError(await plan.read('logits'), Float32Array.from(tensors.get('logits')!.data));
    expect(error).toBeLessThan(3e-3); // a few roundings of 2⁻¹¹ a layer
    expect(error).toBeGreaterThan(1e-5); // it did store f16
  });
});
