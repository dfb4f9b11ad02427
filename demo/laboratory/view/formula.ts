import { element } from '../../view/dom';

/** Writes a formula: `W_Q` gets its Q as an index. */
export function setFormula(target: HTMLElement, text: string): void {
  const parts = text.split(/_(\p{L})/u);
  target.replaceChildren(...parts.map((part, i) => (i % 2 === 1 ? element('sub', {}, part) : part)));
}
