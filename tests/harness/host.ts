// Where a suite runs, told by the Vitest project (or by the Deno runner's build) through HEED_HOST.

/** The four homes of the suite. `cpu` runs references and everything without a GPU. */
export type HostName = 'cpu' | 'chromium' | 'dawn' | 'deno';

const name = import.meta.env.HEED_HOST as HostName | undefined;
if (!name)
  throw new Error('host: HEED_HOST is not set. Run tests through npm test or npx vitest --project …');

/** The host of this run; GPU tests belong where `host.gpu` is true. */
export const host: { readonly name: HostName; readonly gpu: boolean } = { name, gpu: name !== 'cpu' };

/**
 * The entry to WebGPU of this host.
 *
 * @throws Error on the cpu host, or where WebGPU is missing: no adapter is a failure, never a skip.
 */
export function openTestGpu(): GPU {
  if (!host.gpu) throw new Error('openTestGpu: the cpu host has no GPU. Name the file *.gpu.test.ts.');
  const gpu = (globalThis.navigator as Navigator | undefined)?.gpu;
  if (!gpu)
    throw new Error(`openTestGpu: ${host.name} has no navigator.gpu. Check the flags in tests/harness.`);
  return gpu;
}

/** The adapter of this host. @throws Error when there is none. */
export async function openTestAdapter(): Promise<GPUAdapter> {
  const adapter = await openTestGpu().requestAdapter();
  if (!adapter) throw new Error(`openTestAdapter: ${host.name} gave no adapter. Check the Vulkan driver.`);
  return adapter;
}

const offered: ReadonlySet<string> = host.gpu ? new Set((await openTestAdapter()).features) : new Set();

/**
 * Whether this host's adapter offers a feature. A missing feature is a skip with a name:
 * `test.skipIf(!feature('shader-f16'))('matmul in f16', …)`.
 */
export function feature(wanted: GPUFeatureName): boolean {
  return offered.has(wanted);
}
