/** Where panels stand, alike in all pictures: two squares of 320 pixels beside each other, 820 wide in all. */
import type { Axis, HeatMap } from './picture';

export const WIDTH = 820;
export const LEFT = 70;
export const RIGHT = 470;
export const TOP = 36;
export const SIDE = 320;
/** Middles of the two panels. */
export const MIDDLE = [LEFT + SIDE / 2, RIGHT + SIDE / 2] as const;
/** Where legends stand under a panel with an axis. */
export const LEGEND = TOP + SIDE + 52;
export const HEIGHT = LEGEND + 20;

/** Positions in a square panel, 5 pixels each. */
export const T = 64;
export const square = { y: TOP, cell: SIDE / T, rows: T, columns: T } as const satisfies Partial<HeatMap>;

/** Multiples of `step` below `end`, as ticks. */
export const every = (step: number, end: number): (readonly [number, number])[] =>
  Array.from({ length: Math.floor((end - 1) / step) + 1 }, (_, i) => [i * step, i * step] as const);

export const axis = (label: string, end: number, step = 16): Axis => ({ label, ticks: every(step, end) });
