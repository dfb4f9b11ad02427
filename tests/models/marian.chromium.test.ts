// An unmodified Marian checkpoint: its logits, and Hugging Face's beam search id by id, see tests/fixtures/make_marian.py.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Device, Graph, openSafetensors, ParameterStore } from '../../engine/index';
import { EncoderDecoder } from '../../models/index';
import {
  pretrainedMarian,
  SequenceGenerator,
  type GenerateSequenceOptions,
  type PretrainedMarian,
} from '../../models/translation/index';
import { fixtureBytes } from '../fixtures/load';
import fixture from '../fixtures/marian.json';
import { openTestGpu } from '../harness/host';
import { relativeError } from './parity';

interface Case {
  readonly options: {
    readonly num_beams?: number;
    readonly length_penalty?: number;
    readonly early_stopping?: boolean | 'never';
    readonly no_repeat_ngram_size?: number;
    readonly bad_words_ids?: readonly (readonly number[])[];
    readonly forced_eos_token_id?: null;
    readonly max_length?: number;
  };
  readonly ids: readonly (readonly (readonly number[])[])[];
  readonly scores: readonly (readonly number[])[];
}
const { sources, target, config } = fixture;
const cases = fixture.cases as unknown as Readonly<Record<string, Case>>;

/** Our options for those of Hugging Face's generate. */
function optionsOf({ options: o }: Case, loaded: GenerateSequenceOptions): GenerateSequenceOptions {
  const { num_beams: beams = 4 } = o;
  return {
    ...loaded,
    mode: beams === 1 ? 'greedy' : 'beam',
    nBest: beams,
    ...{
      lengthPenalty: o.length_penalty,
      earlyStopping: o.early_stopping,
      noRepeatNgram: o.no_repeat_ngram_size,
    },
    ...(o.bad_words_ids && { banned: o.bad_words_ids }),
    ...(o.forced_eos_token_id === null && { forceEnd: false }),
    ...(o.max_length && { tokens: o.max_length - 1 }),
  };
}

let device: Device;
let store: ParameterStore;
let loaded: PretrainedMarian;
let model: EncoderDecoder;
beforeAll(async () => {
  device = await Device.open({ gpu: openTestGpu() });
  device.buffers.poison = 0x7fff7fff;
  const file = await openSafetensors(new Blob([(await fixtureBytes('marian.safetensors')).slice()]));
  loaded = pretrainedMarian(config, file);
  model = new EncoderDecoder(loaded.config);
  store = new ParameterStore(device, model, { init: 'none' });
  await store.load(loaded.weights, { where: 'marian.safetensors' });
});
afterAll(() => {
  store[Symbol.dispose]();
  device[Symbol.dispose]();
});

it('gives the logits of MarianMTModel', async () => {
  const [B, S, T] = [sources.length, Math.max(...sources.map(({ length }) => length)), target[0].length];
  const g = new Graph(device);
  const source = g.input('source', [B, S], 'u32');
  const logits = model.forward(g, source, g.input('lengths', [B], 'u32'), g.input('target', [B, T], 'u32'));
  using plan = await g.compile({ logits });
  const padded = new Uint32Array(B * S).fill(loaded.pad);
  sources.forEach((ids, b) => padded.set(ids, b * S));
  plan.run({
    source: padded,
    lengths: Uint32Array.from(sources, ({ length }) => length),
    target: Uint32Array.from(target.flat()),
  });
  expect(relativeError(await plan.read('logits'), fixture.logits)).toBeLessThan(2e-6);
});

describe('gives the hypotheses and scores of generate', () => {
  it.each([
    ['in one batch', 5],
    ['in groups', 2],
  ])('%s', async (_, sentences) => {
    using generator = new SequenceGenerator(device, model, { ...loaded.special, sentences, beams: 4 });
    for (const [name, one] of Object.entries(cases)) {
      const found = await generator.generate(sources, optionsOf(one, loaded.generation));
      for (const [i, list] of found.entries()) {
        expect(
          list.map(({ ids }) => ids),
          `${name}, sentence ${i}`,
        ).toEqual(one.ids[i]);
        if (list.length === 1) continue;
        for (const [j, { score }] of list.entries()) {
          expect(Math.abs(score - one.scores[i][j]), `${name}, sentence ${i}, rank ${j}`).toBeLessThan(1e-4);
        }
      }
    }
  });
});
