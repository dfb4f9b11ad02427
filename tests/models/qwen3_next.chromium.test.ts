// Parity of Qwen3-Next with Hugging Face Transformers, see tests/fixtures/make_experts.py.
import { describe, expect, it, vi } from 'vitest';
import { Graph, IGNORE_INDEX, Plan, type Device } from '../../engine/index';
import { qwen3Next } from '../../models/families/qwen3_next';
import { load } from '../../models/family/load';
import { Generator, SequenceGenerator, type GenerateOptions } from '../../models/index';
import about from '../fixtures/experts.json';
import { withDevice } from '../harness/device';
import { decoderParity } from './decoder_parity';
import { fixtureOf } from './family_fixture';
import { checkpointOf, folderOf } from './folders';

decoderParity(qwen3Next, about, 'experts.safetensors');

describe('Qwen3-Next', () => {
  let device: Device;
  withDevice((opened) => (device = opened), { empty: true });
  const { prompt, next } = about.families.qwen3_next.greedy;
  const open = async () => {
    const fixture = fixtureOf(about, qwen3Next.type, 'experts.safetensors');
    const files = {
      'config.json': fixture.config,
      'model.safetensors': checkpointOf(await fixture.weights()),
    };
    return load(folderOf(files), { device, families: [qwen3Next] });
  };
  const take = async (generator: Generator, ids: readonly number[], options: GenerateOptions = {}) => {
    const all: number[] = [];
    for await (const id of generator.generate(ids, { temperature: 0, tokens: 5, ...options })) all.push(id);
    return all;
  };

  it('gives each of a batch of unequal prompts what it gives it alone, and refuses several beams', async () => {
    using loaded = await open();
    const prompts = [prompt, [7], [...prompt, ...next.slice(0, 4)]];
    using alone = new Generator(device, loaded.model);
    const want: number[][] = [];
    for (const ids of prompts) want.push(await take(alone, ids));
    expect(want[0]).toEqual(next.slice(0, 5));
    expect(want[2]).toEqual(next.slice(4, 9));
    using batch = new SequenceGenerator(device, loaded.model, { end: 1, sentences: 3, beams: 1 });
    const found = await batch.generate(prompts, { tokens: 5, banned: [1] });
    expect(found.map(([{ ids }]) => ids)).toEqual(want);
    using beams = new SequenceGenerator(device, loaded.model, { end: 1, sentences: 1, beams: 2 });
    await expect(beams.generate([prompt], { tokens: 5 })).rejects.toThrow('Use one beam.');
  });

  it('goes on with a text from its state, and reads another from its beginning', async () => {
    using loaded = await open();
    using generator = new Generator(device, loaded.model);
    const longer = [...prompt, ...next.slice(0, 3), 9, 4];
    const want = await take(generator, longer);
    await take(generator, prompt, { tokens: 3 });
    const runs = vi.spyOn(Plan.prototype, 'run');
    expect(await take(generator, longer, { reuse: true })).toEqual(want);
    // All but the last token that was made, which nobody has read yet.
    expect(runs.mock.calls[0][1]?.position).toBe(prompt.length + 2);
    runs.mockRestore();
    // Nothing of these is the state of: a text that ends earlier, and one that parts from it.
    await take(generator, longer);
    expect(await take(generator, prompt, { reuse: true })).toEqual(next.slice(0, 5));
    const other = [...prompt, next[0], 46, 2];
    await take(generator, longer);
    const parted = await take(generator, other, { reuse: true });
    expect(parted).toEqual(await take(generator, other));
  });

  it('learns from texts that are padded on the right what it learns from each alone', async () => {
    using loaded = await open();
    const lossOf = async (rows: readonly (readonly number[])[], length: number): Promise<number> => {
      const g = new Graph(device);
      const shape = [rows.length, length] as const;
      const loss = loaded.model.loss(g, g.input('ids', shape, 'u32'), g.input('labels', shape, 'u32'));
      using plan = await g.compile({ loss });
      const put = (filler: number, shift: number): Uint32Array =>
        Uint32Array.from({ length: rows.length * length }, (_, i) => {
          const row = rows[Math.floor(i / length)];
          const t = (i % length) + shift;
          return t < row.length - 1 + shift ? row[t] : filler;
        });
      plan.run({ ids: put(3, 0), labels: put(IGNORE_INDEX, 1) });
      return (await plan.read('loss'))[0];
    };
    const [short, long] = [prompt, [...prompt, ...next]];
    const each = [await lossOf([short], short.length - 1), await lossOf([long], long.length - 1)];
    const counts = [short.length - 1, long.length - 1];
    const mean = (each[0] * counts[0] + each[1] * counts[1]) / (counts[0] + counts[1]);
    expect(await lossOf([short, long], long.length - 1)).toBeCloseTo(mean, 5);
  });
});
