// The kernel bench, which the page My GPU runs, too: it times a pass only where its answer is right.
import { expect, it } from 'vitest';
import { attentionCase } from '../bench/harness/attention-cases';
import { benchKernel } from '../bench/harness/kernel-bench';
import { matmulCase } from '../bench/harness/kernel-cases';
import type { Device } from '../engine/index';
import { withDevice } from './harness/device';

let device: Device;
withDevice((opened) => (device = opened));
const least = { samples: 1, milliseconds: 1 } as const;

it.each([
  ['matmul', matmulCase('16×16×16', 16, 16, 16)],
  ['attention', attentionCase('causal', { T: 8, causal: true })],
] as const)('times %s forward and backward', async (_, c) => {
  const { forward, backward } = await benchKernel(device, c, least);
  expect([forward.unit, backward?.unit]).toEqual(['GFLOP/s', 'GFLOP/s']);
  expect(Number.isFinite(forward.milliseconds)).toBe(true);
  expect(Number.isFinite(backward?.milliseconds)).toBe(true);
});

it('times nothing whose answer is wrong', async () => {
  const right = matmulCase('16×16×16', 16, 16, 16);
  const wrong = {
    ...right,
    expected: (...given: Parameters<typeof right.expected>) => {
      const [name, values] = Object.entries(right.expected(...given))[0];
      return { [name]: values instanceof Map ? new Map([[0, 1e3]]) : values.map((x) => x + 1) };
    },
  };
  await expect(benchKernel(device, wrong, least)).rejects.toThrow(/The timing would be void/);
});
