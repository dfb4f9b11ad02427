import { element, finder, onClick } from '../../view/dom';
import { Roving } from '../../view/roving';
import { Segments } from '../../view/segments';
import type { UnderstandStrings } from '../english';
import { marked, sentencesOf, toConll, type MarkedSentence } from '../marks';
import { wordsOf } from '../words';
import { kindClass } from './kinds';

/** Where the browser keeps what was marked, and what there is to mark at first. */
const KEY = 'heed.understand.marked';
const KINDS = ['person', 'place', 'time'];

/** Sentences of a visitor's, of which words are pressed, or drawn over, to tell what they are. */
export class Marker {
  onChange: () => void = () => undefined;
  readonly #byId = finder();
  readonly #field = this.#byId<HTMLTextAreaElement>('lines');
  readonly #list = this.#byId('marker');
  readonly #roving = new Roving(this.#list);
  readonly #kinds = new Segments(this.#byId('kinds'), 'kind', () => undefined);
  readonly #new = this.#byId<HTMLInputElement>('new-kind');
  #names: string[] = KINDS;
  #sentences: MarkedSentence[] = [];
  /** The word that was pressed last: with Shift, all from there on are marked. */
  #from: { readonly sentence: number; readonly word: number } | null = null;
  /** What stands on the page, line by line. */
  #drawn: readonly MarkedSentence[] = [];
  #drawnNames: readonly string[] = [];
  #strings: UnderstandStrings | null = null;
  #waiting: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.#restore();
    this.#field.addEventListener('input', () => {
      this.#sentences = sentencesOf(this.#field.value, this.#sentences);
      this.#changed();
    });
    onClick('add-kind', () => this.#add());
    this.#new.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter') return;
      event.preventDefault();
      this.#add();
    });
    onClick('clear-marks', () => {
      this.#sentences = sentencesOf(this.#field.value, []);
      this.#changed();
    });
    this.#list.addEventListener('click', (event) => this.#press(event));
    this.#list.addEventListener('pointerup', () => this.#drawnOver());
  }

  get conll(): string {
    return toConll(this.#sentences);
  }

  get any(): boolean {
    return this.#sentences.some(({ marks }) => marks.some((mark) => mark !== null));
  }

  say(strings: UnderstandStrings): void {
    this.#strings = strings;
    this.#kinds.offer(this.#names.map((name) => [name, name] as const));
    const marks = this.any;
    for (const id of ['save-marked', 'clear-marks']) this.#byId<HTMLButtonElement>(id).disabled = !marks;
    this.#draw();
  }

  #add(): void {
    const name = this.#new.value.trim().replace(/\s+/g, '_');
    if (name === '') return this.#new.focus();
    if (!this.#names.includes(name)) this.#names = [...this.#names, name];
    this.#new.value = '';
    this.#changed();
    this.#kinds.choose(name);
  }

  #press(event: MouseEvent): void {
    const word = this.#wordOf(event.target as Node);
    if (!word) return;
    const from = this.#from;
    if (event.shiftKey && from?.sentence === word.sentence) this.#mark(word.sentence, from.word, word.word);
    else this.#mark(word.sentence, word.word, word.word);
    this.#from = word;
  }

  /** Words that a pointer was drawn over, as text is selected. */
  #drawnOver(): void {
    const selection = getSelection();
    if (!selection || selection.isCollapsed || selection.rangeCount === 0) return;
    const { startContainer, endContainer } = selection.getRangeAt(0);
    const [from, to] = [this.#wordOf(startContainer), this.#wordOf(endContainer)];
    if (!from || !to || from.sentence !== to.sentence || from.word === to.word) return;
    selection.removeAllRanges();
    this.#mark(from.sentence, from.word, to.word);
  }

  #mark(sentence: number, a: number, b: number): void {
    this.#sentences = this.#sentences.map((one, i) =>
      i === sentence ? marked(one, Math.min(a, b), Math.max(a, b), this.#kinds.chosen) : one,
    );
    this.#changed();
  }

  #wordOf(node: Node): { readonly sentence: number; readonly word: number } | null {
    const host = node instanceof Element ? node : node.parentElement;
    const button = host?.closest('button');
    if (!button || !this.#list.contains(button)) return null;
    return { sentence: Number(button.dataset.sentence), word: Number(button.dataset.word) };
  }

  #changed(): void {
    this.#keep();
    if (this.#strings) this.say(this.#strings);
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => this.onChange(), 400);
  }

  #draw(): void {
    const before = this.#drawnNames === this.#names ? this.#drawn : [];
    const now = this.#sentences;
    if (before === now) return;
    [this.#drawn, this.#drawnNames] = [now, this.#names];
    const focused = this.#wordOf(document.activeElement ?? this.#list);
    this.#list.hidden = now.length === 0;
    // Lines that are as they were stay: there may be hundreds.
    const lines = [...this.#list.children];
    now.forEach((one, i) => {
      if (before[i] === one) return;
      const line = this.#line(one, i);
      if (i < lines.length) lines[i].replaceWith(line);
      else this.#list.append(line);
    });
    for (const line of lines.slice(now.length)) line.remove();
    const again =
      focused &&
      this.#list.querySelector<HTMLElement>(
        `[data-sentence="${focused.sentence}"][data-word="${focused.word}"]`,
      );
    this.#roving.stopAt(again ?? this.#list.querySelector('button'));
    again?.focus();
  }

  #line({ text, marks }: MarkedSentence, sentence: number): HTMLElement {
    let at = 0;
    const parts = wordsOf(text).flatMap((place, i) => {
      const mark = marks[i];
      const word = text.slice(place.start, place.end);
      const between = text.slice(at, place.start);
      at = place.end;
      // A name is one, the space in it too.
      const inName = mark !== null && !mark.begins;
      const gap = inName ? element('span', { class: kindClass(this.#names, mark.kind) }, between) : between;
      const ends = mark !== null && (marks[i + 1]?.begins ?? true);
      const state = mark ? `${kindClass(this.#names, mark.kind)}${mark.begins ? ' begins' : ''}` : '';
      const button = element(
        'button',
        {
          ...{ type: 'button', class: state, 'aria-pressed': String(mark !== null) },
          ...(mark && !ends && { 'aria-label': `${word} ${mark.kind}` }), // else it says so itself
          ...{ 'data-sentence': sentence, 'data-word': i },
        },
        word,
        ...(ends ? [' ', element('small', {}, mark.kind)] : []),
      );
      return [gap, button];
    });
    return element('li', { dir: 'auto' }, ...parts);
  }

  #keep(): void {
    try {
      localStorage.setItem(KEY, JSON.stringify({ names: this.#names, sentences: this.#sentences }));
    } catch {
      // a browser that keeps nothing, or has no room
    }
  }

  #restore(): void {
    try {
      const kept = JSON.parse(localStorage.getItem(KEY) ?? 'null') as {
        readonly names: string[];
        readonly sentences: MarkedSentence[];
      } | null;
      if (!kept) return;
      const text = kept.sentences.map((one) => one.text).join('\n');
      const sentences = sentencesOf(text, kept.sentences);
      if (sentences.some((one) => wordsOf(one.text).length !== one.marks.length)) return;
      [this.#names, this.#sentences, this.#field.value] = [kept.names, sentences, text];
    } catch {
      // it is none of ours
    }
  }
}
