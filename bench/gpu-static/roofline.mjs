// A roofline from a kernel's machine code: the share of the peak of f32 multiply-adds that its busiest unit allows, and the
// one that waiting leaves.
import { add, noCounts, noCycles, parse } from './isa.mjs';

/** @typedef {import('./families.mjs').Rates} Rates */
/** @typedef {import('./isa.mjs').Block} Block */
/** @typedef {import('./isa.mjs').Loop} Loop */
/** How often each loop turns, in the order of the code; several lists where compilers unroll differently. @typedef {readonly (readonly number[])[]} Turns */
/** @typedef {{ t: number, left: { global: number[], local: number[] }, free: { global: number, local: number } }} Wave */

/** Cycles until what is loaded can be used: from memory (as if from the second cache), local memory, constants. */
const WAIT = { global: 400, local: 64, constant: 100 };
const UNITS = /** @type {const} */ (['global', 'local']);

/** ACO's guess where nobody knows better. */
const guess = (/** @type {number} */ depth) => (depth === 1 ? 8 : depth === 2 ? 4 : 2);

/**
 * Lets a wave run through a block, in order.
 *
 * @param {Wave} wave
 * @param {Block} block
 * @param {number} perUnit
 */
function pass(wave, block, perUnit) {
  for (const stage of block.stages) {
    if (!('busy' in stage)) {
      for (const unit of UNITS) {
        const most = stage[unit];
        while (most !== undefined && wave.left[unit].length > most)
          wave.t = Math.max(wave.t, wave.left[unit].shift() ?? 0);
      }
      continue;
    }
    wave.t += stage.busy;
    if (!stage.load) continue;
    const unit = stage.load === 'store' || stage.load === 'global' ? 'global' : 'local';
    const from = Math.max(wave.t, wave.free[unit]);
    wave.free[unit] = from + stage.takes / perUnit;
    if (stage.load !== 'store') wave.left[unit].push(wave.free[unit] + WAIT[stage.load]);
  }
}

/** @param {Wave} wave @param {number} by cycles */
function shift(wave, by) {
  wave.t += by;
  for (const unit of UNITS) {
    wave.left[unit] = wave.left[unit].map((t) => t + by);
    wave.free[unit] += by;
  }
}

/**
 * Cycles that a wave takes alone on its compute unit, in order; loops turn three times, then more of the same.
 *
 * @param {Block[]} blocks
 * @param {Loop[]} loops
 * @param {number[]} turns
 * @param {number} perUnit
 */
function alone(blocks, loops, turns, perUnit) {
  /** @type {Wave} */
  const wave = { t: 0, left: { global: [], local: [] }, free: { global: 0, local: 0 } };
  const walk = (/** @type {number} */ first, /** @type {number} */ last, /** @type {number} */ within) => {
    for (let i = first; i <= last; i++) {
      const inner = loops.findIndex((loop, n) => n > within && loop.first === i && loop.last <= last);
      if (inner < 0) {
        pass(wave, blocks[i], perUnit);
        continue;
      }
      let before = wave.t;
      let turn = 0;
      for (const whole = Math.min(3, Math.ceil(turns[inner])); turn < whole; turn++) {
        before = wave.t;
        walk(i, loops[inner].last, inner);
      }
      shift(wave, (turns[inner] - turn) * (wave.t - before));
      i = loops[inner].last;
    }
  };
  walk(0, blocks.length - 1, -1);
  return wave.t;
}

/**
 * Each block counts as often as the loops around it turn.
 *
 * @param {string} text machine code
 * @param {number} wave lanes
 * @param {Rates} rates
 * @param {Turns} lists the one that has as many numbers as there are loops counts; none: turns are guessed
 */
export function roofline(text, wave, rates, lists = []) {
  const { blocks, loops } = parse(text, wave, rates);
  const list = lists.find((one) => one.length === loops.length);
  const turns = loops.map(({ depth }, i) => list?.[i] ?? guess(depth));
  const own = loops.map((loop) => ({ ...loop, counts: noCounts(), cycles: noCycles(), times: 1 }));
  const [counts, cycles] = [noCounts(), noCycles()];
  for (const [i, block] of blocks.entries()) {
    const around = loops.flatMap(({ first, last }, j) => (first <= i && i <= last ? [j] : []));
    const times = around.reduce((product, j) => product * turns[j], 1);
    add(counts, block.counts, times);
    add(cycles, block.cycles, times);
    const inner = around.length > 0 ? own[around[around.length - 1]] : null;
    if (!inner) continue;
    add(inner.counts, block.counts);
    add(inner.cycles, block.cycles);
    inner.times = times;
  }
  const peak = (rates.dual ? 2 : 1) * rates.lanes; // multiply-adds of f32 a cycle
  const units = Object.entries(cycles);
  const [limit, most] = units.reduce((a, b) => (b[1] > a[1] ? b : a));
  return {
    /** Whether the turns of the loops are known, not guessed. */
    known: list !== undefined || loops.length === 0,
    loops: own,
    /** The loop with most multiply-adds. */
    hot: own.reduce((a, b) => (b.counts.macs * b.times > a.counts.macs * a.times ? b : a), {
      counts: noCounts(),
      times: 1,
    }),
    /** Cycles that the multiply-adds would take at the peak, that the busiest unit takes, and a wave by itself. */
    ideal: (counts.macs * wave) / peak,
    most: Math.max(1, most),
    limit,
    alone: alone(blocks, loops, turns, rates.perUnit),
  };
}
