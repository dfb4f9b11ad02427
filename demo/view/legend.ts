import { element } from './dom';
import type { PaletteKind } from './colours';
import { plain } from './numbers';

/** The colours of a heat map from its low end to its high end, with the numbers there and half-way. */
export function drawLegend(
  host: HTMLElement,
  kind: PaletteKind,
  [low, high]: readonly [number, number],
): void {
  host.replaceChildren(
    element('span', { class: `gradient ${kind}` }),
    ...[low, (low + high) / 2, high].map((value) => element('span', { class: 'end' }, plain(value, 2))),
  );
}
