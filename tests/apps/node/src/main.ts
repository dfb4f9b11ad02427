// WebGPU in Node is Dawn, from the npm package webgpu.
import { create, globals } from 'webgpu';
import { Device, eager, softmax } from 'heed';
import { runExamples } from './readme.js';

Object.assign(globalThis, globals);
const gpu = create([]);
const device = await Device.open({ gpu });
const x = { shape: [1, 2], data: new Float32Array([0, Math.log(3)]) };
const { data } = await eager(device, { x }, (g, inputs) => softmax(g, inputs.x));
if (Math.abs((data[1] ?? 0) - 0.75) > 1e-5) throw new Error(`softmax: ${data.join(' ')}`);
device[Symbol.dispose]();

// The README's examples open the device of a page: `navigator.gpu`.
if (!('navigator' in globalThis)) Object.assign(globalThis, { navigator: {} });
Object.defineProperty(navigator, 'gpu', { value: gpu, configurable: true });
console.log(JSON.stringify(await runExamples()));
process.exit(0); // Dawn keeps Node from ending as long as it is referred to
