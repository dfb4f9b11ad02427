import { finder, onClick, setText } from '../../view/dom';
import type { Format } from '../../view/format';
import type { UnderstandStrings } from '../english';
import type { Lesson } from '../session/protocol';
import { LessonPanel, type Listed, type SourceName } from './lesson-panel';

/** What a classifier is taught: texts with labels, and which columns have them. */
export class ExamplesPanel extends LessonPanel<'classify'> {
  readonly #header = finder()<HTMLInputElement>('header');

  constructor() {
    super();
    for (const id of ['text-column', 'label-column', 'header'])
      this.byId(id).addEventListener('change', () => this.#again(id === 'header'));
    for (const alike of ['same', 'apart'] as const)
      onClick(`alike-${alike}`, () => this.lesson && this.ask({ ...this.lesson.chosen, alike }));
  }

  protected story(strings: UnderstandStrings, choice: SourceName): string {
    return choice === 'own' ? strings.ownStory : strings.guestsStory;
  }

  /** Each label with how many examples it has, and the first of them. */
  protected listed({ labels, counts, shown }: Lesson, _: UnderstandStrings, format: Format): Listed[] {
    return labels.map((name, k) => ({ name, count: format.whole(counts[k]), sample: shown[k][0] ?? '' }));
  }

  protected facts(lesson: Lesson, strings: UnderstandStrings, format: Format): string[] {
    if (lesson.question) return [];
    const { training, held, alike } = lesson;
    const facts = [strings.lessonFacts(format.whole(training), format.whole(held))];
    if (alike > 0) facts.push(strings.lessonAlike(format.whole(alike)));
    return facts;
  }

  protected draw(lesson: Lesson | null, strings: UnderstandStrings): void {
    this.byId('columns').hidden = this.choice !== 'own' || !lesson;
    if (lesson) {
      this.offer('text-column', lesson.columns, lesson.chosen.text, strings);
      this.offer('label-column', lesson.columns, lesson.chosen.label, strings);
      this.#header.checked = lesson.chosen.header;
    }
    const question = lesson?.question ?? null;
    this.byId('question').hidden = question === null;
    setText(this.byId('question-text'), question === null ? '' : strings.alikeQuestion(question));
  }

  /** Another column, or another meaning of the first row, by which columns have other names. */
  #again(names: boolean): void {
    if (!this.lesson) return;
    const [text, label] = [this.chosenColumn('text-column'), this.chosenColumn('label-column')];
    const header = this.#header.checked;
    this.ask(names ? { text: '', label: '', header, alike: 'ask' } : { text, label, header, alike: 'ask' });
  }
}
