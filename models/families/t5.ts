import {
  Attention,
  CrossAttention,
  DataError,
  DistanceBuckets,
  Embedding,
  FeedForward,
  normal,
  RMSNorm,
  Stack,
  TransformerLayer,
} from '../../engine/index';
import type { Family } from '../family/family';
import type { WeightMap } from '../family/weight_map';
import {
  activationIn,
  flagIn,
  labelsIn,
  layersIn,
  numberIn,
  positiveIn,
  type Json,
  type Names,
} from '../pretrained_config';
import type { Seq2SeqClassifier } from '../seq2seq_classifier';
import type { Seq2SeqQuestionAnswering, Seq2SeqTokenClassifier } from '../seq2seq_heads';
import { Seq2SeqLM } from '../seq2seq_lm';
import {
  answererWeights,
  classifierWeights,
  seq2seqAnswerer,
  seq2seqClassifier,
  seq2seqTagger,
  taggerWeights,
} from './seq2seq_classes';

/** What config.json says of the feed-forward layers: `gated-gelu`, `relu`; the two keys beside it hold it taken apart. */
function feedForwardIn(json: Json, fallback: string) {
  const given = json.feed_forward_proj ?? fallback;
  const words = typeof given === 'string' ? given.split('-') : [];
  if (words.length === 0 || words.length > 2 || (words.length === 2 && words[0] !== 'gated')) {
    const what = `feed_forward_proj is ${JSON.stringify(given)}`;
    throw new DataError('config.json', what, 'It must be an activation, or gated- and an activation.');
  }
  const activation = given === 'gated-gelu' ? 'gelu_new' : words.at(-1)!; // the name is older than the other GELU
  return {
    gated: flagIn(json, 'is_gated_act', words[0] === 'gated'),
    activation: activationIn(json, 'dense_act_fn', activation),
  };
}

function build(json: Json, file: Names, defaults: { readonly feedForward: string; readonly tied: boolean }) {
  const width = numberIn(json, 'd_model', 512);
  const heads = numberIn(json, 'num_heads', 8);
  const headWidth = numberIn(json, 'd_kv', 64);
  const hidden = numberIn(json, 'd_ff', 2048);
  const vocabulary = numberIn(json, 'vocab_size');
  const dropout = numberIn(json, 'dropout_rate', 0.1);
  const tied = flagIn(json, 'tie_word_embeddings', defaults.tied);
  const norm = (): RMSNorm => new RMSNorm(width, { epsilon: positiveIn(json, 'layer_norm_epsilon', 1e-6) });
  // Scores are not divided by √D: T5 begins with small queries. Queries and keys share that factor here, as one matrix.
  const small = headWidth ** -0.25;
  const attention = {
    ...{ width, heads, headWidth, scale: 1, bias: false, dropout, attentionDropout: dropout },
    init: normal(width ** -0.5 * small),
    outputInit: normal((heads * headWidth) ** -0.5 / small),
  };
  const stack = (count: number, decodes: boolean): Stack => {
    const layer = (): TransformerLayer =>
      new TransformerLayer({
        attention: new Attention({ ...attention, causal: decodes }),
        crossAttention: decodes ? new CrossAttention(attention) : null,
        feedForward: new FeedForward({
          ...{ width, hidden, bias: false, dropout, activationDropout: dropout },
          ...feedForwardIn(json, defaults.feedForward),
          ...{ init: normal(width ** -0.5), outputInit: normal(hidden ** -0.5) },
        }),
        ...{ norm, order: 'pre' },
      });
    const distances = new DistanceBuckets({
      ...{ heads, bidirectional: !decodes, init: normal(width ** -0.5) },
      buckets: numberIn(json, 'relative_attention_num_buckets', 32),
      maxDistance: numberIn(json, 'relative_attention_max_distance', 128),
    });
    return new Stack(Array.from({ length: count }, layer), { norm: norm(), distances, dropout });
  };
  const layers = layersIn(json, 'num_layers', file);
  const decoderLayers =
    (json.num_decoder_layers ?? null) === null ? layers : layersIn(json, 'num_decoder_layers', file);
  const tokens = new Embedding(vocabulary, width);
  return new Seq2SeqLM({
    // Distances have no end: this is the length that it was taught on.
    ...{ vocabulary, width, heads, tied, context: numberIn(json, 'n_positions', 512) },
    ...{ tokens, embeddingDropout: dropout, init: normal(1) },
    ...{ encoder: stack(layers, false), decoder: stack(decoderLayers, true) },
    headScale: flagIn(json, 'scale_decoder_outputs', tied) ? width ** -0.5 : 1,
  });
}

