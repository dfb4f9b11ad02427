import { element, finder, onClick, onFile, setText } from '../../view/dom';
import type { GraphStrings } from '../english';
import type { EdgeList } from '../net/edge-list';
import { MOST_MEMBERS, MOST_TIES } from '../net/net';
import type { Source } from '../sheet';

/** Wrong lines that are told. */
const TOLD = 6;

/** Where the graph comes from: the club, a list, or an empty sheet. */
export class ListPanel {
  onSource: (source: Source) => void = () => undefined;
  onList: (list: string) => void = () => undefined;
  onEmpty: () => void = () => undefined;
  readonly #byId = finder();
  readonly #pasted = this.#byId<HTMLTextAreaElement>('pasted');
  #read: EdgeList | null = null;

  constructor() {
    this.#byId('graph-part').addEventListener('change', ({ target }) => {
      const { name, value } = target as HTMLInputElement;
      if (name === 'graph') this.onSource(value as Source);
    });
    onClick('use-pasted', () => this.onList(this.#pasted.value));
    onClick('empty-sheet', () => this.onEmpty());
    onFile('choose-file', 'list-file', (file) => void this.take(file));
  }

  /** A list that was chosen or dropped stands in the field, whatever comes of it. */
  async take(file: File): Promise<void> {
    this.#pasted.value = await file.text();
    this.onList(this.#pasted.value);
  }

  /** What came of a list; null: it is no longer what is on view. */
  tell(read: EdgeList | null): void {
    this.#read = read;
  }

  show(strings: GraphStrings, source: Source): void {
    for (const input of this.#byId('graph-part').querySelectorAll<HTMLInputElement>('[name=graph]'))
      input.checked = input.value === source;
    setText(this.#byId('story'), strings.stories[source]);
    this.#byId('own').hidden = source !== 'own' && this.#read === null;
    setText(this.#byId('list-notes'), notesOf(strings, this.#read));
    const problems = problemsOf(strings, this.#read);
    const host = this.#byId('list-problems');
    if (host.textContent !== problems.join('')) {
      host.replaceChildren(...problems.map((line) => element('p', {}, line))); // it is announced
    }
    if (problems.length > 0) this.#pasted.setAttribute('aria-invalid', 'true');
    else this.#pasted.removeAttribute('aria-invalid');
  }
}

function notesOf(strings: GraphStrings, read: EdgeList | null): string {
  if (!read || !('net' in read)) return '';
  const { net, leftOut } = read;
  return [
    strings.listRead(net.members.length, net.ties.length),
    ...(leftOut.repeated.length > 0 ? [strings.repeatedLines(leftOut.repeated.join(', '))] : []),
    ...(leftOut.loops.length > 0 ? [strings.loopLines(leftOut.loops.join(', '))] : []),
  ].join(strings.space);
}

function problemsOf(strings: GraphStrings, read: EdgeList | null): string[] {
  if (!read || 'net' in read) return [];
  if ('wrong' in read) {
    const { wrong, count } = read;
    return [strings.tooMany[wrong](count, wrong === 'ties' ? MOST_TIES : MOST_MEMBERS)];
  }
  const { problems } = read;
  const more = problems.length - TOLD;
  return [
    strings.listWrong(problems.length),
    ...problems.slice(0, TOLD).map(strings.problem),
    ...(more > 0 ? [strings.andMore(more)] : []),
  ];
}
