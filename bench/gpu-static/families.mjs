// The GPUs that the static bench compiles for, and how Mesa's drivers come to find one that is not there.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { findDriver } from '../../tools/vulkan.mjs';

/**
 * What one SIMD of an AMD GPU does: lanes that issue a cycle, whether wave64 float instructions issue at twice that, bytes
 * a cycle of its share of the compute unit's local memory and of its first cache, SIMDs that share these, and SIMDs of
 * the largest GPU of the family. From AMD's ISA guides and white papers.
 *
 * @typedef {{ lanes: number, dual: boolean, local: number, cache: number, perUnit: number, simds: number }} Rates
 */
/** @typedef {{ name: string, driver: 'radeon' | 'intel', rates?: Rates, pciId?: string }} Family */

/** By Mesa's names. @type {Readonly<Record<string, Family>>} */
export const FAMILIES = {
  navi31: {
    name: 'RDNA 3',
    driver: 'radeon',
    rates: { lanes: 32, dual: true, local: 64, cache: 32, perUnit: 2, simds: 192 },
  },
  navi21: {
    name: 'RDNA 2',
    driver: 'radeon',
    rates: { lanes: 32, dual: false, local: 64, cache: 32, perUnit: 2, simds: 160 },
  },
  vega10: {
    name: 'GCN 5',
    driver: 'radeon',
    rates: { lanes: 16, dual: false, local: 32, cache: 16, perUnit: 4, simds: 256 },
  },
  tgl: { name: 'Intel Xe-LP', driver: 'intel', pciId: '0x9a49' },
  dg2: { name: 'Intel Arc', driver: 'intel', pciId: '0x56a0' },
};

const source = fileURLToPath(new URL('.', import.meta.url));
const built = fileURLToPath(new URL('../../.build/gpu-static/', import.meta.url));
const LAYER = 'VK_LAYER_HEED_null_gpu';

/** Flags for libdrm's headers, which lie in a folder of their own. CPATH may name others. */
const FLAGS = { null_gpu_layer: [], null_intel: ['-I/usr/include/libdrm', '-ldl'] };

/** @param {keyof typeof FLAGS} name @returns {string} the library, compiled if it is older than its source */
function build(name) {
  const [from, to] = [join(source, `${name}.c`), join(built, `${name}.so`)];
  if (existsSync(to) && statSync(to).mtimeMs > statSync(from).mtimeMs) return to;
  mkdirSync(built, { recursive: true });
  const args = ['-O1', '-shared', '-fPIC', '-o', to, from, ...FLAGS[name]];
  const { error, status, stderr } = spawnSync('cc', args, { encoding: 'utf8' });
  if (error) throw new Error('no C compiler (cc). Install gcc or clang.');
  if (status === 0) return to;
  const header = /fatal error: (\S+): No such file/.exec(stderr)?.[1];
  if (!header) throw new Error(`${name}.c does not compile:\n${stderr}`);
  throw new Error(
    `no header ${header}. Install ${header.startsWith('vulkan') ? 'libvulkan-dev' : 'libdrm-dev'}, or name its folder in CPATH.`,
  );
}

/** @returns {string} the folder in which Vulkan's loader finds the layer */
function buildLayer() {
  const library_path = build('null_gpu_layer');
  const layer = {
    name: LAYER,
    type: 'GLOBAL',
    library_path,
    api_version: '1.3.239',
    implementation_version: '1',
    description: 'Compiles pipelines for a GPU that is not there, and runs nothing',
  };
  writeFileSync(join(built, 'null_gpu_layer.json'), JSON.stringify({ file_format_version: '1.1.2', layer }));
  return built;
}

/**
 * The environment in which Vulkan finds a GPU of a family.
 *
 * @param {string} id
 * @returns {Record<string, string>}
 * @throws {Error} saying what is missing
 */
function environmentOf(id) {
  const { driver, pciId } = FAMILIES[id];
  if (process.platform !== 'linux') throw new Error('Mesa has its drivers on Linux only.');
  const manifest = findDriver(driver);
  if (!manifest) throw new Error(`no Vulkan driver ${driver}. Install mesa-vulkan-drivers.`);
  return {
    VK_DRIVER_FILES: manifest,
    VK_LAYER_PATH: buildLayer(),
    VK_INSTANCE_LAYERS: LAYER,
    MESA_SHADER_CACHE_DISABLE: 'true',
    XDG_RUNTIME_DIR: process.env['XDG_RUNTIME_DIR'] ?? tmpdir(),
    ...(pciId ? { NULL_INTEL_ID: pciId, LD_PRELOAD: build('null_intel') } : { RADV_FORCE_FAMILY: id }),
  };
}

/**
 * @param {string} id of FAMILIES
 * @returns {{ environment: Record<string, string> } | { missing: string }} how to run on it, or why that cannot be
 */
export function openFamily(id) {
  try {
    return { environment: environmentOf(id) };
  } catch (error) {
    return { missing: /** @type {Error} */ (error).message };
  }
}
