import { beforeAll, describe, expect, it } from 'vitest';
import { parameters, ShapeError, type Shape, type WeightSource } from '../engine/index';
import { fixtureTensors } from '../tests/fixtures/load';
import folders from '../tests/fixtures/folders.json';
import fixture from '../tests/fixtures/marian.json';
import { EncoderDecoder } from './encoder_decoder';
import { marianPositions } from './families/marian';
import { pretrainedMarian } from './pretrained_marian';

/** The tensors of marian.safetensors, as save_pretrained wrote it. */
let written: Readonly<Record<string, Shape>> = {};
beforeAll(async () => {
  const tensors = await fixtureTensors('marian.safetensors');
  written = Object.fromEntries([...tensors].map(([name, { shape }]) => [name, shape]));
});

/** A checkpoint of these tensors, all ones. */
const fileOf = (tensors: Readonly<Record<string, Shape>>): WeightSource => ({
  names: () => Object.keys(tensors),
  info: (name) => ({ shape: tensors[name] }),
  float32: (name) => Promise.resolve(new Float32Array(tensors[name].reduce((a, b) => a * b, 1)).fill(1)),
});
const without = (name: string): Record<string, Shape> =>
  Object.fromEntries(Object.entries(written).filter(([own]) => !own.includes(name)));
const anything = (): WeightSource => fileOf(written);

