// Parity of T5, T5 1.1 and mT5 with Hugging Face Transformers, see tests/fixtures/make_seq2seq.py; an example of docs/models.md.
import { afterAll, describe, expect, it } from 'vitest';
import { Device } from '../../engine/index';
import { mt5, t5 } from '../../models/families/t5';
import about from '../fixtures/seq2seq-t5.json';
import { summarise } from '../docs/summarise';
import { openTestGpu } from '../harness/host';
import { fixtureOf } from './family_fixture';
import { checkpointOf, folderOf } from './folders';
import { expectDropping, seq2seqParity } from './seq2seq_parity';

let opened: Promise<Device> | null = null;
const device = (): Promise<Device> => (opened ??= Device.open({ gpu: openTestGpu() }));
afterAll(async () => (await device())[Symbol.dispose]());

describe.each([
  ['t5', t5],
  ['t5-v1.1', t5],
  ['mt5', mt5],
] as const)('%s', (name, family) => {
  const fixture = { ...fixtureOf(about, name, 'seq2seq-t5.safetensors'), device };
  seq2seqParity(family, fixture, about.families[name].generated);
  if (name === 't5') expectDropping(family, fixture, about.dropping.t5);
});

it('the guide: the two best texts of each source', async () => {
  const { sources, cases } = about.families.t5.generated;
  const folder = folderOf({
    'config.json': about.families.t5.config,
    'generation_config.json': cases.settings.generation,
    'model.safetensors': checkpointOf(await fixtureOf(about, 't5', 'seq2seq-t5.safetensors').weights()),
  });
  const settings = sources.map((ids) => Uint32Array.from(ids));
  for (const [i, list] of (await summarise(await device(), folder, settings)).entries()) {
    expect(list).toHaveLength(2);
    // min_length is a limit that no hypothesis of these touches, so the example's own finds the same.
    expect(list.map(({ ids }) => ids)).toEqual(cases.settings.ids[i].slice(0, 2));
    expect(list[0].score).toBeGreaterThan(list[1].score);
  }
});
