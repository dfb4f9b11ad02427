/**
 * One op's tests from one description (checks/op.ts). On the cpu host: the float64 gradient against finite differences,
 * and every kernel that the op records through the race detector. On GPU hosts: outputs and gradients of every case against
 * the float64 reference, in f32 and, where the adapter has it, in f16 storage, within a bound computed from the
 * storage type's epsilon and the length of the longest sum.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tellWrong } from '../../checks/bound';
import { seedData } from '../../checks/data';
import {
  bySize,
  describeOp,
  expectedOf,
  isInteger,
  label,
  Random,
  record,
  runCase,
  smallest,
  type DescribedOp,
  type Expected,
  type Fields,
  type OpsOf,
  type OpTest,
  type Storage,
  type TestArray,
  type Where,
} from '../../checks/op';
import { as, type Rung } from '../../checks/rungs';
import { Device } from '../../engine/runtime/device';
import { fakeDevice } from './fake-device';
import { compilesSlowly, feature, host, isLavapipe, openTestGpu } from './host';
import { findRaces } from './races';

export { grid, integers, normal, Random, type OpTest, type TestArray } from '../../checks/op';
export { as, type Rung } from '../../checks/rungs';

/** Called before each file where files share modules: data must not depend on which ran before, nor may memory. */
export function beginFile(): void {
  seedData(1);
  // What other files left is native memory, of which the collector knows nothing.
  (globalThis as { gc?: () => void }).gc?.();
}

/** This host, as cases are chosen by it. */
export const here: Where = { gpu: host.gpu, subgroups: feature('subgroups'), slow: compilesSlowly };
/** The same, for variants of the largest kernels: lavapipe has the short half of them in `npm run test:deep`, too. */
export const onLavapipe: Where = { ...here, slow: isLavapipe };

function checkGradient({ spec }: DescribedOp, c: Fields): void {
  const arrays = spec.inputs(c, new Random(1));
  const x: Record<string, Float64Array> = {};
  for (const [name, a] of Object.entries(arrays)) x[name] = Float64Array.from(a.data);
  const random = new Random(99);
  const weights: Record<string, Float64Array> = {};
  for (const [name, y] of Object.entries(spec.reference(x, c))) {
    if (spec.differentiable && !spec.differentiable.includes(name)) continue;
    weights[name] = y.map(() => random.normal());
  }
  const loss = (): number => {
    const y = spec.reference(x, c);
    return Object.entries(weights).reduce((sum, [k, w]) => w.reduce((s, v, i) => s + v * y[k][i], sum), 0);
  };
  const gradients = spec.gradient!(x, weights, c);
  const least = Math.max(1, Math.abs(loss()));
  for (const [name, a] of Object.entries(arrays)) {
    if (isInteger(a) || a.fixed) continue;
    const got = gradients[name];
    if (!got) throw new Error(`the reference gives no gradient for ${name}`);
    const data = x[name];
    const picks =
      data.length <= 40 ? [...data.keys()] : Array.from({ length: 40 }, () => random.below(data.length));
    for (const i of picks) {
      const kept = data[i];
      const h = 1e-5 * Math.max(1, Math.abs(kept));
      data[i] = kept + h;
      const up = loss();
      data[i] = kept - h;
      const down = loss();
      data[i] = kept;
      const want = (up - down) / (2 * h);
      if (!(Math.abs(got[i] - want) <= 1e-6 * Math.max(least, Math.abs(want)))) {
        expect.fail(`d${name}[${i}] is ${got[i]}, finite differences say ${want}`);
      }
    }
  }
}

/** Tests what a file of checks/ops describes. */
export function testOps(ops: OpsOf, where: Where = here): void {
  for (const op of typeof ops === 'function' ? ops(where) : ops) test(op);
}

export function testOp<C extends Fields, I extends Record<string, TestArray>>(
  name: string,
  spec: OpTest<C, I>,
): void {
  test(describeOp(name, spec));
}

function test(op: DescribedOp): void {
  if (!host.gpu) testOnCpu(op);
  else testOnGpu(op);
}

function testOnCpu(op: DescribedOp): void {
  const { name, spec } = op;
  const differences = spec.gradient && spec.finiteDifferences !== false;
  if (!differences && spec.races === false) return; // nothing to do without a GPU
  describe(name, () => {
    if (differences) {
      it('reference gradient equals finite differences in float64', () => {
        for (const c of new Set([...eachOption(op), ...bySize(op).slice(0, 6)])) checkGradient(op, c);
      });
    }
    if (spec.races !== false) {
      for (const rung of spec.rungs ?? ['software']) {
        it(`no data race in any kernel (${rung})`, () => {
          const c = smallest(op);
          const arrays = spec.inputs(c, new Random(1));
          const { g } = record(op, c, arrays, fakeDevice({ software: rung !== 'hardware' }), 'f32');
          const without = typeof spec.races === 'object' ? spec.races.without : /^$/;
          for (const d of g.dispatches.filter((d) => !without.test(d.variant.kernel)))
            expect(findRaces(d, arrays), `${d.variant.label} ${label(c)}`).toEqual([]);
        });
      }
    }
  });
}

