// Kernels are told apart by what is linked, never by what they are called.
import { expect, it } from 'vitest';
import { fakeDevice } from '../../tests/harness/fake-device';
import { reflect } from '../wgsl_plugin';
import { defineKernel, linkedKernels, type KernelVariant } from './kernel';
import { PipelineCache } from './pipelines';
import { byCapability } from './shader';

const main = (sum: string) =>
  reflect(
    'main.wgsl',
    `const ADD = 1;
@group(0) @binding(0) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(1) fn main() { y[0] = f32(ADD) + f32(TWO) + ${sum}; }`,
  );
const part = (two: number) => reflect('part.wgsl', `const TWO = ${two};`);
const { can } = fakeDevice();
const withSubgroups = fakeDevice({ subgroups: { min: 4, max: 4 } }).can;

/** A cache whose pipelines are the texts that they were made from. */
function cache(): PipelineCache {
  const layout = (of: object): object => of;
  return new PipelineCache({
    createBindGroupLayout: layout,
    createPipelineLayout: layout,
    pushErrorScope: () => undefined,
    popErrorScope: () => Promise.resolve(null),
    createShaderModule: ({ code }: { code: string }) => code,
    createComputePipelineAsync: ({ compute }: { compute: { module: string } }) =>
      Promise.resolve(compute.module),
  } as never);
}

it('linked files make a kernel: the same ones the same, others another, whatever its name', () => {
  const linked = linkedKernels();
  const [a, b, two, three] = [main('0'), main('1'), part(2), part(3)];
  const kernel = linked('sum', [a, two]);
  expect(linked('sum', [a, two])).toBe(kernel);
  expect(linked('sum', [a, two, three])).not.toBe(kernel); // a longer list, of which it is the beginning
  const others = [linked('sum', [b, two]), linked('sum', [a, three]), linked('sum', [two, a])];
  const texts = [kernel, ...others].map((k) => k.variant({}, can).code);
  expect(new Set(texts).size).toBe(4);
  expect(linkedKernels()('sum', [b, two]).variant({}, can).code).toBe(texts[1]);
});

it('a kernel has one variant for constants and capabilities that link the same text', () => {
  const kernel = defineKernel({
    name: 'sum',
    wgsl: [main('0'), byCapability({ base: part(2), subgroups: part(3) })],
  });
  const variants = [
    kernel.variant({}, can),
    kernel.variant({ ADD: 2 }, can),
    kernel.variant({ ADD: true }, can),
    kernel.variant({}, withSubgroups),
    kernel.variant({ ADD: 2 }, withSubgroups),
  ];
  expect(new Set(variants.map(({ code }) => code)).size).toBe(5);
  expect(new Set(variants.map(({ label }) => label)).size).toBe(5);
  expect(kernel.variant({ ADD: 2 }, can)).toBe(variants[1]);
});

it('pipelines go by text: equal names share none, equal texts share one', async () => {
  const pipelines = cache();
  const define = (name: string, sum: string): KernelVariant =>
    defineKernel({ name, wgsl: [main(sum), part(2)] }).variant({}, can);
  const [first, second, renamed] = [define('sum', '0'), define('sum', '1'), define('total', '0')];
  expect([first.label, renamed.code]).toEqual([second.label, first.code]);
  const made = await Promise.all([first, second, renamed].map((variant) => pipelines.get(variant)));
  expect(made.map(({ pipeline }) => pipeline)).toEqual([first.code, second.code, first.code]);
  expect(made[2]).toBe(made[0]);
  expect(pipelines.size).toBe(2);
});
