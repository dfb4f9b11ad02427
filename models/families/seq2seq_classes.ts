/** Heads for classes of texts on encoder-decoders, as BART and T5 have them. */
import type { Init } from '../../engine/index';
import type { WeightMap, WeightRule } from '../family/weight_map';
import { labelsIn, numberIn, type Json } from '../pretrained_config';
import type { Problem } from '../problem';
import { Seq2SeqClassifier } from '../seq2seq_classifier';
import type { Seq2SeqLM } from '../seq2seq_lm';

interface Classes {
  /** The model that a config.json describes. */
  readonly make: (json: Json) => Seq2SeqLM;
  /** Where config.json says nothing: what the decoder reads first, and how many classes there are. */
  readonly begin: number;
  readonly labels: number;
  readonly init: Init;
}

export function seq2seqClassifier(json: Json, { make, begin, labels, init }: Classes): Seq2SeqClassifier {
  return new Seq2SeqClassifier({
    // It writes no words: a matrix for that would have no weights.
    model: make({ ...json, tie_word_embeddings: true }),
    begin: numberIn(json, 'decoder_start_token_id', begin),
    labels: labelsIn(json, labels),
    problem: (json.problem_type ?? null) as Problem | null,
    dropout: numberIn(json, 'classifier_dropout', 0),
    init,
  });
}

/** The map of a model with such a head, from that of the model that writes: its names there begin with `prefix`, and no matrix writes words. */
export function classifierWeights({ tensors, ...map }: WeightMap, prefix = ''): WeightMap {
  const moved = (rule: string | WeightRule): string | WeightRule => {
    if (typeof rule === 'string') return prefix + rule;
    const copies = (rule.copies ?? []).filter((name) => name !== 'lm_head.weight');
    return { ...rule, from: prefix + rule.from, copies: copies.map((name) => prefix + name) };
  };
  return {
    ...map,
    ...(prefix && { prefix }),
    heads: /^(classification_head\.|lm_head\.|final_logits_bias$)/,
    tensors: {
      ...Object.fromEntries(Object.entries(tensors).map(([name, rule]) => [`model.${name}`, moved(rule)])),
      'classifier.dense.{weight,bias}': 'classification_head.dense.{weight,bias}',
      'classifier.output.{weight,bias}': 'classification_head.out_proj.{weight,bias}',
    },
  };
}
