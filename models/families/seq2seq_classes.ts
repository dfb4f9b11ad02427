/** Heads on encoder-decoders, as BART and T5 have them: classes of texts, answers, classes of tokens. */
import type { Init } from '../../engine/index';
import type { WeightMap, WeightRule } from '../family/weight_map';
import { labelsIn, numberIn, type Json } from '../pretrained_config';
import { Seq2SeqClassifier } from '../seq2seq_classifier';
import { Seq2SeqQuestionAnswering, Seq2SeqTokenClassifier } from '../seq2seq_heads';
import type { Seq2SeqLM } from '../seq2seq_lm';
import { problemIn } from './encoder_heads';

interface Body {
  /** The model that a config.json describes. */
  readonly make: (json: Json) => Seq2SeqLM;
  readonly init: Init;
}

interface Reread extends Body {
  /** What the decoder reads first where config.json says nothing; 'last': each text's last token, whatever it says. */
  readonly begin: number | 'last';
}

/** It writes no words: a matrix for that would have no weights. */
const bodyOf = (json: Json, { make }: Body): Seq2SeqLM => make({ ...json, tie_word_embeddings: true });

const beginIn = (json: Json, begin: number | 'last'): number | 'last' =>
  begin === 'last' ? begin : numberIn(json, 'decoder_start_token_id', begin);

/** `labels`: how many classes there are where config.json does not say; `end`: see `Seq2SeqClassifierParts`. */
export const seq2seqClassifier = (
  json: Json,
  body: Reread & { readonly labels: number; readonly end?: number },
): Seq2SeqClassifier =>
  new Seq2SeqClassifier({
    ...{ model: bodyOf(json, body), begin: beginIn(json, body.begin), end: body.end ?? null },
    labels: labelsIn(json, body.labels),
    problem: problemIn(json),
    dropout: numberIn(json, 'classifier_dropout', 0),
    init: body.init,
  });

export const seq2seqAnswerer = (json: Json, body: Reread): Seq2SeqQuestionAnswering =>
  new Seq2SeqQuestionAnswering({
    ...{ model: bodyOf(json, body), begin: beginIn(json, body.begin), init: body.init },
  });

export const seq2seqTagger = (json: Json, body: Body): Seq2SeqTokenClassifier =>
  new Seq2SeqTokenClassifier({
    ...{ model: bodyOf(json, body), labels: labelsIn(json), init: body.init },
    dropout: numberIn(json, 'classifier_dropout', 0),
  });

/** Tensors of any head, or of a part that one has and another has not. */
const HEADS = /^(classification_head\.|classifier\.|qa_outputs\.|lm_head\.|final_logits_bias$)/;

/** A rule with `prefix` before its names, and without the matrix that writes words. */
function moved(rule: string | WeightRule, prefix: string): string | WeightRule {
  if (typeof rule === 'string') return prefix + rule;
  const copies = (rule.copies ?? []).filter((name) => name !== 'lm_head.weight');
  return { ...rule, from: prefix + rule.from, copies: copies.map((name) => prefix + name) };
}

/** The map of a model over the one that writes, whose map is given: its names there begin with `prefix`. */
const over = ({ tensors, ...map }: WeightMap, prefix: string, own: WeightMap['tensors']): WeightMap => ({
  ...map,
  ...(prefix && { prefix }),
  heads: HEADS,
  tensors: {
    ...Object.fromEntries(
      Object.entries(tensors).map(([name, rule]) => [`model.${name}`, moved(rule, prefix)]),
    ),
    ...own,
  },
});

export const classifierWeights = (map: WeightMap, prefix = ''): WeightMap =>
  over(map, prefix, {
    'classifier.dense.{weight,bias}': 'classification_head.dense.{weight,bias}',
    'classifier.output.{weight,bias}': 'classification_head.out_proj.{weight,bias}',
  });

/** `other`: what the names of the family's other classes begin with, and these do not. */
export const answererWeights = (map: WeightMap, other = ''): WeightMap => ({
  ...over(map, '', { 'output.{weight,bias}': 'qa_outputs.{weight,bias}' }),
  ...(other && { beginnings: { [other]: '' } }),
});

/** Of the encoder alone; another class's decoder is left out where a new head is asked for. */
export function taggerWeights({ tensors, ...map }: WeightMap, prefix: string): WeightMap {
  const ofEncoder = (name: string): string => name.replace('{encoder,decoder}.', 'encoder.');
  const rules = Object.entries(tensors).flatMap(([name, rule]): [string, string | WeightRule][] => {
    const ours = ofEncoder(name);
    if (!/^(encoder|tokens)\./.test(ours)) return [];
    const there = moved(rule, prefix);
    if (typeof there === 'string') return [[ours, ofEncoder(there)]];
    const copies = there.copies!.filter((copy) => !copy.startsWith(`${prefix}decoder.`));
    return [[ours, { ...there, copies }]];
  });
  return {
    ...{ ...map, prefix },
    heads: new RegExp(`${HEADS.source}|^(${prefix.replace('.', '\\.')})?decoder\\.`),
    tensors: {
      ...Object.fromEntries(rules),
      'classifier.output.{weight,bias}': 'classifier.{weight,bias}',
    },
  };
}
