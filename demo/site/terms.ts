/** Marks terms of the glossary in a page's texts, and says what a marked one means when it is pressed. */
import { element } from '../view/dom';
import { GLOSSARY } from './glossary';
import type { Both, Language } from './language';

/** Running text that no control contains, nor a chart: one picture for those who hear the page. */
const TEXTS = 'p[data-string]';
const UNMARKED = 'label, button, summary, a, legend, [role="alert"], [role="img"]';
const MARGIN = 8;

const COURSE: Both = { en: 'See it in the course', zh: '在课程里看' };

/** Per language, what finds the first term of a text, and which term each word means. */
const patterns = new Map<Language, { readonly any: RegExp; readonly of: ReadonlyMap<string, string> }>();

function patternOf(language: Language) {
  const known = patterns.get(language);
  if (known) return known;
  const of = new Map(
    Object.entries(GLOSSARY).flatMap(([id, { words }]) =>
      words[language].map((word) => [word.toLowerCase(), id] as const),
    ),
  );
  // Longer words first: "beam search" is not "beam".
  const all = [...of.keys()].sort((a, b) => b.length - a.length).join('|');
  const made = { any: language === 'en' ? new RegExp(`\\b(?:${all})\\b`, 'gi') : new RegExp(all, 'gi'), of };
  patterns.set(language, made);
  return made;
}

/** Marks each term once, where the page first has it. Texts that were written anew have lost their marks, and get them again. */
export function markTerms(main: HTMLElement, language: Language): void {
  const marked = new Set<string>();
  const { any, of } = patternOf(language);
  for (const text of main.querySelectorAll<HTMLElement>(TEXTS)) {
    if (text.closest(UNMARKED)) continue;
    const words = text.textContent;
    const found = [...words.matchAll(any)].flatMap(({ 0: word, index }) => {
      const id = of.get(word.toLowerCase())!;
      if (marked.has(id)) return [];
      marked.add(id);
      return [{ id, word, index }];
    });
    const before = [...text.querySelectorAll<HTMLElement>('.term')].map(({ dataset }) => dataset.term);
    if (before.join(' ') === found.map(({ id }) => id).join(' ')) continue; // focus stays where it is
    let from = 0;
    const parts = found.flatMap(({ id, word, index }) => {
      const button = { type: 'button', class: 'term', 'data-term': id, 'aria-expanded': 'false' };
      const part = [words.slice(from, index), element('button', button, word)];
      from = index + word.length;
      return part;
    });
    text.replaceChildren(...parts, words.slice(from));
  }
}

/** The panel of what a term means: one for the whole site, beside the term that was pressed. */
export class TermPanel {
  readonly #root: URL;
  readonly #panel = element('div', {
    ...{ id: 'term', popover: 'auto', role: 'dialog' },
    'aria-labelledby': 'term-name',
  });
  #term: HTMLElement | null = null;

  /** `root`: the site's, which the link into the course begins with. */
  constructor(root: URL, language: () => Language) {
    this.#root = root;
    document.body.append(this.#panel);
    document.addEventListener('click', ({ target }) => {
      const term = (target as Element).closest<HTMLElement>('.term');
      if (term) this.#open(term, language());
    });
    this.#panel.addEventListener('toggle', (event) => {
      this.#term?.setAttribute('aria-expanded', String(event.newState === 'open'));
    });
    // It stands beside its term, and does not scroll with the page.
    addEventListener('scroll', () => this.#close(), { passive: true });
  }

  #close(): void {
    if (this.#panel.matches(':popover-open')) this.#panel.hidePopover();
  }

  #open(term: HTMLElement, language: Language): void {
    const { name, says, chapter } = GLOSSARY[term.dataset.term!];
    this.#term?.setAttribute('aria-expanded', 'false');
    this.#term = term;
    const panel = this.#panel;
    panel.replaceChildren(
      element('b', { id: 'term-name' }, name[language]),
      element('p', {}, says[language]),
      ...(chapter === undefined
        ? []
        : [element('a', { href: new URL(`inside/?chapter=${chapter}`, this.#root).href }, COURSE[language])]),
    );
    panel.showPopover();
    const { left, top, bottom } = term.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = panel;
    const { clientWidth, clientHeight } = document.documentElement;
    panel.style.left = `${Math.max(MARGIN, Math.min(left, clientWidth - width - MARGIN))}px`;
    const below = bottom + MARGIN + height <= clientHeight;
    panel.style.top = `${below ? bottom + MARGIN : Math.max(MARGIN, top - MARGIN - height)}px`;
  }
}
