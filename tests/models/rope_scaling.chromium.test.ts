// Llama checkpoints whose config.json scales RoPE: logits beside transformers', read twice as far as trained and more.
import { afterAll, beforeAll, describe, it } from 'vitest';
import { Device, Graph, ParameterStore, type WeightSource } from '../../engine/index';
import { GPT, pretrainedGPT } from '../../models/index';
import { fixtureTensors, type FixtureTensor } from '../fixtures/load';
import fixture from '../fixtures/positions.json';
import { assertClose } from '../harness/close';
import { openTestGpu } from '../harness/host';

describe('rope_scaling of config.json', () => {
  let device: Device;
  let tensors: Map<string, FixtureTensor>;
  beforeAll(async () => {
    device = await Device.open({ gpu: openTestGpu() });
    tensors = await fixtureTensors('gpt-modern.safetensors');
  });
  afterAll(() => device[Symbol.dispose]());

  it.each(fixture.models)('$config.rope_scaling.rope_type', async ({ config, logits }) => {
    const source: WeightSource = {
      names: () => [...tensors.keys()].filter((name) => /^(model|lm_head)\./.test(name)),
      info: (name) => ({ shape: tensors.get(name)!.shape }),
      float32: (name) => Promise.resolve(Float32Array.from(tensors.get(name)!.data)),
    };
    const [B, T] = tensors.get('ids')!.shape;
    const loaded = pretrainedGPT(config, source);
    const model = new GPT({ ...loaded.config, context: T });
    using store = new ParameterStore(device, model, { init: 'none' });
    await store.load(loaded.weights);
    const g = new Graph(device);
    const ids = Uint32Array.from(tensors.get('ids')!.data);
    using plan = await g.compile({ logits: model.forward(g, g.input('ids', [B, T], 'u32')) });
    plan.run({ ids });
    const all = await plan.read('logits');
    const V = loaded.config.vocabulary;
    const last = Array.from({ length: B }, (_, b) => [...all.subarray((b * T + T - 1) * V, (b + 1) * T * V)]);
    assertClose('logits', last.flat(), logits.data, [B, V], { epsilon: 2 ** -23, terms: 83 });
  });
});
