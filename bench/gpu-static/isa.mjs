// Reads AMD's machine code (ACO's listing): what each instruction counts for and costs, and which blocks form loops.

/** @typedef {import('./families.mjs').Rates} Rates */
/**
 * Of a lane: multiply-adds, instructions of the vector and scalar units, accesses of workgroup memory and of memory and their
 * bytes, barriers.
 *
 * @typedef {Record<'macs' | 'vector' | 'scalar' | 'local' | 'global' | 'localBytes' | 'globalBytes' | 'barriers', number>} Counts
 */
/** Cycles that each unit of a SIMD is busy with a wave. @typedef {Record<'vector' | 'scalar' | 'local' | 'global', number>} Cycles */
/**
 * What a wave does at an instruction: busy cycles and a load that starts, or how many loads may be left when it goes on.
 *
 * @typedef {{ busy: number, load?: 'local' | 'global' | 'store' | 'constant', takes: number } |
 *   { global: number | undefined, local: number | undefined }} Stage
 */
/** @typedef {{ counts: Counts, cycles: Cycles, branches: string[], stages: Stage[] }} Block */
/** Blocks `first` to `last`; `depth` 1 is outermost. @typedef {{ first: number, last: number, depth: number }} Loop */

/** Dual issue takes these only. */
const DUAL = /^v_(fma|fmac|fmaak|fmamk|mul|add|sub|subrev|mac)_f32/;
const SLOW =
  /^v_(exp|log|rcp|rsq|sqrt|sin|cos|s_exp|s_log|s_rcp|s_rsq|s_sqrt)_|^v_mul_(lo|hi)_[ui]32|^v_mad_[ui]64/;
const MULTIPLY = /^v_(fma|fmac|fmaak|fmamk|mul|mac|mad|madak|madmk)_f(16|32)|^v_fma_mix/;
const PACKED = /^v_pk_(fma|mul)_f(16|32)|^v_dot2/;
/** Waits, hints and ends, which the scalar unit does not execute. */
const NO_WORK = /^s_(waitcnt|delay|nop|clause|endpgm|sendmsg|wait|code_end|inst_prefetch|set_inst)/;

/** @returns {Counts} */
export const noCounts = () => ({
  macs: 0,
  vector: 0,
  scalar: 0,
  local: 0,
  global: 0,
  localBytes: 0,
  globalBytes: 0,
  barriers: 0,
});
/** @returns {Cycles} */
export const noCycles = () => ({ vector: 0, scalar: 0, local: 0, global: 0 });

/**
 * @template {Record<string, number>} T
 * @param {T} to
 * @param {T} from
 * @param {number} [times]
 */
export function add(to, from, times = 1) {
  const sums = /** @type {Record<string, number>} */ (to);
  for (const key of Object.keys(from)) sums[key] += from[key] * times;
}

/** @param {string} name of a memory instruction @returns {number} bytes a lane */
function bytesOf(name) {
  if (/2st64_b64|2_b64/.test(name)) return 16;
  if (/2st64_b32|2_b32/.test(name)) return 8;
  const words = /dwordx(\d)/.exec(name);
  if (words) return 4 * Number(words[1]);
  const bits = /_b(\d+)/.exec(name);
  if (bits) return Number(bits[1]) / 8;
  return /short|u16|i16|d16/.test(name) ? 2 : 4;
}

/**
 * @param {string} name of a vector instruction
 * @param {string} operands
 * @param {number} wave
 * @param {Rates} rates
 * @returns {{ macs: number, cycles: number }}
 */
function vectorCost(name, operands, wave, rates) {
  const passes = wave / rates.lanes;
  if (name.startsWith('v_dual_')) {
    const both = [name, ...Array.from(operands.matchAll(/v_dual_\w+/g), ([other]) => other)];
    const macs = both.filter((one) => MULTIPLY.test(one.replace('v_dual_', 'v_'))).length;
    return { macs, cycles: passes };
  }
  const macs = PACKED.test(name) ? 2 : MULTIPLY.test(name) ? 1 : 0;
  if (SLOW.test(name)) return { macs, cycles: 4 * passes };
  return { macs, cycles: rates.dual && wave === 64 && DUAL.test(name) ? passes / 2 : passes };
}

/**
 * One instruction as counts, and as cycles of each unit of a SIMD.
 *
 * @param {string} name
 * @param {string} operands
 * @param {number} wave lanes of a wave
 * @param {Rates} rates
 */