/** What floats are stored as where an op is tested here. */
function dtypesOf({ spec: { dtypes = ['f32', 'f16'] } }: DescribedOp): readonly Storage[] {
  return dtypes === 'either' ? [feature('shader-f16') ? 'f16' : 'f32'] : dtypes;
}

/** Every value of every option that is no number, each in the smallest case that has it. */
function eachOption(op: DescribedOp): Fields[] {
  const seen = new Set<string>();
  return bySize(op).filter((c) => {
    const options = Object.entries(c).filter(([, value]) => typeof value !== 'number');
    const fresh = options.map(([key, value]) => `${key}=${String(value)}`).filter((one) => !seen.has(one));
    for (const one of fresh) seen.add(one);
    return fresh.length > 0;
  });
}

function testOnGpu(op: DescribedOp): void {
  const { name, spec } = op;
  const rungs = spec.rungs ?? [undefined];
  const dtypes = dtypesOf(op);
  if (rungs.every((rung) => dtypes.every((dtype) => isElsewhere(dtype, rung, dtypes)))) return;
  describe(name, () => {
    let device: Device;
    beforeAll(async () => {
      device = await Device.open({ gpu: openTestGpu() });
      device.buffers.poison = 0x7fff7fff; // NaN as f32 and as a pair of f16
    });
    afterAll(() => device[Symbol.dispose]());
    if (host.name === 'firefox') return testOnceOnGpu(op, () => device);
    // Chromium runs all of them, in f32.
    const cases = compilesSlowly ? new Set([...eachOption(op), bySize(op).at(-1)!]) : spec.cases;
    /** Of each type's cases, until the last rung took them. */
    const expected = { f32: new Map<Fields, Expected>(), f16: new Map<Fields, Expected>() };
    for (const rung of rungs) {
      for (const dtype of dtypes) {
        if (isElsewhere(dtype, rung, dtypes)) continue;
        const title = `${dtype}${rung ? ` ${rung}` : ''}`;
        const missing = dtype === 'f16' && !feature('shader-f16');
        it.skipIf(missing)(
          missing ? `${title} (needs shader-f16)` : title,
          { timeout: 1_200_000 },
          async () => {
            const used = rung ? as(device, rung) : device;
            for (const c of cases) {
              const known = expected[dtype].get(c) ?? expectedOf(op, c, dtype);
              if (rung === rungs.at(-1)) expected[dtype].delete(c);
              else expected[dtype].set(c, known);
              await expectRight(op, c, used, dtype, known);
            }
          },
        );
      }
    }
  });
}

/**
 * On lavapipe an op leaves out what another host has: Dawn, where there is f16 to take, f32 and its software rungs, which Chromium has;
 * Deno f16, of which Firefox has a case of every op on the same wgpu.
 */
function isElsewhere(dtype: Storage, rung: Rung | undefined, dtypes: readonly Storage[]): boolean {
  if (!compilesSlowly) return false;
  if (host.name !== 'dawn') return dtype === 'f16' && dtypes.includes('f32');
  return dtype === 'f32' && (dtypes.includes('f16') || (rung !== undefined && rung !== 'hardware'));
}

/** The smallest case that is one, on the rung that the device takes by itself: tests/firefox says why. */
function testOnceOnGpu(op: DescribedOp, device: () => Device): void {
  for (const dtype of dtypesOf(op)) {
    const missing = dtype === 'f16' && !feature('shader-f16');
    const title = `${dtype}, one case${missing ? ' (needs shader-f16)' : ''}`;
    it.skipIf(missing)(title, () => expectRight(op, smallest(op), device(), dtype));
  }
}

async function expectRight(
  op: DescribedOp,
  c: Fields,
  device: Device,
  dtype: Storage,
  expected?: Expected,
): Promise<void> {
  for (const compared of await runCase(op, c, device, dtype, expected)) {
    const { key, backward, wrong } = compared;
    const output = backward ? `grad ${key}` : key;
    if (wrong > 0) expect.fail(`${op.name} ${dtype} ${label(c)}: ${output}: ${tellWrong(compared)}`);
  }
}
