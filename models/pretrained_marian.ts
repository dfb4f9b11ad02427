/**
 * Marian translation models from Hugging Face (Helsinki-NLP/opus-mt-…) as they are: reads `config.json` and gives the
 * weights under this library's names. Nothing is converted beforehand.
 */
import { DataError, type Shape, type WeightSource } from '../engine/index';
import {
  completeEncoderDecoder,
  type CompleteEncoderDecoderConfig,
  type EncoderDecoderConfig,
} from './encoder_decoder_config';
import { activationIn, numberIn, refuse, type Json } from './pretrained_config';
import type { GenerateSequenceOptions } from './sequence_generator_options';

export interface PretrainedMarian {
  readonly config: EncoderDecoderConfig;
  readonly weights: WeightSource;
  /** What a `SequenceGenerator` needs: Marian's targets begin with padding. */
  readonly special: { readonly begin: number; readonly end: number; readonly pad: number };
  /** What config.json says about decoding, and Marian's generate does. */
  readonly generation: GenerateSequenceOptions;
}

interface Entry {
  readonly shape: Shape;
  /** Rows of these follow each other. */
  readonly parts: readonly string[];
}

/**
 * What `config` (a parsed config.json) and `source` (its safetensors) make. Throws `DataError` on other model types, on
 * missing tensors and on settings that would change the numbers silently.
 */
export function pretrainedMarian(json: Json, source: WeightSource): PretrainedMarian {
  if (json.model_type !== 'marian') {
    throw new DataError(
      'config.json',
      `model_type is ${JSON.stringify(json.model_type)}`,
      'pretrainedMarian loads "marian" checkpoints.',
    );
  }
  // The last six are settings of Marian's that no published checkpoint changes and transformers ignores.
  refuse(json, 'decoder_attention_heads', [numberIn(json, 'encoder_attention_heads')]);
  refuse(json, 'decoder_ffn_dim', [numberIn(json, 'encoder_ffn_dim')]);
  refuse(json, 'normalize_before', [false]);
  refuse(json, 'normalize_embedding', [false]);
  refuse(json, 'add_final_layer_norm', [false]);
  refuse(json, 'add_bias_logits', [false]);
  refuse(json, 'static_position_embeddings', [true]);
  refuse(json, 'extra_pos_embeddings', [0, numberIn(json, 'pad_token_id', 0) + 1]);
  const shared = json.share_encoder_decoder_embeddings !== false;
  const sourceVocabulary = numberIn(json, 'vocab_size');
  const vocabulary = numberIn(json, 'decoder_vocab_size', sourceVocabulary);
  const config = completeEncoderDecoder({
    ...{ vocabulary, sourceVocabulary: shared ? vocabulary : sourceVocabulary, shared },
    context: numberIn(json, 'max_position_embeddings'),
    encoderLayers: numberIn(json, 'encoder_layers'),
    decoderLayers: numberIn(json, 'decoder_layers'),
    heads: numberIn(json, 'encoder_attention_heads'),
    width: numberIn(json, 'd_model'),
    hidden: numberIn(json, 'encoder_ffn_dim'),
    dropout: numberIn(json, 'dropout', 0.1),
    attentionDropout: numberIn(json, 'attention_dropout', 0),
    activation: activationIn(json, 'activation_function', 'gelu'),
    scaleEmbedding: json.scale_embedding === true,
    tied: json.tie_word_embeddings !== false,
    positions: 'learned', // Marian's sines are not interleaved as ours are
    outputBias: true,
  });
  const begin = numberIn(json, 'decoder_start_token_id');
  const end = numberIn(json, 'eos_token_id');
  const generation: GenerateSequenceOptions = {
    ...(typeof json.num_beams === 'number' && { beams: json.num_beams }),
    ...(typeof json.length_penalty === 'number' && { lengthPenalty: json.length_penalty }),
    ...(typeof json.max_length === 'number' && { tokens: Math.min(json.max_length - 1, config.context) }),
    ...(typeof json.early_stopping === 'boolean' && { earlyStopping: json.early_stopping }),
    ...(json.early_stopping === 'never' && { earlyStopping: 'never' }),
    ...(typeof json.no_repeat_ngram_size === 'number' && { noRepeatNgram: json.no_repeat_ngram_size }),
    // MarianConfig forces id 0 where the file says nothing; null switches it off.
    forceEnd: (json.forced_eos_token_id === undefined ? 0 : json.forced_eos_token_id) === end,
    banned: (json.bad_words_ids as readonly (readonly number[])[] | null | undefined) ?? [],
  };
  refuse(json, 'forced_eos_token_id', [end]);
  refuse(json, 'repetition_penalty', [1]);
  return {
    config,
    weights: marianWeights(config, source),
    special: { begin, end, pad: numberIn(json, 'pad_token_id') },
    generation,
  };
}

