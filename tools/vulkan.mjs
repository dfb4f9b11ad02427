// Which Vulkan driver Dawn in Node and wgpu in Deno run on. Node built-ins only, see browser.mjs.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { findBrowser } from './browser.mjs';

/** @param {string} name of one of Mesa's drivers, such as 'radeon' @returns {string | undefined} its manifest */
export function findDriver(name) {
  return ['/usr/share/vulkan/icd.d', '/usr/local/share/vulkan/icd.d', '/etc/vulkan/icd.d']
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((file) => join(folder, file)))
    .find((file) => file.includes(`/${name}_icd`) && file.endsWith('.json'));
}

/** @returns {string | undefined} Mesa's software driver: subgroups of 8, and shader-f16 from Mesa 24.3 on */
export const findLavapipe = () => findDriver('lvp');

/** @returns {string} version of Mesa's drivers as a package manager (dpkg, rpm) has it; empty where neither knows */
export function mesaVersion() {
  const ask = (/** @type {string} */ program, /** @type {string[]} */ ...args) =>
    /\d+(?:\.\d+)+/.exec(spawnSync(program, args, { encoding: 'utf8' }).stdout ?? '')?.[0];
  return (
    ask('dpkg-query', '-W', '-f=${Version}', 'mesa-vulkan-drivers') ??
    ask('rpm', '-q', '--qf', '%{VERSION}', 'mesa-vulkan-drivers') ??
    ''
  );
}

/** @returns {string | undefined} Chromium's software driver: subgroups of 4, no shader-f16 */
export function findSwiftShader() {
  const browser = findBrowser();
  return ['/usr/lib/chromium', '/opt/google/chrome', ...(browser ? [dirname(browser)] : [])]
    .map((folder) => join(folder, 'vk_swiftshader_icd.json'))
    .find((file) => existsSync(file));
}

/**
 * The environment that makes Vulkan loaders take one known driver: VK_DRIVER_FILES when it is set already, else
 * lavapipe, else SwiftShader. Empty where Vulkan is not the way (macOS, Windows): Dawn takes the GPU there.
 *
 * @returns {Record<string, string>}
 * @throws {Error} on Linux without any driver
 */
export function vulkanEnvironment() {
  if (process.platform !== 'linux') return {};
  const driver = process.env['VK_DRIVER_FILES'] ?? findLavapipe() ?? findSwiftShader();
  if (!driver) {
    throw new Error(
      'Vulkan: no software driver found. Install mesa-vulkan-drivers or chromium, or set VK_DRIVER_FILES.',
    );
  }
  return { VK_DRIVER_FILES: driver, XDG_RUNTIME_DIR: process.env['XDG_RUNTIME_DIR'] ?? '/tmp' };
}

/**
 * For tests, which compile hundreds of kernels to run each a few times: lavapipe compiles every kernel with LLVM, and takes half the time without its
 * optimisation passes. Benches keep them. One thread, since another suite runs beside this one (suites.mjs), and threads of two that share
 * two cores wait for each other. What is set already stays.
 *
 * @returns {Record<string, string>}
 */
export function testEnvironment() {
  const { GALLIVM_PERF = 'nopt', LP_NUM_THREADS = '1' } = process.env;
  return { GALLIVM_PERF, LP_NUM_THREADS, ...vulkanEnvironment() };
}
