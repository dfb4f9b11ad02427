// WebGPU in Node: Dawn, from the npm package webgpu.
import process from 'node:process';
import { create, globals } from 'webgpu';
import { vulkanEnvironment } from './vulkan.mjs';

/**
 * Gives Node what a page has: `navigator.gpu` and the GPU* globals.
 *
 * @param {Record<string, string>} environment which Vulkan driver to take; by default a software driver, which tests want
 * @returns {() => void} takes it away again; until then Dawn keeps Node from exiting
 */
export function installDawn(environment = vulkanEnvironment()) {
  Object.assign(process.env, environment); // before Dawn loads Vulkan
  Object.assign(globalThis, globals);
  if (globalThis.navigator === undefined) {
    Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true });
  }
  Object.defineProperty(globalThis.navigator, 'gpu', { value: create([]), configurable: true });
  return () => Reflect.deleteProperty(globalThis.navigator, 'gpu');
}
