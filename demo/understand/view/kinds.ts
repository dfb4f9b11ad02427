/** How kinds of names look: four colours in turn, of which none tells anything without its word. */
const COLOURS = 4;

export const kindClass = (kinds: readonly string[], kind: string): string =>
  `kind kind-${Math.max(0, kinds.indexOf(kind)) % COLOURS}`;
