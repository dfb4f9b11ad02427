/** A classifier on the device: tells classes, which words decided, and whether such explanations hold. */
import { EngineError, type Device } from '../../../engine/index';
import {
  Explainer,
  EXPLANATIONS,
  faithfulness,
  type ExplainedModel,
  type ExplanationMethod,
} from '../../../models/explain/index';
import { classification } from '../../../models/finetune/index';
import type { ModelFolder } from '../../../models/index';
import { SentenceEmbedder, TextClassifier, type EncoderModel } from '../../../models/tasks/index';
import { scoresOfWords, wordsOf } from '../words';
import { beyond, type Beyond } from './beyond';
import type { OpenOptions } from './encoder';
import type { Explained, Groups, Mistake, Tested, Told } from './protocol';
import { headOf, openPupil, Pupil } from './pupil';

interface Tools extends Record<string, Disposable> {
  readonly classifier: TextClassifier;
  readonly explainer: Explainer;
  readonly embedder: SentenceEmbedder;
}

export class Classifier extends Pupil<Tools> {
  /** `labels`: of a head that is to learn; null for a checkpoint that has its own. */
  static async open(
    folder: ModelFolder,
    labels: readonly string[] | null,
    options: OpenOptions,
  ): Promise<Classifier> {
    const { labels: own, problem } = await headOf(folder, options.signal);
    const names = labels ?? own;
    if (labels === null && (own.length < 2 || problem === 'regression')) {
      throw new EngineError('Classifier', 'config.json names no classes', 'Open a model that has some.');
    }
    const multiLabel = labels === null && problem === 'multi_label_classification';
    const task = classification({ labels: names, multiLabel });
    return new Classifier(options.device, await openPupil(folder, task, labels === null, options), names);
  }

  async tell(text: string, signal: AbortSignal): Promise<Told> {
    const [found] = await this.tools.classifier.classify([text], { long: 'cut', signal });
    return { classes: found.map(({ label, score }) => ({ label, share: score })), ...this.beyond(text) };
  }

  beyond(text: string): Beyond {
    const { loaded, tokenizer } = this.opened;
    return beyond(tokenizer, text, (loaded.model as EncoderModel).config.context);
  }

  /** The likeliest class of each of many texts. */
  async groups(texts: readonly string[], signal: AbortSignal): Promise<Groups> {
    const { labels } = this;
    const found = await this.tools.classifier.classify(texts, { long: 'cut', signal });
    return { labels, of: found.map(([{ label }]) => labels.indexOf(label)) };
  }

  /** Examples that it takes for something else, the surest first. */
  async mistakes(
    examples: readonly { readonly text: string; readonly label: string }[],
    signal: AbortSignal,
  ): Promise<Mistake[]> {
    const texts = examples.map(({ text }) => text);
    const found = await this.tools.classifier.classify(texts, { long: 'cut', signal });
    return examples
      .map(({ text, label }, i) => ({ text, label, told: found[i][0].label, share: found[i][0].score }))
      .filter(({ label, told }) => label !== told)
      .sort((a, b) => b.share - a.share);
  }

  /** `target`: null for the likeliest class. */
  async explain(
    text: string,
    method: ExplanationMethod,
    target: string | null,
    signal: AbortSignal,
  ): Promise<Explained> {
    const asked = { method, long: 'cut', signal, ...(target !== null && { target }) } as const;
    const { target: told, tokens, gap } = await this.tools.explainer.explain(text, asked);
    const words = wordsOf(text);
    const scores = scoresOfWords(words, tokens);
    return { method, target: told, words: words.map((word, i) => ({ ...word, score: scores[i] })), gap };
  }

  test(
    texts: readonly string[],
    signal: AbortSignal,
    onProgress: (done: number, total: number) => void,
  ): Promise<Tested> {
    return faithfulness(this.tools.explainer, texts, { methods: EXPLANATIONS, signal, onProgress });
  }

  get embedder(): SentenceEmbedder {
    return this.tools.embedder;
  }

  protected make(device: Device): Tools {
    const { loaded, tokenizer } = this.opened;
    const model = loaded.model as ExplainedModel & EncoderModel;
    return {
      classifier: new TextClassifier(device, model, tokenizer),
      explainer: new Explainer(device, model, tokenizer),
      embedder: new SentenceEmbedder(device, model, tokenizer),
    };
  }
}
