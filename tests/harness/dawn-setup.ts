// Setup file of the dawn project: gives Node what a page has, navigator.gpu and the GPU* globals.
import { afterAll } from 'vitest';
import { create, globals } from 'webgpu';
import { vulkanEnvironment } from './vulkan.mjs';

Object.assign(process.env, vulkanEnvironment()); // before Dawn loads Vulkan
Object.assign(globalThis, globals);
const gpu = create([]);
// Node 20 has no navigator; later ones have one without gpu.
if (globalThis.navigator === undefined) {
  Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true });
}
Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true });

// Dawn lives as long as anything refers to it, and while it lives Node does not exit.
afterAll(() => {
  Reflect.deleteProperty(globalThis.navigator, 'gpu');
});
