import { finder } from '../../view/dom';
import type { Format } from '../../view/format';
import type { UnderstandStrings } from '../english';
import type { AskLesson } from '../session/protocol';
import { LessonPanel, type Listed, type SourceName } from './lesson-panel';

const COLUMNS = ['context', 'question', 'answer'] as const;

/** What is taught of answers: questions on texts, and which columns have them. */
export class AskLessonPanel extends LessonPanel<'ask'> {
  readonly #header = finder()<HTMLInputElement>('header');

  constructor() {
    super();
    this.#header.addEventListener('change', () => this.#again(true));
    for (const name of COLUMNS)
      this.byId(`${name}-column`).addEventListener('change', () => this.#again(false));
  }

  protected story(strings: UnderstandStrings, choice: SourceName): string {
    return choice === 'own' ? strings.askOwnStory : strings.notesStory;
  }

  /** The first questions, with their answers. */
  protected listed({ shown }: AskLesson, strings: UnderstandStrings): Listed[] {
    return shown.map(({ question, answer }) => {
      return { name: question, count: '', sample: answer === '' ? strings.askNone : answer };
    });
  }

  protected facts(
    { training, held, texts, unanswered }: AskLesson,
    strings: UnderstandStrings,
    format: Format,
  ): string[] {
    const facts = [
      strings.askFacts(format.whole(training + held), format.whole(texts)),
      strings.askSplit(format.whole(held)),
    ];
    if (unanswered > 0) facts.push(strings.askUnanswered(format.whole(unanswered)));
    return facts;
  }

  protected draw(lesson: AskLesson | null, strings: UnderstandStrings): void {
    this.byId('columns').hidden = this.choice !== 'own' || !lesson;
    if (!lesson) return;
    for (const name of COLUMNS) this.offer(`${name}-column`, lesson.columns, lesson.chosen[name], strings);
    this.#header.checked = lesson.chosen.header;
  }

  /** Another column, or another meaning of the first row, by which columns have other names. */
  #again(names: boolean): void {
    if (!this.lesson) return;
    const [context, question, answer] = names
      ? ['', '', '']
      : COLUMNS.map((name) => this.chosenColumn(`${name}-column`));
    this.ask({ context, question, answer, header: this.#header.checked });
  }
}
