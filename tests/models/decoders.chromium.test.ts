// Parity of decoder-only families with Hugging Face Transformers, see tests/fixtures/make_decoders.py.
import { bloom } from '../../models/families/bloom';
import { gemma, gemma2 } from '../../models/families/gemma';
import { gptNeox } from '../../models/families/gpt_neox';
import { mistral } from '../../models/families/mistral';
import { opt } from '../../models/families/opt';
import { phi } from '../../models/families/phi';
import { phi3 } from '../../models/families/phi3';
import { qwen2 } from '../../models/families/qwen2';
import { qwen3 } from '../../models/families/qwen3';
import { expect, it } from 'vitest';
import { Device } from '../../engine/index';
import { load } from '../../models/family/load';
import { Generator } from '../../models/generation/generator';
import { openTestGpu } from '../harness/host';
import { checkpointOf, folderOf } from './folders';
import about from '../fixtures/decoders.json';
import { fixtureOf } from './family_fixture';
import { parity } from './family_parity';

for (const family of [mistral, qwen2, qwen3, gemma, gemma2, phi, phi3, gptNeox, opt, bloom]) {
  const fixture = fixtureOf(about, family.type, 'decoders.safetensors');
  parity(family, fixture);

  it(`${family.title} goes on with a text through caches as Transformers does`, async () => {
    using device = await Device.open({ gpu: openTestGpu() });
    const files = {
      'config.json': fixture.config,
      'model.safetensors': checkpointOf(await fixture.weights()),
    };
    using loaded = await load(folderOf(files), { device, families: [family] });
    using generator = new Generator(device, loaded.model);
    const { prompt, next } = about.families[family.type as keyof typeof about.families].greedy;
    const ids: number[] = [];
    for await (const id of generator.generate(prompt, { temperature: 0, tokens: 10 })) ids.push(id);
    expect(ids).toEqual(next);
  });
}
