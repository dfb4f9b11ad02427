/** The tab that teaches which words of a sentence are what. */
import type { Host } from './host';
import type { Mistakes } from './session/protocol';
import { Teach } from './teach';
import { TagJudgement } from './view/judgement-panel';
import { TagLessonPanel } from './view/tag-lesson-panel';
import { TagTryPanel } from './view/tag-try-panel';

export class TagTab extends Teach<'tag'> {
  readonly trial = new TagTryPanel();

  constructor(host: Host) {
    const pace = { rate: 1, steps: 1.2 };
    super(host, { task: 'tag', examples: new TagLessonPanel(), judgement: new TagJudgement(), pace });
    this.trial.onText = () => this.typed();
  }

  get text(): string {
    return this.trial.text;
  }

  put(text: string): void {
    this.trial.put(text);
  }

  protected clear(): void {
    this.trial.clear();
  }

  protected tryAgain({ text }: Mistakes['tag']): void {
    this.trial.type(text);
    this.trial.focus();
  }

  protected async asks(isCurrent: () => boolean): Promise<void> {
    const { text } = this.trial;
    if (text.trim() === '') return this.trial.tell(text, null);
    const { replay, session } = this.host;
    const tagged = replay ? replay.tagged(text) : await session!.tag(text);
    if (isCurrent()) this.trial.tell(text, tagged);
  }

  protected draw(running: boolean): void {
    this.trial.show(this.host.strings, this.canTry, running);
  }
}
