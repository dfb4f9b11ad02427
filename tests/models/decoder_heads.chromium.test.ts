// Parity of the heads of decoder-only families with Hugging Face Transformers, see tests/fixtures/make_decoder_heads.py.
import { describe, expect, it } from 'vitest';
import { Device, Graph } from '../../engine/index';
import type { AnyFamily } from '../../models/family/family';
import * as heads from '../../models/families/decoder_heads';
import { load } from '../../models/family/load';
import answers from '../fixtures/decoder-answers.json';
import sequences from '../fixtures/decoder-sequences.json';
import tokens from '../fixtures/decoder-tokens.json';
import { openTestGpu } from '../harness/host';
import { fixtureOf } from './family_fixture';
import { checkpointOf, folderOf } from './folders';
import { headParity } from './head_parity';
import { relativeError } from './parity';

/** All families of a head, by the names of the fixture. */
const named = (head: string, end: string): Record<string, AnyFamily> =>
  Object.fromEntries(
    Object.entries(heads)
      .filter(([name]) => name.endsWith(end))
      .map(([, family]) => [`${family.type}-${head}`, family]),
  );

headParity(sequences, 'decoder-sequences.safetensors', named('sequence', 'ForSequenceClassification'));
headParity(tokens, 'decoder-tokens.safetensors', named('token', 'ForTokenClassification'));
headParity(answers, 'decoder-answers.safetensors', named('question', 'ForQuestionAnswering'));

describe('the class of a text', () => {
  const { B, T } = sequences.shape;
  const fixture = fixtureOf(sequences, 'opt-sequence', 'decoder-sequences.safetensors');
  /** Runs it over the fixture's texts, padded with `pad`; `changes` are of config.json. */
  const logitsOf = async (
    changes: object,
    pad: number,
    lengths: readonly number[] | null,
  ): Promise<Float32Array> => {
    using device = await Device.open({ gpu: openTestGpu() });
    const files = {
      'config.json': { ...fixture.config, ...changes },
      'model.safetensors': checkpointOf(await fixture.weights()),
    };
    const families = [heads.optForSequenceClassification];
    using loaded = await load(folderOf(files), { device, families });
    const g = new Graph(device);
    const given = lengths ? { lengths: g.input('lengths', [B], 'u32') } : {};
    const logits = loaded.model.forward(g, g.input('ids', [B, T], 'u32'), given);
    using plan = await g.compile({ logits });
    const all = (await fixture.tensors()).get('ids')!.data;
    const real = (i: number): boolean => i % T < sequences.lengths[Math.floor(i / T)];
    const ids = Uint32Array.from(all.slice(0, B * T), (id, i) => (real(i) ? id : pad));
    plan.run({ ids, ...(lengths && { lengths: Uint32Array.from(lengths) }) });
    return await plan.read('logits');
  };
  const wanted = async (): Promise<ArrayLike<number>> => (await fixture.tensors()).get('padded.logits')!.data;

  it('is read from the last token that is not padding', async () => {
    expect(relativeError(await logitsOf({}, 3, null), await wanted())).toBeLessThan(5e-6);
  });
  it('is read from the last of those that are real where no id is padding', async () => {
    const without = { pad_token_id: -1 };
    expect(relativeError(await logitsOf(without, 3, sequences.lengths), await wanted())).toBeLessThan(5e-6);
    expect(relativeError(await logitsOf(without, 3, null), await wanted())).toBeGreaterThan(0.1);
  });
  it('is refused where texts are padded with another id than the model says', async () => {
    await expect(logitsOf({}, 5, sequences.lengths)).rejects.toThrow(
      "row 1 is padded with id 5, but the model's padding is 3. Give pad: 3, or set pad_token_id.",
    );
  });
});
