/** Finds elements by id. */
export type Finder = <T extends HTMLElement = HTMLElement>(id: string) => T;

/** Where elements are looked up by what is made now: the page that is being entered, or a part of it. */
interface Scope {
  readonly node: ParentNode;
  /** Before each of its ids. */
  readonly prefix: string;
}

/** Null: the whole document. */
let scope: Scope | null = null;

/**
 * Makes the views of a page, which find their elements in it by id, now and later. Pages live on while another one is
 * on view, and some of their ids are alike. `prefix`: of a part that a page has several of, whose ids begin with it.
 */
export function within<T>(node: ParentNode, make: () => T, prefix = ''): T {
  const before = scope;
  scope = { node, prefix };
  try {
    return make();
  } finally {
    scope = before;
  }
}

/** A finder in the page that is being entered. */
export function finder(): Finder {
  const { node, prefix } = scope ?? { node: document, prefix: '' };
  return <T extends HTMLElement>(id: string): T => {
    const found = node.querySelector<T>(`#${prefix}${id}`);
    if (!found) throw new Error(`the page has no #${prefix}${id}`);
    return found;
  };
}

/** The element with this id, in the page that is being entered or, outside of pages, in the document. */
export const byId: Finder = (id) => finder()(id);

type Properties = Readonly<Record<string, string | number | boolean>>;

/** An element with properties (`class`, `hidden`, …) and children. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Properties = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === false) continue;
    made.setAttribute(name, value === true ? '' : String(value));
  }
  made.append(...children);
  return made;
}

/** What a choice says: its name, a count beside it, and a note below. */
export type ChoiceTexts = readonly [name: string, count: string, note: string];

/** A radio button with its texts, which `sayChoice` writes; `properties` are the label's. */
export function choice(
  input: HTMLInputElement,
  texts: ChoiceTexts = ['', '', ''],
  properties: Properties = {},
): HTMLLabelElement {
  const parts = [element('b'), element('span', { class: 'count' }), element('small')];
  const label = element('label', properties, input, element('span', { class: 'choice' }, ...parts));
  sayChoice(label, texts);
  return label;
}

export function sayChoice(label: Element, texts: ChoiceTexts): void {
  const { children } = label.querySelector('.choice')!;
  texts.forEach((text, i) => setText(children[i], text));
}

/** Writes only when something changes, so that screen readers and layout are left in peace. */
export function setText(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

export function onClick(id: string, action: () => unknown): void {
  byId(id).addEventListener('click', () => void action());
}

/** The button opens the file input's dialog; the same file may be chosen twice. */
export function onFile(button: string, input: string, take: (file: File) => void): void {
  const files = byId<HTMLInputElement>(input);
  onClick(button, () => files.click());
  files.addEventListener('change', () => {
    const chosen = files.files?.[0];
    files.value = '';
    if (chosen) take(chosen);
  });
}
