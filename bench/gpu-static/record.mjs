// Runs kernels.ts on a GPU that is not there, and notes every compute pipeline that it creates. Child of compile.mjs, which
// sets the environment. Run: node bench/gpu-static/record.mjs FOLDER [CASES], CASES a regular expression.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { installDawn } from '../../tools/dawn.mjs';
import { importModule } from '../../tools/node.mjs';

/** @typedef {import('./roofline.mjs').Turns} Turns */
/**
 * A pipeline: its cases, invocations of a workgroup, workgroups of its first dispatch (0 where it had none), the driver's
 * statistics and the number of its files.
 *
 * @typedef {{ label: string, cases: string[], turns: Turns, size: number, groups: number, file: number,
 *   statistics: Record<string, number> }} Recorded
 */

const [folder, only = ''] = process.argv.slice(2);
/** @type {Recorded[]} */
const kernels = [];
/** @type {WeakMap<GPUShaderModule, string>} */
const codes = new WeakMap();
/** @type {WeakMap<GPUComputePipeline, Recorded>} */
const recorded = new WeakMap();
/** @type {WeakMap<GPUComputePassEncoder, Recorded>} */
const current = new WeakMap();
let case_ = '';
/** @type {(label: string) => Turns} */
let turnsOf = () => [];

/** @param {string} code specialised WGSL @returns {number} invocations of a workgroup */
function workgroupSize(code) {
  const names = /@workgroup_size\(([^)]*)\)/.exec(code)?.[1].split(',') ?? [];
  const numbers = names.map((text) => {
    const name = text.trim();
    const own = new RegExp(`const\\s+${name}\\s*(?::\\s*\\w+)?\\s*=\\s*(\\d+)`).exec(code)?.[1];
    return Number.parseInt(own ?? name, 10);
  });
  return numbers.reduce((product, n) => product * n, 1);
}

/** @param {GPUDevice} device @param {GPUComputePipelineDescriptor} descriptor */
function compile(device, descriptor) {
  const pipeline = createPipeline.call(device, descriptor);
  const file = kernels.length;
  const statistics = join(folder, `${file}.json`);
  if (!existsSync(statistics)) throw new Error(`static: the driver did not compile ${descriptor.label}.`);
  /** @type {Recorded} */
  const kernel = {
    label: descriptor.label ?? '',
    cases: [case_],
    turns: turnsOf(descriptor.label ?? ''),
    size: workgroupSize(codes.get(descriptor.compute.module) ?? ''),
    groups: 0,
    file,
    statistics: JSON.parse(readFileSync(statistics, 'utf8').replace(/-?nan|inf/g, '0')),
  };
  kernels.push(kernel);
  recorded.set(pipeline, kernel);
  return pipeline;
}

const removeDawn = installDawn({});
const { GPUDevice: Device, GPUComputePassEncoder: Pass } = globalThis;
const createModule = Device.prototype.createShaderModule;
const createPipeline = Device.prototype.createComputePipeline;
const { setPipeline, dispatchWorkgroups } = Pass.prototype;

Device.prototype.createShaderModule = function (/** @type {GPUShaderModuleDescriptor} */ descriptor) {
  const module = createModule.call(this, descriptor);
  codes.set(module, descriptor.code);
  return module;
};
Device.prototype.createComputePipeline = function (/** @type {GPUComputePipelineDescriptor} */ descriptor) {
  return compile(this, descriptor);
};
// At once, so that the next file is this pipeline's.
Device.prototype.createComputePipelineAsync = function (
  /** @type {GPUComputePipelineDescriptor} */ descriptor,
) {
  return Promise.resolve(compile(this, descriptor));
};
Pass.prototype.setPipeline = function (/** @type {GPUComputePipeline} */ pipeline) {
  const kernel = recorded.get(pipeline);
  if (kernel) current.set(this, kernel);
  return setPipeline.call(this, pipeline);
};
Pass.prototype.dispatchWorkgroups = function (/** @type {number} */ x, y = 1, z = 1) {
  const kernel = current.get(this);
  if (kernel) {
    kernel.groups ||= x * y * z;
    if (!kernel.cases.includes(case_)) kernel.cases.push(case_);
  }
  return dispatchWorkgroups.call(this, x, y, z);
};

/** @type {import('./kernels').Begin} */
const begin = (name, turns) => {
  case_ = name;
  turnsOf = turns;
};
const { main } = /** @type {typeof import('./kernels')} */ (
  await importModule('bench/gpu-static/kernels.ts')
);
await main(begin, new RegExp(only));
writeFileSync(join(folder, 'kernels.json'), JSON.stringify(kernels));
removeDawn();
process.exit(0); // Vite's server holds Node
