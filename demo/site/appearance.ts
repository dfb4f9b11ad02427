import { byId, element, setText } from '../view/dom';
import { FRAME, type FrameStrings } from './frame-strings';
import { LANG, type Language } from './language';

const ICONS = {
  sun: 'M12 4V2m0 20v-2m8-8h2M2 12h2m13.7-5.7 1.4-1.4M4.9 19.1l1.4-1.4m0-11.4L4.9 4.9m14.2 14.2-1.4-1.4M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8Z',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5Z',
};

const stored = (key: string): string | null => {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // storage may be switched off
  }
};
const store = (key: string, value: string): void => {
  try {
    localStorage.setItem(key, value);
  } catch {
    // the choice then lasts as long as the page
  }
};

/** Language and theme: the system's until someone chooses. Both are those of the whole site. */
export class Appearance {
  /** Called after either changed. */
  onChange: () => void = () => undefined;
  #language: Language;

  constructor() {
    this.#language = /^zh\b/i.test(stored('heed.language') ?? navigator.language) ? 'zh' : 'en';
    byId('language').addEventListener('click', () => {
      this.#language = this.#language === 'en' ? 'zh' : 'en';
      store('heed.language', this.#language);
      this.apply();
    });
    byId('theme').addEventListener('click', () => {
      const theme = this.#dark ? 'light' : 'dark';
      document.documentElement.dataset.theme = theme;
      store('heed.theme', theme);
      this.apply();
    });
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.apply());
  }

  get language(): Language {
    return this.#language;
  }

  get strings(): FrameStrings {
    return FRAME[this.#language];
  }

  /** Says the frame's own parts, then whatever hears of it. */
  apply(): void {
    const { strings } = this;
    document.documentElement.lang = LANG[this.#language];
    const language = byId('language');
    language.replaceChildren(
      element('span', { lang: LANG[this.#language === 'en' ? 'zh' : 'en'] }, strings.otherLanguage),
    );
    const theme = byId('theme');
    theme.setAttribute('aria-label', this.#dark ? strings.toLight : strings.toDark);
    theme.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${this.#dark ? ICONS.sun : ICONS.moon}"/></svg>`;
    this.onChange();
  }

  get #dark(): boolean {
    const { theme } = document.documentElement.dataset;
    return theme ? theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  }
}

/** Writes every string of some markup: texts, accessible names, placeholders. Functions and lists are left to views. */
export function fill(root: ParentNode, strings: Readonly<Record<string, unknown>>): void {
  const each = (attribute: string, write: (target: HTMLElement, text: string) => void): void => {
    for (const target of root.querySelectorAll<HTMLElement>(`[${attribute}]`)) {
      const text = strings[target.getAttribute(attribute)!];
      if (typeof text === 'string') write(target, text);
    }
  };
  each('data-string', setText);
  each('data-label', (target, text) => target.setAttribute('aria-label', text));
  each('data-placeholder', (target, text) => target.setAttribute('placeholder', text));
}
