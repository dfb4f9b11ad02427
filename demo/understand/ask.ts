/** The tab that teaches where in a text the answer to a question stands. */
import type { Host } from './host';
import type { LearnEvent, Mistakes } from './session/protocol';
import { Teach } from './teach';
import { AskLessonPanel } from './view/ask-lesson-panel';
import { AskTryPanel } from './view/ask-try-panel';
import { AskJudgement } from './view/judgement-panel';

export class AskTab extends Teach<'ask'> {
  readonly trial = new AskTryPanel();

  constructor(host: Host) {
    const pace = { rate: 2, steps: 1 };
    super(host, { task: 'ask', examples: new AskLessonPanel(), judgement: new AskJudgement(), pace });
    this.trial.onAsked = () => this.typed();
  }

  get text(): string {
    return this.trial.text;
  }

  put(text: string): void {
    this.trial.put(text);
  }

  override hear(event: LearnEvent<'ask'>): void {
    super.hear(event);
    // A model that has learnt of questions without an answer may say that there is none.
    if (event.kind === 'state' && event.state === 'preparing')
      this.trial.allow((this.examples.lesson?.unanswered ?? 0) > 0);
  }

  protected clear(): void {
    this.trial.clear();
  }

  protected tryAgain(mistake: Mistakes['ask']): void {
    this.trial.type(mistake);
    this.trial.focus();
  }

  protected async asks(isCurrent: () => boolean): Promise<void> {
    const { asked } = this.trial;
    if (asked.question.trim() === '' || asked.context.trim() === '') return this.trial.clear();
    const { replay, session } = this.host;
    const answered = replay ? replay.answered(asked.question) : await session!.answer(asked);
    if (isCurrent()) this.trial.tell(asked, answered);
  }

  protected draw(running: boolean): void {
    this.trial.show(this.host.strings, this.canTry, running);
  }
}
