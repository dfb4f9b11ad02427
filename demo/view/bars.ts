import { element } from './dom';

export interface Bar {
  readonly label: string;
  /** For the pointer. */
  readonly title: string;
  readonly detail: string;
  readonly amount: string;
  /** Of the whole, 0 … 1; null where a share means nothing. */
  readonly share: number;
}

/** A list of amounts with a bar under each, longest bar first. */
export function drawBars(
  host: HTMLElement,
  note: string,
  bars: readonly Bar[],
  percent: (share: number) => string,
): void {
  const longest = Math.max(1e-9, ...bars.map((bar) => bar.share));
  const rows = bars.map(({ label, title, detail, amount, share }) => {
    const row = element(
      'li',
      {},
      element('span', { class: 'label', title }, label, ' ', element('small', {}, detail)),
      element('span', { class: 'amount' }, amount),
      element('span', { class: 'share' }, percent(share)),
    );
    row.style.setProperty('--share', (share / longest).toFixed(4)); // an attribute would break the page's policy
    return row;
  });
  host.replaceChildren(element('p', {}, note), element('ul', {}, ...rows));
  const empty = host.previousElementSibling;
  if (empty?.classList.contains('empty')) empty.remove();
}
