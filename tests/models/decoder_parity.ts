/** The whole test of a decoder-only family: what every family shows, and that caches go on as Transformers does. */
import { expect, it } from 'vitest';
import { Device } from '../../engine/index';
import type { DecoderFamily } from '../../models/families/decoder_parts';
import { load } from '../../models/family/load';
import { Generator } from '../../models/generation/generator';
import type { FixtureName } from '../fixtures/load';
import { openTestGpu } from '../harness/host';
import { fixtureOf, type About } from './family_fixture';
import { parity } from './family_parity';
import { checkpointOf, folderOf } from './folders';

/** The json of such a fixture. */
export interface DecodersAbout extends About {
  readonly families: About['families'] &
    Readonly<
      Record<
        string,
        { readonly greedy: { readonly prompt: readonly number[]; readonly next: readonly number[] } }
      >
    >;
}

export function decoderParity(family: DecoderFamily, about: DecodersAbout, file: FixtureName): void {
  const fixture = fixtureOf(about, family.type, file);
  parity(family, fixture);

  it(`${family.title} goes on with a text through caches as Transformers does`, async () => {
    using device = await Device.open({ gpu: openTestGpu() });
    const files = {
      'config.json': fixture.config,
      'model.safetensors': checkpointOf(await fixture.weights()),
    };
    using loaded = await load(folderOf(files), { device, families: [family] });
    using generator = new Generator(device, loaded.model);
    const { prompt, next } = about.families[family.type].greedy;
    const ids: number[] = [];
    for await (const id of generator.generate(prompt, { temperature: 0, tokens: 10 })) ids.push(id);
    expect(ids).toEqual(next);
  });
}