function costOf(name, operands, wave, rates) {
  const [counts, cycles] = [noCounts(), noCycles()];
  if (name.startsWith('v_')) {
    const cost = vectorCost(name, operands, wave, rates);
    counts.vector = 1;
    counts.macs = cost.macs;
    cycles.vector = cost.cycles;
  } else if (name.startsWith('ds_')) {
    counts.local = 1;
    counts.localBytes = /permute|swizzle/.test(name) ? 0 : bytesOf(name);
    cycles.local = ((counts.localBytes || 4) * wave) / rates.local;
  } else if (/^(buffer|global|flat|scratch)_(load|store|atomic)/.test(name)) {
    counts.global = 1;
    counts.globalBytes = bytesOf(name);
    cycles.global = Math.max((counts.globalBytes * wave) / rates.cache, wave / 8);
  } else if (name.startsWith('s_barrier')) {
    counts.barriers = name.includes('wait') ? 0 : 1;
  } else if (name.startsWith('s_') && !NO_WORK.test(name)) {
    counts.scalar = 1;
    cycles.scalar = 1;
  }
  return { counts, cycles };
}

/**
 * @param {string} name
 * @param {string} operands
 * @param {{ counts: Counts, cycles: Cycles }} cost
 * @returns {Stage}
 */
function stageOf(name, operands, { counts, cycles }) {
  if (name.startsWith('s_wait')) {
    const left = (/** @type {string} */ counter, /** @type {RegExp} */ own) => {
      const found = new RegExp(`${counter}\\((\\w+)\\)`).exec(operands);
      if (found) return Number(found[1]);
      return own.test(name) ? Number(operands.split(',').at(-1)) : undefined;
    };
    return { global: left('vmcnt', /^s_wait_load/), local: left('lgkmcnt', /^s_wait_(ds|km)/) };
  }
  if (counts.local) return { busy: 1, load: 'local', takes: cycles.local };
  if (counts.global)
    return { busy: 1, load: name.includes('store') ? 'store' : 'global', takes: cycles.global };
  if (/^s_(buffer_)?load/.test(name)) return { busy: 1, load: 'constant', takes: 0 };
  return { busy: cycles.vector || cycles.scalar, takes: 0 };
}

/**
 * Blocks of a listing, and the loops that its backward branches make: nested ranges of blocks, in the order of the code.
 *
 * @param {string} text
 * @param {number} wave
 * @param {Rates} rates
 * @returns {{ blocks: Block[], loops: Loop[] }}
 */
export function parse(text, wave, rates) {
  /** @type {Block[]} */
  const blocks = [];
  /** @type {Map<string, number>} */
  const byName = new Map();
  for (const line of text.split('\n')) {
    const label = /^(BB\d+):/.exec(line);
    if (label) {
      byName.set(label[1], blocks.length);
      blocks.push({ counts: noCounts(), cycles: noCycles(), branches: [], stages: [] });
      continue;
    }
    const instruction = /^\s+([a-z]\w+)\s*(.*?)\s*(;.*)?$/.exec(line);
    const block = blocks.at(-1);
    if (!instruction || !block) continue;
    const [, full, operands] = instruction;
    const name = full.replace(/_(e32|e64|dpp|dpp8|sdwa|e64_dpp|e32_dpp)$/, '');
    const cost = costOf(name, operands, wave, rates);
    add(block.counts, cost.counts);
    add(block.cycles, cost.cycles);
    block.stages.push(stageOf(name, operands, cost));
    const to = /^s_c?branch/.test(name) && /BB\d+/.exec(operands);
    if (to) block.branches.push(to[0]);
  }
  return { blocks, loops: loopsOf(blocks, byName) };
}

/**
 * @param {Block[]} blocks
 * @param {Map<string, number>} byName
 * @returns {Loop[]}
 */
function loopsOf(blocks, byName) {
  /** Last blocks by first ones. @type {Map<number, number>} */
  const ranges = new Map();
  for (const [i, { branches }] of blocks.entries()) {
    for (const name of branches) {
      const target = byName.get(name);
      if (target !== undefined && target <= i) ranges.set(target, Math.max(ranges.get(target) ?? i, i));
    }
  }
  const all = [...ranges].map(([first, last]) => ({ first, last }));
  all.sort((a, b) => a.first - b.first || b.last - a.last);
  return all.map((loop) => ({
    ...loop,
    depth: all.filter((other) => other.first <= loop.first && other.last >= loop.last).length,
  }));
}