describe('pretrainedMarian', () => {
  it.each<[object, (tensors: Record<string, Shape>) => Record<string, Shape>]>([
    [{}, (tensors) => tensors],
    [
      { share_encoder_decoder_embeddings: false, decoder_vocab_size: 45 },
      ({ 'model.shared.weight': shared, ...rest }) => ({
        ...rest,
        'model.encoder.embed_tokens.weight': shared,
        'model.decoder.embed_tokens.weight': [45, 16],
        final_logits_bias: [1, 45],
      }),
    ],
    [{ tie_word_embeddings: false }, (tensors) => ({ ...tensors, 'lm_head.weight': [41, 16] })],
  ])('names the weights of the model that it describes: %o', (more, change) => {
    const file = fileOf(change({ ...written }));
    const { config, weights } = pretrainedMarian({ ...fixture.config, ...more }, file);
    const own = parameters(new EncoderDecoder(config));
    expect([...weights.names()].sort()).toEqual([...own.keys()].sort());
    for (const [name, { shape }] of own) expect(weights.info(name).shape, name).toEqual(shape);
  });

  it('takes copies of tied tables, positions, no bias, wrappers and the inner model', async () => {
    const table = [41, 16];
    const copies = { 'model.decoder.embed_tokens.weight': table, 'lm_head.weight': table };
    const positions = { 'model.encoder.embed_positions.weight': [20, 16] };
    const open = (tensors: Record<string, Shape>) =>
      pretrainedMarian(fixture.config, fileOf(tensors)).weights;
    const whole = open({ ...written, ...copies, ...positions });
    expect(await whole.float32('tokens.weight')).toHaveLength(41 * 16);
    expect(new Set(await whole.float32('sourcePositions.weight'))).toEqual(new Set([1]));
    expect(await whole.float32('targetPositions.weight')).toEqual(marianPositions(20, 16));
    const bare = Object.fromEntries(
      Object.entries(without('final')).map(([name, shape]) => [name.replace('model.', 'module.'), shape]),
    );
    const norms = Object.fromEntries(
      Object.entries(written)
        .filter(([name]) => name.includes('final_layer_norm'))
        .map(([name, shape]) => [name.replace('model.', 'module.'), shape]),
    );
    expect(new Set(await open({ ...bare, ...norms }).float32('head.bias'))).toEqual(new Set([0]));
  });

  it('checks every shape and leaves nothing over', () => {
    for (const [name, shape] of Object.entries(written)) {
      for (const wrong of [
        [...shape, 1],
        [shape[0] + 1, ...shape.slice(1)],
      ]) {
        const open = () => pretrainedMarian(fixture.config, fileOf({ ...written, [name]: wrong }));
        expect(open, name).toThrow(ShapeError);
        expect(open, name).toThrow(
          `Marian checkpoint: ${name} is (${wrong.join(', ')}) there, but config.json`,
        );
      }
    }
    const more = { ...written, 'model.encoder.layers.2.fc1.weight': [24, 16] };
    expect(() => pretrainedMarian(fixture.config, fileOf(more))).toThrow(
      '1 tensor has no place in this model (model.encoder.layers.2.fc1.weight)',
    );
    // The numbers of q are enough for k, but not its shape.
    const fewer: Record<string, Shape> = {
      ...written,
      'model.encoder.layers.0.self_attn.q_proj.weight': [8, 16],
    };
    fewer['model.encoder.layers.0.self_attn.k_proj.weight'] = [24, 16];
    expect(() => pretrainedMarian(fixture.config, fileOf(fewer))).toThrow('q_proj.weight is (8, 16) there');
  });

  it('reads both files as the newest Transformers writes them', () => {
    const { config, generation } = folders.marian;
    const { generation: read, special } = pretrainedMarian(config, anything(), generation);
    expect(read).toEqual(pretrainedMarian(fixture.config, anything()).generation);
    expect(special).toEqual({ begin: 40, end: 0 });
    // Without it, nothing tells of beams and bans: Transformers decodes greedily then.
    expect(pretrainedMarian(config, anything()).generation).toMatchObject({ mode: 'greedy', banned: [] });
    const more = {
      ...generation,
      renormalize_logits: true,
      suppress_tokens: [5],
      bad_words_ids: [[40], [0]],
    };
    expect(pretrainedMarian(config, anything(), { ...more, eos_token_id: [0] }).generation).toMatchObject({
      ...{ beams: 4, tokens: 14, forceEnd: true, renormalize: true, banned: [[40], 5] },
    });
    const { forced_eos_token_id: _, ...unforced } = generation;
    expect(pretrainedMarian(config, anything(), unforced).generation.forceEnd).toBe(false);
    const { decoder_start_token_id: start, pad_token_id: pad, eos_token_id: end, ...rest } = generation;
    expect([start, pad, end]).toEqual([40, 40, 0]);
    expect(pretrainedMarian(config, anything(), rest).special).toEqual(special);
    expect(() => pretrainedMarian(config, anything(), { ...generation, eos_token_id: [0, 4] })).toThrow(
      'generation_config.json: eos_token_id is [0,4]',
    );
  });

  it('reads how to decode', () => {
    const { special, generation, config } = pretrainedMarian(fixture.config, anything());
    expect(special).toEqual({ begin: 40, end: 0 });
    expect(generation).toEqual({ beams: 4, tokens: 14, forceEnd: true, banned: [[40]] });
    const read = (more: object) => pretrainedMarian({ ...fixture.config, ...more }, anything()).generation;
    expect(read({ early_stopping: true, no_repeat_ngram_size: 3 })).toMatchObject({
      earlyStopping: true,
      noRepeatNgram: 3,
    });
    expect(read({ early_stopping: 'never', forced_eos_token_id: undefined })).toMatchObject({
      earlyStopping: 'never',
      forceEnd: true,
    });
    expect(read({ forced_eos_token_id: null }).forceEnd).toBe(false);
    expect(read({ num_beams: 1 })).toMatchObject({ mode: 'greedy' });
    expect(read({ num_beams: 1, do_sample: true, top_k: 3 })).toMatchObject({ mode: 'sample', topK: 3 });
    expect(read({ max_new_tokens: 5 }).tokens).toBe(5);
    expect(read({ min_length: 4 }).minTokens).toBe(3); // it counts what targets begin with
    expect(read({ min_length: 4, min_new_tokens: 6 }).minTokens).toBe(6);
    expect(read({ forced_bos_token_id: 3 }).forceBegin).toBe(3);
    expect(read({ repetition_penalty: 1.2 }).repetitionPenalty).toBe(1.2);
    expect(config).toMatchObject({ padding: 40, positions: 'frozen', outputBias: 'frozen' });
  });

  it('refuses what would change numbers, and what is missing', () => {
    const open = (more: object) => () => pretrainedMarian({ ...fixture.config, ...more }, anything());
    expect(open({ model_type: 'bart' })).toThrow('model_type is "bart". pretrainedMarian loads "marian"');
    expect(open({ decoder_attention_heads: 4 })).toThrow('decoder_attention_heads is 4');
    expect(open({ decoder_ffn_dim: 48 })).toThrow('decoder_ffn_dim is 48');
    expect(open({ normalize_before: true })).toThrow('normalize_before is true');
    expect(open({ forced_eos_token_id: 3 })).toThrow('forced_eos_token_id is 3');
    expect(open({ activation_function: 'tanhshrink' })).toThrow('activation_function is "tanhshrink"');
    expect(open({ encoder_layerdrop: 0.1 })).toThrow('encoder_layerdrop is 0.1. Heed drops no layers of it');
    expect(open({ architectures: ['MarianForCausalLM'] })).toThrow('architectures is ["MarianForCausalLM"]');
    expect(open({ do_sample: true })).toThrow('num_beams is 4');
    expect(open({ min_length: 3.5 })).toThrow('min_length is 3.5');
    expect(open({ forced_bos_token_id: 41 })).toThrow('forced_bos_token_id is 41');
    expect(open({ encoder_no_repeat_ngram_size: 3 })).toThrow('encoder_no_repeat_ngram_size is 3');
    const part = fileOf(without('fc1'));
    expect(() => pretrainedMarian(fixture.config, part)).toThrow(
      'Marian checkpoint: 8 tensors are missing (model.encoder.layers.0.fc1.weight',
    );
  });

  it('has the sines first, then the cosines', () => {
    const table = marianPositions(3, 4);
    const want = [0, 0, 1, 1, Math.sin(1), Math.sin(0.01), Math.cos(1), Math.cos(0.01)];
    for (const [i, x] of want.entries()) expect(table[i]).toBeCloseTo(x, 6);
  });
});
