import { element } from '../../view/dom';
import type { LaboratoryStrings } from '../english';
import type { SoftmaxInput, SoftmaxResult } from '../session/protocol';
import { twoWays } from '../softmax';
import { tidy } from '../../view/numbers';

/** The largest x whose exp(x) a 32-bit float holds. */
const LARGEST_EXPONENT = 88.72;

/** Softmax as it is written beside softmax with the largest subtracted, number by number. */
export class TwoWaysTable {
  readonly #host: HTMLElement;
  readonly #names: readonly string[];
  #head: HTMLElement = element('thead');
  #sum = '';

  constructor(host: HTMLElement, names: readonly string[]) {
    this.#host = host;
    this.#names = names;
  }

  say({ asWritten, subtracted, sum }: LaboratoryStrings): void {
    const group = (text: string, columns: number): HTMLElement =>
      element('th', { colspan: columns, scope: 'colgroup' }, text);
    const names = ['z/τ', 'exp(z/τ)', 'p', 'z/τ − max', 'exp', 'p'];
    this.#head = element(
      'thead',
      {},
      element('tr', {}, element('td', { colspan: 2 }), group(asWritten, 2), group(subtracted, 3)),
      element('tr', {}, element('td'), ...names.map((name) => element('th', { scope: 'col' }, name))),
    );
    this.#sum = sum;
  }

  show(input: SoftmaxInput | null, result: SoftmaxResult | null): void {
    const ways = input && result ? twoWays(result.scaled, input.mask) : null;
    const cell = (value: number | undefined): HTMLElement => {
      const bad = value !== undefined && (Number.isNaN(value) || value === Infinity);
      return element('td', bad ? { class: 'bad' } : {}, value === undefined ? '–' : tidy(value));
    };
    const rows = this.#names.map((name, i) =>
      element(
        'tr',
        input?.mask[i] === false ? { class: 'masked' } : {},
        element('th', { scope: 'row' }, element('i', {}, name)),
        ...[
          result?.scaled[i],
          ways?.naive.exponentials[i],
          ways?.naive.shares[i],
          ways?.stable.shifted[i],
          ways?.stable.exponentials[i],
          result?.probabilities[i],
        ].map(cell),
      ),
    );
    const total = (values: ArrayLike<number> | undefined): number | undefined =>
      values && Array.from(values).reduce((a, b) => a + b, 0);
    const sums = element(
      'tr',
      { class: 'sums' },
      element('th', { scope: 'row' }, this.#sum),
      element('td'),
      cell(ways?.naive.sum),
      cell(total(ways?.naive.shares)),
      element('td'),
      cell(ways?.stable.sum),
      cell(total(result?.probabilities)),
    );
    const table = element('table', {}, this.#head, element('tbody', {}, ...rows, sums));
    this.#host.replaceChildren(table);
  }
}

/** What the table shows, in a sentence. */
export function remark(
  strings: LaboratoryStrings,
  { mask }: SoftmaxInput,
  { scaled }: SoftmaxResult,
): string {
  const scores = Array.from(scaled).filter((_, i) => mask[i]);
  if (scores.length === 0) return strings.nothing;
  const largest = Math.max(...scores);
  if (largest > LARGEST_EXPONENT) return strings.overflow(tidy(largest));
  return scores.every((z) => Math.fround(Math.exp(z)) === 0) ? strings.underflow : strings.agree;
}
