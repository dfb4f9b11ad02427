import { element, finder, setText } from '../../view/dom';
import { chance } from '../../view/numbers';
import type { UnderstandStrings } from '../english';
import { REQUESTS } from '../examples/sentences';
import type { Tagged } from '../session/protocol';
import { Chips } from './chips';
import { kindClass } from './kinds';

/** A sentence with its tags in place, and each with its place and its probability. */
export class TagTryPanel {
  /** Another sentence. */
  onText: () => void = () => undefined;
  readonly #byId = finder();
  readonly #input = this.#byId<HTMLInputElement>('try-text');
  readonly #chips = new Chips(this.#byId('try-examples'));
  #text: string = REQUESTS[0];
  /** What was tagged, of which text. */
  #tagged: { readonly text: string; readonly found: Tagged | null } = { text: '', found: null };
  #drawn = '';

  constructor() {
    this.#input.value = this.#text;
    this.#input.addEventListener('input', () => this.#typed());
    this.#chips.onChoose = (text) => this.type(text);
    this.#chips.offer(REQUESTS);
  }

  get text(): string {
    return this.#text;
  }

  /** As if somebody typed it. */
  type(text: string): void {
    this.#input.value = text;
    this.#typed();
  }

  /** Without telling anybody. */
  put(text: string): void {
    [this.#input.value, this.#text] = [text, text];
  }

  focus(): void {
    this.#input.focus();
  }

  lock(): void {
    this.#input.disabled = true;
  }

  clear(): void {
    this.tell('', null);
  }

  tell(text: string, found: Tagged | null): void {
    this.#tagged = { text, found };
  }

  show(strings: UnderstandStrings, there: boolean, busy: boolean): void {
    this.#byId('try-part').hidden = !there;
    const empty = this.#byId('try-empty');
    empty.hidden = there;
    setText(empty, busy ? strings.busyHere : strings.tryEmpty);
    const key = JSON.stringify([this.#text, this.#tagged, strings.kind]);
    if (key === this.#drawn) return;
    this.#drawn = key;
    this.#draw(strings);
  }

  #typed(): void {
    this.#text = this.#input.value;
    this.onText();
  }

  /** What was found in another text stays, dimmed, until the answer comes. */
  #draw(strings: UnderstandStrings): void {
    const { text, found } = this.#tagged;
    const place = this.#byId('in-place');
    place.classList.toggle('waiting', found !== null && text !== this.#text);
    const parts: (Node | string)[] = [];
    let at = 0;
    for (const { start, end, label, score } of found?.tags ?? []) {
      const small = element('small', {}, element('b', {}, label), ` ${chance(score)}`);
      const mark = element('mark', { class: kindClass(found!.kinds, label) }, text.slice(start, end), small);
      parts.push(text.slice(at, start), mark);
      at = end;
    }
    place.replaceChildren(...parts, found ? text.slice(at) : this.#text);
    const host = this.#byId('found');
    if (!found) return host.replaceChildren();
    if (found.tags.length === 0)
      return host.replaceChildren(element('p', { class: 'small' }, strings.nothingFound));
    host.replaceChildren(this.#table(found, strings));
  }

  #table({ tags, kinds }: Tagged, strings: UnderstandStrings): HTMLElement {
    const head = [strings.foundText, strings.kind, strings.probability, strings.offsets];
    const rows = tags.map(({ text, label, score, start, end }) =>
      element(
        'tr',
        {},
        element('th', { scope: 'row', dir: 'auto' }, text),
        element('td', { class: 'name' }, element('i', { class: kindClass(kinds, label) }), label),
        element('td', {}, chance(score)),
        element('td', {}, `${start}–${end}`),
      ),
    );
    return element(
      'table',
      { class: 'found-tags' },
      element('thead', {}, element('tr', {}, ...head.map((one) => element('th', { scope: 'col' }, one)))),
      element('tbody', {}, ...rows),
    );
  }
}
