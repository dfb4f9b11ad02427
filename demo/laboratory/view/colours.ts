/** Colours of heat maps: mixed from the theme's own, so that both themes have the zero of a map in their paper. */

export type PaletteKind = 'diverging' | 'sequential';

export interface Palette {
  readonly colour: (value: number) => string;
  /** Of the two text colours, the one that is easier to read on this value's colour. */
  readonly ink: (value: number) => string;
}

type Lab = readonly [number, number, number];

const STEPS = 128;

/**
 * Values from `low` to `high` as colours: sequential maps go from paper to cinnabar, diverging ones from slate blue
 * over paper to cinnabar. What is beyond the ends has their colour.
 */
export function palette(kind: PaletteKind, [low, high]: readonly [number, number]): Palette {
  const [paper, hot, cold, ink] = ['--paper', '--accent', '--second', '--ink'].map(themeColour);
  const colours = Array.from({ length: STEPS + 1 }, (_, i) => {
    const at = i / STEPS;
    if (kind === 'sequential') return mix(paper, hot, at);
    return at < 0.5 ? mix(cold, paper, 2 * at) : mix(paper, hot, 2 * at - 1);
  });
  const texts = colours.map((c) => css(Math.abs(c[0] - ink[0]) > Math.abs(c[0] - paper[0]) ? ink : paper));
  const painted = colours.map(css);
  const span = high - low || 1;
  const step = (value: number): number => Math.round(STEPS * Math.min(1, Math.max(0, (value - low) / span)));
  return { colour: (value) => painted[step(value)], ink: (value) => texts[step(value)] };
}

export const themeValue = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** A '#rrggbb' of the style sheet in OKLab (Ottosson 2020), where half-way looks half-way. */
function themeColour(name: string): Lab {
  const hex = parseInt(themeValue(name).slice(1, 7), 16);
  const [r, g, b] = [hex >> 16, (hex >> 8) & 255, hex & 255].map((byte) => {
    const c = byte / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

const mix = (from: Lab, to: Lab, share: number): Lab =>
  [0, 1, 2].map((i) => from[i] + (to[i] - from[i]) * share) as unknown as Lab;

const css = ([l, a, b]: Lab): string => `oklab(${l.toFixed(4)} ${a.toFixed(4)} ${b.toFixed(4)})`;
