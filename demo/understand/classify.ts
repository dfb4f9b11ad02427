/** The tab that teaches a classifier, and shows which words decided. */
import type { Host } from './host';
import type { RecordedFile } from './recording';
import type { Mistakes, UnderstandEvent } from './session/protocol';
import { Teach } from './teach';
import { ExamplesPanel } from './view/examples-panel';
import { FaithPanel } from './view/faith-panel';
import { ClassJudgement } from './view/judgement-panel';
import { TryPanel } from './view/try-panel';

export class Classify extends Teach<'classify'> {
  readonly trial = new TryPanel();
  readonly #faith = new FaithPanel();

  constructor(host: Host) {
    const pace = { rate: 1, steps: 0.75 };
    super(host, { task: 'classify', examples: new ExamplesPanel(), judgement: new ClassJudgement(), pace });
    this.trial.onText = () => this.typed();
    this.trial.onWhy = () => {
      this.changed();
      if (this.canTry) void this.latest.run((isCurrent) => this.#explain(isCurrent));
    };
    this.#faith.onTest = () => void this.#test();
  }

  get text(): string {
    return this.trial.text;
  }

  put(text: string): void {
    this.trial.put(text);
  }

  replay({ tested }: RecordedFile): void {
    this.trial.lock();
    this.#faith.tested = tested;
  }

  /** The test of explanations gets on. */
  tests(progress: Extract<UnderstandEvent, { kind: 'work' }>): void {
    this.#faith.progress = progress;
  }

  protected clear(): void {
    this.trial.clear();
    this.#faith.tested = null;
  }

  protected tryAgain({ text }: Mistakes['classify']): void {
    this.trial.type(text);
    this.byId('try-text').focus();
  }

  /** Tells the class of what is typed, and why. */
  protected async asks(isCurrent: () => boolean): Promise<void> {
    const { text } = this.trial;
    if (text.trim() === '') return this.trial.tell(null);
    const { replay, session } = this.host;
    const told = replay ? replay.told(text) : await session!.tell(text);
    if (!isCurrent()) return;
    this.trial.tell(told);
    this.host.render();
    await this.#explain(isCurrent);
  }

  async #explain(isCurrent: () => boolean): Promise<void> {
    const { text, method, target } = this.trial;
    if (text.trim() === '') return;
    const { replay, session } = this.host;
    const explained = replay ? replay.explained(text, method) : await session!.explain(text, method, target);
    if (isCurrent()) this.trial.explain(explained);
  }

  async #test(): Promise<void> {
    this.#faith.tested = null;
    this.#faith.progress = { done: 0, total: 0 };
    await this.host.attempts.run(async () => {
      try {
        this.#faith.tested = await this.host.session!.test();
      } finally {
        this.#faith.progress = null;
      }
    });
  }

  protected draw(running: boolean): void {
    const { strings, ready, attempts } = this.host;
    this.trial.show(strings, this.canTry, running, this.host.encoder?.context ?? 0);
    const canTest = ready && !attempts.busy && this.examples.lesson !== null;
    this.#faith.show(strings, this.canTry, canTest);
  }
}
