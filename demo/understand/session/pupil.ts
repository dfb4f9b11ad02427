/** A classifier on the device: tells classes, which words decided, and whether such explanations hold. */
import { EngineError, type Device } from '../../../engine/index';
import {
  Explainer,
  EXPLANATIONS,
  faithfulness,
  type ExplainedModel,
  type ExplanationMethod,
} from '../../../models/explain/index';
import { jsonOf, opener } from '../../../models/files/folder';
import { classification, openFor, type OpenedFor } from '../../../models/finetune/index';
import type { ModelFolder } from '../../../models/index';
import { SentenceEmbedder, TextClassifier, type EncoderModel } from '../../../models/tasks/index';
import { scoresOfWords, wordsOf } from '../words';
import type { OpenOptions } from './encoder';
import type { Explained, Groups, Mistake, Tested, Told } from './protocol';

export class Pupil implements Disposable {
  readonly opened: OpenedFor;
  readonly labels: readonly string[];
  #device: Device;
  /** Made of the model where it is now. */
  #tools: {
    readonly classifier: TextClassifier;
    readonly explainer: Explainer;
    readonly embedder: SentenceEmbedder;
  } | null = null;

  private constructor(device: Device, opened: OpenedFor, labels: readonly string[]) {
    [this.#device, this.opened, this.labels] = [device, opened, labels];
  }

  /** `labels`: of a head that is to learn; null for a checkpoint that has its own. */
  static async open(
    folder: ModelFolder,
    labels: readonly string[] | null,
    { device, signal, onWeights }: OpenOptions,
  ): Promise<Pupil> {
    const config = (await jsonOf(opener(folder, { signal }), 'config.json')) ?? {};
    const own = Object.entries((config.id2label as Record<string, string> | undefined) ?? {})
      .sort(([a], [b]) => Number(a) - Number(b))
      .map(([, label]) => label);
    const names = labels ?? own;
    if (labels === null && (own.length < 2 || config.problem_type === 'regression')) {
      throw new EngineError('Classifier', 'config.json names no classes', 'Open a model that has some.');
    }
    const multiLabel = labels === null && config.problem_type === 'multi_label_classification';
    const task = classification({ labels: names, multiLabel });
    const opened = await openFor(folder, task, { device, signal, onProgress: onWeights });
    return new Pupil(device, opened, names);
  }

  get device(): Device {
    return this.#device;
  }

  /** It has gone on learning: on this device, perhaps another one. */
  moved(device: Device): void {
    this.#drop();
    this.#device = device;
  }

  async tell(text: string, signal: AbortSignal): Promise<Told> {
    const [found] = await this.#made.classifier.classify([text], { long: 'cut', signal });
    return { classes: found.map(({ label, score }) => ({ label, share: score })) };
  }

  /** The likeliest class of each of many texts. */
  async groups(texts: readonly string[], signal: AbortSignal): Promise<Groups> {
    const { labels } = this;
    const found = await this.#made.classifier.classify(texts, { long: 'cut', signal });
    return { labels, of: found.map(([{ label }]) => labels.indexOf(label)) };
  }

  /** Examples that it takes for something else, the surest first. */
  async mistakes(
    examples: readonly { readonly text: string; readonly label: string }[],
    signal: AbortSignal,
  ): Promise<Mistake[]> {
    const texts = examples.map(({ text }) => text);
    const found = await this.#made.classifier.classify(texts, { long: 'cut', signal });
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
    const { target: told, tokens, gap } = await this.#made.explainer.explain(text, asked);
    const words = wordsOf(text);
    const scores = scoresOfWords(words, tokens);
    return { method, target: told, words: words.map((word, i) => ({ ...word, score: scores[i] })), gap };
  }

  test(
    texts: readonly string[],
    signal: AbortSignal,
    onProgress: (done: number, total: number) => void,
  ): Promise<Tested> {
    return faithfulness(this.#made.explainer, texts, { methods: EXPLANATIONS, signal, onProgress });
  }

  get embedder(): SentenceEmbedder {
    return this.#made.embedder;
  }

  get #made() {
    if (this.#tools) return this.#tools;
    const { loaded, tokenizer } = this.opened;
    const model = loaded.model as ExplainedModel & EncoderModel;
    const device = this.#device;
    this.#tools = {
      classifier: new TextClassifier(device, model, tokenizer),
      explainer: new Explainer(device, model, tokenizer),
      embedder: new SentenceEmbedder(device, model, tokenizer),
    };
    return this.#tools;
  }

  #drop(): void {
    for (const one of Object.values(this.#tools ?? {})) one[Symbol.dispose]();
    this.#tools = null;
  }

  [Symbol.dispose](): void {
    this.#drop();
    this.opened[Symbol.dispose]();
  }
}
