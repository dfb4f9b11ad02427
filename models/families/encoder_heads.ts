/** Heads of families that read in both directions: one description of a family makes all of them. */
import type { CompleteBertConfig } from '../bert';
import type { Family } from '../family/family';
import type { WeightMap } from '../family/weight_map';
import { MaskedLM, PooledEncoder } from '../masked_lm';
import { labelsIn, numberOrNullIn, refuse, type Json, type Names } from '../pretrained_config';
import { PROBLEMS, type Problem } from '../problem';
import { TextEncoder, type TextEncoderParts } from '../text_encoder';
import {
  MultipleChoice,
  QuestionAnswering,
  SequenceClassifier,
  TokenClassifier,
  type Summary,
} from '../text_heads';

/** All of them are BERT but for some blocks, and know its settings. */
type C = CompleteBertConfig;
type Parts = TextEncoderParts<C>;

/** What a family's heads have in common, and where they differ from BERT's. */
export interface EncoderKind {
  /** `model_type`. */
  readonly type: string;
  readonly title: string;
  /** What names of its classes begin with: 'Roberta'. */
  readonly classes: string;
  readonly parts: (json: Json, file: Names) => Parts;
  /** Tensors of the body and of all heads; a model has some of them. */
  readonly weights: (model: TextEncoder) => WeightMap;
  /** The pooler that a masked model's file may have without using it. */
  readonly pooler: RegExp | null;
  /** How classes of texts are read. */
  readonly sequence: (json: Json) => Summary;
  /** How choices are. */
  readonly choice: (json: Json) => Summary;
  /** The same of tokens: dropout. */
  readonly token: (json: Json) => Pick<Summary, 'dropout'>;
  /** The same of answers. */
  readonly question: (json: Json) => Pick<Summary, 'dropout'>;
}

/** `key`, a probability of dropping, where config.json says one that is not null. */
export function dropoutIn(json: Json, key = 'classifier_dropout'): Pick<Summary, 'dropout'> {
  const p = numberOrNullIn(json, key, null);
  return p === null ? {} : { dropout: p };
}

/** The problem_type of config.json; null where it says none. */
export function problemIn(json: Json): Problem | null {
  refuse(json, 'problem_type', PROBLEMS);
  return (json.problem_type ?? null) as Problem | null;
}

/** A family of one class of Transformers, over the body of its kind. */
export const headOf = <M extends TextEncoder<C>>(
  { type, title, classes, parts, weights }: EncoderKind,
  name: string,
  make: (parts: Parts, json: Json) => M,
): Family<M> => ({
  ...{ type, title, architectures: [classes + name] },
  build: (json, file) => make(parts(json, file), json),
  weights,
});

/** The head for masked tokens; `more`: other classes whose files it reads, keeping the parts that are not its own. */
export const maskedLM = (
  kind: EncoderKind,
  options: {
    readonly more?: readonly string[];
    readonly kept?: RegExp;
    readonly make?: (parts: Parts, json: Json) => MaskedLM<C>;
  } = {},
): Family<MaskedLM<C>> => {
  const { more = [], kept = kind.pooler, make = (parts) => new MaskedLM(parts) } = options;
  const family = headOf(kind, 'ForMaskedLM', make);
  return {
    ...family,
    architectures: [...family.architectures, ...more],
    weights: (model) => ({ ...kind.weights(model), ...(kept && { kept }) }),
  };
};

/** Classes of whole texts, or numbers: num_labels and problem_type say which. */
export const sequenceClassification = (kind: EncoderKind): Family<SequenceClassifier<C>> =>
  headOf(
    kind,
    'ForSequenceClassification',
    (parts, json) =>
      new SequenceClassifier(parts, {
        ...{ labels: labelsIn(json), problem: problemIn(json) },
        ...kind.sequence(json),
      }),
  );

/** Classes of tokens. */
export const tokenClassification = (kind: EncoderKind): Family<TokenClassifier<C>> =>
  headOf(
    kind,
    'ForTokenClassification',
    (parts, json) => new TokenClassifier(parts, { labels: labelsIn(json), ...kind.token(json) }),
  );

/** Where the answer to a question is. */
export const questionAnswering = (kind: EncoderKind): Family<QuestionAnswering<C>> =>
  headOf(kind, 'ForQuestionAnswering', (parts, json) => new QuestionAnswering(parts, kind.question(json)));

/** Which of several texts fits. */
export const multipleChoice = (kind: EncoderKind): Family<MultipleChoice<C>> =>
  headOf(kind, 'ForMultipleChoice', (parts, json) => new MultipleChoice(parts, kind.choice(json)));

/** The rows of tokens. */
export const body = (kind: EncoderKind): Family<TextEncoder<C>> =>
  headOf(kind, 'Model', (parts) => new TextEncoder(parts));

/** The rows of tokens, and the pooler's of the text. */
export const pooledBody = (kind: EncoderKind): Family<PooledEncoder<C>> =>
  headOf(kind, 'Model', (parts) => new PooledEncoder(parts));
