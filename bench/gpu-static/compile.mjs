// Compiles our kernels for a GPU that is not there, and says what its compiler made of them.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { FAMILIES } from './families.mjs';
import { roofline } from './roofline.mjs';

/** @typedef {import('./families.mjs').Rates} Rates */
/** @typedef {import('./record.mjs').Recorded} Recorded */
/**
 * Modelled shares of the peak of f32 multiply-adds, and what they come from; README.md says which is which.
 *
 * @typedef {{ known: boolean, limit: string, bound: number, full: number, here: number, alone: number, resident: number,
 *   waves: number, loops: ReturnType<typeof roofline>['loops'], hot: ReturnType<typeof roofline>['hot'] }} Model
 */
/** @typedef {{ kernel: string, cases: string, groups: number, wave: number, statistics: Record<string, number>, model: Model | null }} Compiled */

const recorder = fileURLToPath(new URL('record.mjs', import.meta.url));

/**
 * Waves that a SIMD can hold, by registers and workgroup memory (128 KiB for four SIMDs of RDNA, 64 KiB on GCN). RADV counts
 * waves of 32 lanes on RDNA, and rounds up where workgroup memory is what limits.
 *
 * @param {Recorded} kernel
 * @param {Rates} rates
 */
function residentWaves({ statistics: s, size }, { perUnit }) {
  const wave = s['Subgroup size'];
  const rdna = perUnit === 2;
  const registers = rdna ? (s['Subgroups per SIMD'] * 32) / wave : s['Subgroups per SIMD'];
  if (!s['LDS size']) return registers;
  const local = (Math.floor((rdna ? 131072 : 65536) / s['LDS size']) * Math.ceil(size / wave)) / 4;
  return Math.min(registers, Math.max(local, 0.25));
}

/** @param {Recorded} kernel @param {string} code @param {Rates} rates @returns {Model} */
function modelOf(kernel, code, rates) {
  const wave = kernel.statistics['Subgroup size'];
  const line = roofline(code, wave, rates, kernel.turns);
  const resident = residentWaves(kernel, rates);
  const dispatched = Math.ceil((kernel.groups * Math.ceil(kernel.size / wave)) / rates.simds);
  const waves = kernel.groups > 0 ? Math.min(resident, dispatched) : resident;
  const share = (/** @type {number} */ n) => line.ideal / Math.max(line.most, line.alone / n);
  return {
    known: line.known,
    limit: line.limit,
    bound: line.ideal / line.most,
    full: share(resident),
    here: share(waves),
    alone: line.alone,
    resident,
    waves,
    loops: line.loops,
    hot: line.hot,
  };
}

/** A kernel's label without the constants that say nothing. @param {string} label */
const shorten = (label) =>
  label
    .replace(/ \w+=(false|f32|vec4<f32>|0)\b|vec4<|>/g, '')
    .replace(/\s+/g, ' ')
    .trim();

/**
 * Runs kernels.ts on a GPU of a family.
 *
 * @param {string} id of FAMILIES
 * @param {Record<string, string>} environment of `openFamily`
 * @param {{ only?: string, keep?: string }} [options] `only`: the cases, a regular expression; `keep`: a folder for machine
 * code (.s), SPIR-V (.spv) and statistics (.json) of kernel N
 * @returns {Compiled[]}
 */
export function compileFor(id, environment, { only = '', keep } = {}) {
  const folder = keep ? join(keep, id) : mkdtempSync(join(tmpdir(), 'heed-static-'));
  if (keep) rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  try {
    const { status, stderr } = spawnSync(process.execPath, [recorder, folder, only], {
      env: { ...process.env, ...environment, NULL_GPU_OUT: folder },
      stdio: ['ignore', 'inherit', 'pipe'],
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    });
    if (status !== 0) throw new Error(`static: ${id} ended with ${status}.\n${stderr.slice(-4000)}`);
    return readKernels(folder, FAMILIES[id].rates);
  } finally {
    if (!keep) rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} folder @param {Rates | undefined} rates @returns {Compiled[]} */
function readKernels(folder, rates) {
  /** @type {Recorded[]} */
  const all = JSON.parse(readFileSync(join(folder, 'kernels.json'), 'utf8'));
  return all.map((kernel) => ({
    kernel: shorten(kernel.label),
    cases: kernel.cases.join('; '),
    groups: kernel.groups,
    wave: kernel.statistics['Subgroup size'],
    statistics: kernel.statistics,
    model: rates ? modelOf(kernel, readFileSync(join(folder, `${kernel.file}.s`), 'utf8'), rates) : null,
  }));
}
