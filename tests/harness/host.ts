// Where a suite runs, told by the Vitest project (or by the build for Deno and Firefox) through HEED_HOST.
import { shareDevices } from './shared-gpu';

/** The homes of the suite. `cpu` runs references and everything without a GPU. */
export type HostName = 'cpu' | 'chromium' | 'dawn' | 'deno' | 'firefox';

const name = import.meta.env.HEED_HOST as HostName | undefined;
if (!name)
  throw new Error('host: HEED_HOST is not set. Run tests through npm test or npx vitest --project …');

/** The host of this run; GPU tests belong where `host.gpu` is true. */
export const host: { readonly name: HostName; readonly gpu: boolean } = { name, gpu: name !== 'cpu' };

let shared: GPU | undefined;

/**
 * The entry to WebGPU of this host. The devices that it gives share one real device with other files' ("shared-gpu.ts"),
 * so that kernels compile once: buffers, ledger, counts and loss are a device's own all the same. `'own'` gives real
 * devices, for a test of how devices open and end, or of what they cost. HEED_DEVICES=own gives them to every test.
 *
 * @throws Error on the cpu host, or where WebGPU is missing: no adapter is a failure, never a skip.
 */
export function openTestGpu(devices: 'shared' | 'own' = 'shared'): GPU {
  if (!host.gpu) throw new Error('openTestGpu: the cpu host has no GPU. Name the file *.gpu.test.ts.');
  const gpu = (globalThis.navigator as Navigator | undefined)?.gpu;
  if (!gpu)
    throw new Error(`openTestGpu: ${host.name} has no navigator.gpu. Check the flags in tests/harness.`);
  return devices === 'own' || import.meta.env.HEED_DEVICES === 'own' ? gpu : (shared ??= shareDevices(gpu));
}

/** The adapter of this host. @throws Error when there is none. */
export async function openTestAdapter(): Promise<GPUAdapter> {
  const adapter = await openTestGpu('own').requestAdapter();
  if (!adapter) throw new Error(`openTestAdapter: ${host.name} gave no adapter. Check the Vulkan driver.`);
  return adapter;
}

const adapter = host.gpu ? await openTestAdapter() : null;
const offered: ReadonlySet<string> = new Set(adapter?.features);

/**
 * Whether this host's adapter offers a feature. A missing feature is a skip with a name:
 * `test.skipIf(!feature('shader-f16'))('matmul in f16', …)`.
 */
export function feature(wanted: GPUFeatureName): boolean {
  return offered.has(wanted);
}

/** Mesa's software driver, whose compiler takes ten times as long as SwiftShader's. */
export const isLavapipe = adapter !== null && /llvmpipe/i.test(adapter.info.description);

/** Tests leave lavapipe a part of the work. `npm run test:deep` (HEED_HOSTS=all) gives it all. */
export const compilesSlowly = isLavapipe && import.meta.env.HEED_HOSTS !== 'all';
