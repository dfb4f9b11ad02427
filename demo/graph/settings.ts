import type { GraphSettings } from './session/protocol';

/** Settings as the page has them at first, and within which numbers they may be. */
export const RANGES = {
  heads: { min: 1, max: 8, step: 1, value: 4 },
  layers: { min: 1, max: 3, step: 1, value: 2 },
  steps: { min: 20, max: 400, step: 20, value: 60 },
  seed: { min: 1, max: 99, step: 1, value: 1 },
} as const;

export const USUAL: GraphSettings = {
  version: 2,
  heads: RANGES.heads.value,
  layers: RANGES.layers.value,
  steps: RANGES.steps.value,
  seed: RANGES.seed.value,
};

export const sameSettings = (a: GraphSettings, b: GraphSettings): boolean =>
  (Object.keys(USUAL) as (keyof GraphSettings)[]).every((name) => a[name] === b[name]);
