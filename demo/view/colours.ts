/** Colours of heat maps: mixed from the theme's own, so that both themes have the zero of a map in their paper. */

export type PaletteKind = 'diverging' | 'sequential';

export interface Palette {
  readonly colour: (value: number) => string;
  /** A text colour that can be read on this value's colour. */
  readonly ink: (value: number) => string;
}

type Lab = readonly [number, number, number];

const STEPS = 128;

/**
 * Values from `low` to `high` as colours: sequential maps go from paper to cinnabar, diverging ones from slate blue
 * over paper to cinnabar. What is beyond the ends has their colour.
 */
export function palette(kind: PaletteKind, [low, high]: readonly [number, number]): Palette {
  const [paper, hot, cold] = ['--paper', '--accent', '--second'].map(themeColour);
  const colours = Array.from({ length: STEPS + 1 }, (_, i) => {
    const at = i / STEPS;
    if (kind === 'sequential') return mix(paper, hot, at);
    return at < 0.5 ? mix(cold, paper, 2 * at) : mix(paper, hot, 2 * at - 1);
  });
  const painted = colours.map(css);
  const inks = [themeValue('--ink'), themeValue('--paper')];
  const texts: string[] = [];
  const span = high - low || 1;
  const step = (value: number): number => Math.round(STEPS * Math.min(1, Math.max(0, (value - low) / span)));
  return {
    colour: (value) => painted[step(value)],
    ink: (value) => (texts[step(value)] ??= readable(painted[step(value)], inks)),
  };
}

export const themeValue = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Red, green and blue light of a '#rrggbb', 0 … 1. */
function light(colour: string): number[] {
  const hex = parseInt(colour.slice(1, 7), 16);
  return [hex >> 16, (hex >> 8) & 255, hex & 255].map((byte) => {
    const c = byte / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
}

/** Contrast ratio of two '#rrggbb' (WCAG 2.2): 1 … 21. */
export function contrast(one: string, other: string): number {
  const [a, b] = [one, other].map((colour) => {
    const [red, green, blue] = light(colour);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05;
  });
  return Math.max(a, b) / Math.min(a, b);
}

/** The ink with most contrast on a colour if that is at least 4.5, as small type needs; else black or white, which is. */
export function readable(on: string, inks: readonly string[]): string {
  const best = (all: readonly string[]): string =>
    all.reduce((a, b) => (contrast(on, b) > contrast(on, a) ? b : a));
  const own = best(inks);
  return contrast(on, own) >= 4.5 ? own : best(['#000000', '#ffffff']);
}

/** A '#rrggbb' of the style sheet in OKLab (Ottosson 2020), where half-way looks half-way. */
function themeColour(name: string): Lab {
  const [r, g, b] = light(themeValue(name));
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

/** As '#rrggbb', which drawings that leave the page need. */
function css([l, a, b]: Lab): string {
  const x = (l + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const y = (l - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const z = (l - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * x - 3.3077115913 * y + 0.2309699292 * z,
    -1.2684380046 * x + 2.6097574011 * y - 0.3413193965 * z,
    -0.0041960863 * x - 0.7034186147 * y + 1.707614701 * z,
  ];
  const bytes = linear.map((value) => {
    const c = Math.min(1, Math.max(0, value));
    return Math.round(255 * (c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055));
  });
  return `#${bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