function marianWeights(c: CompleteEncoderDecoderConfig, source: WeightSource): WeightSource {
  const available = new Set(source.names());
  const entries = entriesOf(c, available);
  const missing = [...entries.values()].flatMap(({ parts }) => parts.filter((p) => !available.has(p)));
  if (missing.length > 0) {
    throw new DataError(
      'Marian checkpoint',
      `${missing.length} tensors are missing (${missing.slice(0, 3).join(', ')})`,
      'Give every shard (openSharded), and the config.json that belongs to them.',
    );
  }
  // Checkpoints leave the positions out, since Marian computes them.
  const positions = (name: string): boolean => /^(source|target)_positions\.weight$/.test(name);
  const names = [...entries.keys(), 'source_positions.weight', 'target_positions.weight'];
  const shapeOf = (name: string): Shape => entries.get(name)?.shape ?? [c.context, c.width];
  return {
    names: () => names,
    info: (name) => {
      const { parts, shape } = entries.get(name) ?? { parts: [], shape: shapeOf(name) };
      const stored = parts.map((part) => source.info(part).shape);
      // Final logits bias is (1, V) there.
      if (stored.length === 1 && name !== 'output.bias') return { shape: stored[0] };
      return { shape };
    },
    async float32(name) {
      if (positions(name)) return marianPositions(c.context, c.width);
      const { parts, shape } = entries.get(name)!;
      const data = await Promise.all(parts.map((part) => source.float32(part)));
      const joined = new Float32Array(data.reduce((sum, { length }) => sum + length, 0));
      let at = 0;
      for (const part of data) {
        joined.set(part, at);
        at += part.length;
      }
      const size = shape.reduce((a, b) => a * b, 1);
      if (joined.length !== size) {
        throw new DataError(
          'Marian checkpoint',
          `${parts.join(' and ')} hold ${joined.length} numbers, but ${name} takes ${size}`,
          'Give the config.json that belongs to these weights.',
        );
      }
      return joined;
    },
  };
}

/** Our names, and the checkpoint's tensors that they are made of. */
function entriesOf(c: CompleteEncoderDecoderConfig, available: ReadonlySet<string>): Map<string, Entry> {
  const { width: C, hidden, vocabulary: V, sourceVocabulary } = c;
  const entries = new Map<string, Entry>();
  const put = (name: string, shape: Shape, ...parts: string[]): void => {
    entries.set(name, { shape, parts });
  };
  const both = (name: string, rows: number, columns: number, ...from: string[]): void => {
    put(`${name}.weight`, [rows, columns], ...from.map((part) => `${part}.weight`));
    put(`${name}.bias`, [rows], ...from.map((part) => `${part}.bias`));
  };
  const norm = (name: string, from: string): void => {
    for (const what of ['weight', 'bias']) put(`${name}.${what}`, [C], `${from}.${what}`);
  };
  const table = (side: 'encoder' | 'decoder'): string => {
    const own = `model.${side}.embed_tokens.weight`;
    return c.shared && (available.has('model.shared.weight') || !available.has(own))
      ? 'model.shared.weight'
      : own;
  };
  put('embedding.weight', [V, C], table('decoder'));
  if (!c.shared) put('source_embedding.weight', [sourceVocabulary, C], table('encoder'));
  if (!c.tied) put('output.weight', [V, C], 'lm_head.weight');
  put('output.bias', [V], 'final_logits_bias');
  for (const side of ['encoder', 'decoder'] as const) {
    const layers = side === 'encoder' ? c.encoderLayers : c.decoderLayers;
    for (let i = 0; i < layers; i++) {
      const [to, from] = [`${side}.layers.${i}`, `model.${side}.layers.${i}`];
      const projections = (owner: string, letters: string): string[] =>
        [...letters].map((letter) => `${from}.${owner}.${letter}_proj`);
      const own = projections('self_attn', 'qkv');
      put(`${to}.self_attn.in_proj_weight`, [3 * C, C], ...own.map((part) => `${part}.weight`));
      put(`${to}.self_attn.in_proj_bias`, [3 * C], ...own.map((part) => `${part}.bias`));
      both(`${to}.self_attn.out_proj`, C, C, `${from}.self_attn.out_proj`);
      norm(`${to}.norm1`, `${from}.self_attn_layer_norm`);
      if (side === 'decoder') {
        both(`${to}.multihead_attn.q_proj`, C, C, ...projections('encoder_attn', 'q'));
        both(`${to}.multihead_attn.kv_proj`, 2 * C, C, ...projections('encoder_attn', 'kv'));
        both(`${to}.multihead_attn.out_proj`, C, C, `${from}.encoder_attn.out_proj`);
        norm(`${to}.norm2`, `${from}.encoder_attn_layer_norm`);
      }
      both(`${to}.linear1`, hidden, C, `${from}.fc1`);
      both(`${to}.linear2`, C, hidden, `${from}.fc2`);
      norm(`${to}.norm${side === 'decoder' ? 3 : 2}`, `${from}.final_layer_norm`);
    }
  }
  return entries;
}

/** Marian's positions (P, C): the sines in the first half of a row, the cosines in the second. */
export function marianPositions(positions: number, width: number): Float32Array {
  const table = new Float32Array(positions * width);
  const half = Math.ceil(width / 2);
  for (let p = 0; p < positions; p++) {
    for (let j = 0; j < width; j++) {
      const angle = p / 10_000 ** ((2 * Math.floor(j / 2)) / width);
      const place = p * width + Math.floor(j / 2) + (j % 2 === 0 ? 0 : half);
      table[place] = j % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
    }
  }
  return table;
}
