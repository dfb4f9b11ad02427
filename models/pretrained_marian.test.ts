import { describe, expect, it } from 'vitest';
import { parameters, type WeightSource } from '../engine/index';
import fixture from '../tests/fixtures/marian.json';
import { EncoderDecoder } from './encoder_decoder';
import { marianPositions, pretrainedMarian } from './pretrained_marian';

/** Says that it has all that it is asked for. */
function anything(names: (name: string) => boolean = () => true): WeightSource {
  const { config } = fixture;
  const all = [
    'model.shared.weight',
    'model.encoder.embed_tokens.weight',
    'model.decoder.embed_tokens.weight',
  ];
  all.push('lm_head.weight', 'final_logits_bias');
  for (const side of ['encoder', 'decoder']) {
    for (let i = 0; i < config.encoder_layers; i++) {
      const owners = side === 'encoder' ? ['self_attn'] : ['self_attn', 'encoder_attn'];
      for (const what of ['weight', 'bias']) {
        const at = `model.${side}.layers.${i}`;
        for (const owner of owners) {
          for (const letter of ['q', 'k', 'v', 'out']) all.push(`${at}.${owner}.${letter}_proj.${what}`);
          all.push(`${at}.${owner}_layer_norm.${what}`);
        }
        for (const one of ['fc1', 'fc2', 'final_layer_norm']) all.push(`${at}.${one}.${what}`);
      }
    }
  }
  return {
    names: () => all.filter(names),
    info: () => ({ shape: [1] }),
    float32: () => Promise.resolve(new Float32Array(1)),
  };
}

describe('pretrainedMarian', () => {
  it.each([
    {},
    { share_encoder_decoder_embeddings: false, decoder_vocab_size: 33 },
    { tie_word_embeddings: false },
  ])('names the weights of the model that it describes: %o', (more) => {
    const { config, weights } = pretrainedMarian({ ...fixture.config, ...more }, anything());
    expect([...weights.names()].sort()).toEqual([...parameters(new EncoderDecoder(config)).keys()].sort());
  });

  it('reads how to decode', () => {
    const { special, generation } = pretrainedMarian(fixture.config, anything());
    expect(special).toEqual({ begin: 40, end: 0, pad: 40 });
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
  });

  it('refuses what would change numbers, and what is missing', () => {
    const open = (more: object) => () => pretrainedMarian({ ...fixture.config, ...more }, anything());
    expect(open({ model_type: 'bart' })).toThrow('model_type is "bart". pretrainedMarian loads "marian"');
    expect(open({ decoder_attention_heads: 4 })).toThrow('decoder_attention_heads is 4');
    expect(open({ decoder_ffn_dim: 48 })).toThrow('decoder_ffn_dim is 48');
    expect(open({ normalize_before: true })).toThrow('normalize_before is true');
    expect(open({ forced_eos_token_id: 3 })).toThrow('forced_eos_token_id is 3');
    expect(open({ repetition_penalty: 1.2 })).toThrow('repetition_penalty is 1.2');
    expect(open({ activation_function: 'tanhshrink' })).toThrow('activation_function is "tanhshrink"');
    const part = anything((name) => !name.includes('fc1'));
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
