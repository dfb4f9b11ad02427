// Parity of ViT and DeiT with GPT-2 with Hugging Face Transformers, see tests/fixtures/make_vision_encoder_decoder.py.
import { expect, it } from 'vitest';
import { AdamW, caption, ImageBatches, Run, type Device } from '../../engine/index';
import {
  Generator,
  load,
  sequenceOptions,
  SequenceGenerator,
  visionEncoderDecoder,
} from '../../models/index';
import { withDevice } from '../harness/device';
import { parity } from './family_parity';
import { folderOf } from './folders';
import {
  about,
  captionerFiles,
  captionerFixture,
  sources,
  type CaptionerName,
} from './vision_encoder_decoder_fixture';

let device: Device;
withDevice((opened) => (device = opened), { empty: true });
const families = [visionEncoderDecoder];
const names = ['vit', 'deit'] as const;

for (const name of names)
  parity(visionEncoderDecoder, { ...captionerFixture(name), device: () => Promise.resolve(device) });

interface Case {
  readonly generation: Readonly<Record<string, unknown>>;
  readonly ids: readonly (readonly (readonly number[])[])[];
  readonly scores: readonly (readonly number[])[];
}
const casesOf = (name: CaptionerName): Readonly<Record<string, Case>> => about.families[name].cases;

it.each(names)('%s finds what generate finds of pictures, greedy and with beams', async (name) => {
  for (const [what, { generation, ids, scores }] of Object.entries(casesOf(name))) {
    using loaded = await load(folderOf(await captionerFiles(name, generation)), { device, families });
    const { special, generation: options } = sequenceOptions(loaded);
    using generator = new SequenceGenerator(device, loaded.model, { ...special, sentences: 3, beams: 4 });
    const found = await generator.generate(sources(), options);
    for (const [i, list] of found.entries()) {
      expect(
        list.map((one) => one.ids),
        `${what}, picture ${i}`,
      ).toEqual(ids[i]);
      if (list.length === 1) continue;
      for (const [j, { score }] of list.entries())
        expect(Math.abs(score - scores[i][j]), `${what}, picture ${i}, rank ${j}`).toBeLessThan(1e-4);
    }
  }
});

it('captions are streamed token by token, and each picture has its own', async () => {
  const { generation, ids } = casesOf('vit').greedy;
  using loaded = await load(folderOf(await captionerFiles('vit', generation)), { device, families });
  const { special } = sequenceOptions(loaded);
  using generator = new Generator(device, loaded.model, special);
  for (const [i, source] of sources().entries()) {
    const made: number[] = [];
    const choice = { tokens: 11, noRepeatNgram: 2, temperature: 0 };
    for await (const id of generator.generate(source, choice)) made.push(id);
    expect(made, `picture ${i}`).toEqual(ids[i][0]);
  }
});

it("config.json's decoder says how to generate where nothing else does", async () => {
  const { decoder, ids } = about.families.vit.inner;
  const files = await captionerFiles('vit');
  const config = {
    ...files['config.json'],
    decoder: { ...(files['config.json'].decoder as object), ...decoder },
  };
  using loaded = await load(folderOf({ ...files, 'config.json': config }), { device, families });
  const { special, generation } = sequenceOptions(loaded);
  expect([special.end, generation.beams, generation.tokens]).toEqual([30, 2, 5]);
  using generator = new SequenceGenerator(device, loaded.model, { ...special, sentences: 3, beams: 2 });
  const found = await generator.generate(sources(), generation);
  expect(found.map((list) => list.map((one) => one.ids))).toEqual(ids);
});

it('learns captions of its own pictures, some of whose words are hidden from it', async () => {
  using loaded = await load(folderOf(await captionerFiles('vit')), { device, families });
  const { model } = loaded;
  const wanted = [
    [5, 9, 4],
    [8, 7],
    [6, 5, 4, 3],
  ];
  const rows = sources().map((pixels, i) => ({ pixels, caption: wanted[i] }));
  const batches = new ImageBatches(rows, { size: [15, 13], batch: 3 });
  const special = { begin: 1, end: 2 };
  const objective = caption(batches, { ...special, length: 5, hidden: { id: 0, probability: 0.3 } });
  using run = await Run.create({ device, model, objective, optimizer: new AdamW(), schedule: 1e-2 });
  const at = (k: number) => batches.at(k);
  const before = await run.trainer.evaluate([at(0)]);
  await run.fit({ steps: 40, batches: at });
  const after = await run.trainer.evaluate([at(0)]);
  expect(before).toBeGreaterThan(2);
  expect(after).toBeLessThan(0.1);
  using generator = new SequenceGenerator(device, model, { ...special, sentences: 3, beams: 1 });
  const found = await generator.generate(sources(), { mode: 'greedy', tokens: 6 });
  expect(found.map(([{ ids }]) => ids)).toEqual(wanted);
});

it('pictures that cannot be read are refused', async () => {
  using loaded = await load(folderOf(await captionerFiles('vit')), { device, families });
  const special = { begin: 1, end: 2 };
  using generator = new SequenceGenerator(device, loaded.model, { ...special, sentences: 2, beams: 1 });
  await expect(generator.generate([[1, 2, 3]])).rejects.toThrow(
    'sentence 0 is no Float32Array, not 585 numbers',
  );
  await expect(generator.generate([new Float32Array(584)])).rejects.toThrow('584 numbers, not 585');
  const broken = new Float32Array(585).fill(1);
  broken[9] = NaN;
  await expect(generator.generate([broken])).rejects.toThrow('sentence 0 holds NaN at index 9');
  const sized = { ...special, source: 9 };
  expect(() => new SequenceGenerator(device, loaded.model, sized)).toThrow('3 × 15 × 13 numbers');
});

const refused: [object, string][] = [
  [{ encoder: { model_type: 'swin' } }, 'model_type of encoder is "swin"'],
  [{ decoder: { model_type: 'bert' } }, 'model_type of decoder is "bert"'],
  [{ decoder: { add_cross_attention: false } }, 'add_cross_attention is false'],
  [{ decoder: { is_decoder: false } }, 'is_decoder is false'],
  [{ decoder: { cross_attention_hidden_size: 20 } }, 'cross_attention_hidden_size is 20'],
  [{ decoder: { scale_attn_by_inverse_layer_idx: true } }, 'scale_attn_by_inverse_layer_idx is true'],
  [{ encoder: { hidden_act: 'mish' } }, 'hidden_act is "mish"'],
  [{ encoder: { hidden_size: 24 } }, 'enc_to_dec_proj'],
  [{ tie_encoder_decoder: true }, 'tie_encoder_decoder is true'],
  [{ architectures: ['SpeechEncoderDecoderModel'] }, 'SpeechEncoderDecoderModel'],
];
it.each(refused)('%j is refused', async (changes, why) => {
  const files = await captionerFiles('vit');
  const config = { ...files['config.json'] } as Record<string, unknown>;
  for (const [key, value] of Object.entries(changes) as [string, unknown][]) {
    const inner = typeof value === 'object' && !Array.isArray(value);
    config[key] = inner ? { ...(config[key] as object), ...(value as object) } : value;
  }
  const opened = load(folderOf({ ...files, 'config.json': config }), { device, families });
  await expect(opened).rejects.toThrow(why);
});
