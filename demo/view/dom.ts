/** The element with this id. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found as T;
}

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

/** A model in a worker lives as long as its page: while there is one to lose, the other pages open beside it. */
export function openPagesBeside(held: boolean): void {
  for (const link of document.querySelectorAll<HTMLAnchorElement>('.pages a:not([aria-current])')) {
    link.target = held ? '_blank' : '';
  }
}