function weights({ config, encoder }: Pick<Seq2SeqLM, 'config' | 'encoder'>): WeightMap {
  const blocks = '{encoder,decoder}.block.*';
  const cross = 'decoder.block.*.layer.1';
  const [{ feedForward: first }] = encoder.layers;
  const gated = first instanceof FeedForward && Object.keys(first.up.sections).length > 0;
  const feedForward = (stack: string, layer: number): Record<string, string> => {
    const there = `${stack}.block.*.layer.${layer}`;
    return {
      [`${stack}.layers.*.feedForwardNorm.weight`]: `${there}.layer_norm.weight`,
      [`${stack}.layers.*.feedForward.up.weight`]: `${there}.DenseReluDense.${gated ? '{wi_0,wi_1}' : 'wi'}.weight`,
      [`${stack}.layers.*.feedForward.down.weight`]: `${there}.DenseReluDense.wo.weight`,
    };
  };
  return {
    // Old files have one that nothing reads.
    ignored:
      /^(transformer\.)?decoder\.block\.0\.layer\.1\.EncDecAttention\.relative_attention_bias\.weight$/,
    tensors: {
      'tokens.weight': {
        from: 'shared.weight',
        copies: [
          'encoder.embed_tokens.weight',
          'decoder.embed_tokens.weight',
          ...(config.tied ? ['lm_head.weight'] : []),
        ],
      },
      '{encoder,decoder}.distances.weight':
        '{encoder,decoder}.block.0.layer.0.SelfAttention.relative_attention_bias.weight',
      '{encoder,decoder}.layers.*.attentionNorm.weight': `${blocks}.layer.0.layer_norm.weight`,
      '{encoder,decoder}.layers.*.attention.qkv.weight': `${blocks}.layer.0.SelfAttention.{q,k,v}.weight`,
      '{encoder,decoder}.layers.*.attention.output.weight': `${blocks}.layer.0.SelfAttention.o.weight`,
      'decoder.layers.*.crossAttentionNorm.weight': `${cross}.layer_norm.weight`,
      'decoder.layers.*.crossAttention.q.weight': `${cross}.EncDecAttention.q.weight`,
      'decoder.layers.*.crossAttention.kv.weight': `${cross}.EncDecAttention.{k,v}.weight`,
      'decoder.layers.*.crossAttention.output.weight': `${cross}.EncDecAttention.o.weight`,
      ...feedForward('encoder', 1),
      ...feedForward('decoder', 2),
      '{encoder,decoder}.norm.weight': '{encoder,decoder}.final_layer_norm.weight',
      'head.weight': 'lm_head.weight',
    },
  };
}

/** A kind of T5: its feed-forward layers where config.json does not say. */
interface Kind {
  readonly type: string;
  readonly title: string;
  readonly classes: string;
  readonly feedForward: string;
}
const T5: Kind = { type: 't5', title: 'T5', classes: 'T5', feedForward: 'relu' };
const MT5: Kind = { type: 'mt5', title: 'mT5', classes: 'MT5', feedForward: 'gated-gelu' };

/** The body of a head, which begins as wide as `spread` says. */
const bodyOf = ({ feedForward }: Kind, file: Names, spread: number) => ({
  make: (json: Json): Seq2SeqLM => build(json, file, { feedForward, tied: true }),
  ...{ begin: 0, init: normal(spread) },
});
const narrow = (json: Json): number => numberIn(json, 'd_model', 512) ** -0.5;

/** Classes of texts, which the decoder reads again, as BART's does. */
const classifier = (kind: Kind): Family<Seq2SeqClassifier> => ({
  ...{ type: kind.type, title: kind.title, architectures: [`${kind.classes}ForSequenceClassification`] },
  build: (json, file) => seq2seqClassifier(json, { ...bodyOf(kind, file, narrow(json)), labels: 2 }),
  weights: ({ model }) => classifierWeights(weights(model), 'transformer.'),
});

/** Answers, from what the decoder reads again. */
const answerer = (kind: Kind): Family<Seq2SeqQuestionAnswering> => ({
  ...{ type: kind.type, title: kind.title, architectures: [`${kind.classes}ForQuestionAnswering`] },
  build(json, file) {
    const { length } = labelsIn(json, 2); // of which BART's class knows nothing
    if (length === 2) return seq2seqAnswerer(json, bodyOf(kind, file, narrow(json)));
    const what = `there are ${length} labels, but an answer has a begin and an end`;
    throw new DataError('config.json', what, 'Give it two, or none.');
  },
  weights: ({ model }) => answererWeights(weights(model), 'transformer.'),
});

/** Classes of tokens, from the encoder alone. */
const tagger = (kind: Kind): Family<Seq2SeqTokenClassifier> => ({
  ...{ type: kind.type, title: kind.title, architectures: [`${kind.classes}ForTokenClassification`] },
  build: (json, file) => seq2seqTagger(json, bodyOf(kind, file, 1)),
  weights: ({ config, encoder }) => taggerWeights(weights({ config, encoder }), 'transformer.'),
});

/** T5 with a head for classes of texts, or numbers: `T5ForSequenceClassification`. */
export const t5ForSequenceClassification = classifier(T5);
/** T5's encoder with a head for classes of tokens, such as names: `T5ForTokenClassification`. */
export const t5ForTokenClassification = tagger(T5);
/** T5 with a head for the place of an answer: `T5ForQuestionAnswering`. */
export const t5ForQuestionAnswering = answerer(T5);
/** mT5 with a head for classes of texts, or numbers: `MT5ForSequenceClassification`. */
export const mt5ForSequenceClassification = classifier(MT5);
/** mT5's encoder with a head for classes of tokens, such as names: `MT5ForTokenClassification`. */
export const mt5ForTokenClassification = tagger(MT5);
/** mT5 with a head for the place of an answer: `MT5ForQuestionAnswering`. */
export const mt5ForQuestionAnswering = answerer(MT5);

/** T5, its version 1.1 and Flan-T5: text to text, with distances in buckets (Raffel et al. 2020; Chung et al. 2022). */
export const t5: Family<Seq2SeqLM> = {
  type: 't5',
  title: 'T5',
  architectures: ['T5ForConditionalGeneration', 'T5Model'],
  build: (json, file) => build(json, file, { feedForward: 'relu', tied: true }),
  weights,
};

/** mT5, T5 in 101 languages (Xue et al. 2021). */
export const mt5: Family<Seq2SeqLM> = {
  type: 'mt5',
  title: 'mT5',
  architectures: ['MT5ForConditionalGeneration', 'MT5Model'],
  build: (json, file) => build(json, file, { feedForward: 'gated-gelu', tied: false }),
  weights,
};
