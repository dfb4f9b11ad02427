import { onClick } from '../../view/dom';
import type { Format } from '../../view/format';
import { saveFile } from '../../view/save-file';
import type { UnderstandStrings } from '../english';
import type { ExampleSource, TagLesson } from '../session/protocol';
import { LessonPanel, type Listed, type SourceName } from './lesson-panel';
import { Marker } from './marker';

/** What is taught of tags: sentences from a file, or marked here word by word. */
export class TagLessonPanel extends LessonPanel<'tag'> {
  readonly #marker = new Marker();

  constructor() {
    super();
    this.#marker.onChange = () => this.take();
    onClick('save-marked', () => saveFile('marked.conll', new Blob([`${this.#marker.conll}\n`])));
  }

  protected story(strings: UnderstandStrings, choice: SourceName): string {
    return { page: strings.requestsStory, own: strings.tagOwnStory, marked: strings.markStory }[choice];
  }

  /** Each kind with how many there are, and the first of them. */
  protected listed({ kinds }: TagLesson, _: UnderstandStrings, format: Format): Listed[] {
    return kinds.map(({ label, count, shown }) => {
      return { name: label, count: format.whole(count), sample: shown.join(' · ') };
    });
  }

  protected facts(lesson: TagLesson, strings: UnderstandStrings, format: Format): string[] {
    const { training, held, alike } = lesson;
    const facts = [strings.tagFacts(format.whole(training), format.whole(held))];
    if (alike > 0) facts.push(strings.lessonAlike(format.whole(alike)));
    return facts;
  }

  protected draw(_: TagLesson | null, strings: UnderstandStrings): void {
    this.byId('marking').hidden = this.choice !== 'marked';
    this.#marker.say(strings);
  }

  protected override nothing(strings: UnderstandStrings): string {
    return this.choice === 'marked' ? strings.markNothing : strings.noExamples;
  }

  protected override get marked(): ExampleSource | null {
    return this.#marker.any ? { kind: 'marked', text: this.#marker.conll } : null;
  }
}
