import { describe, expect, it } from 'vitest';
import { ops, rungs } from '../../../checks/ops/sampling';
import { withDevice } from '../../../tests/harness/device';
import { feature, host } from '../../../tests/harness/host';
import { as, Random, testOps } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import type { Step } from '../../graph/step';
import type { Plan } from '../../graph/plan';
import { type Device } from '../../runtime/device';
import { float16ToFloat32, float32ToFloat16 } from '../../runtime/half';
import { NO_TOKEN, sample } from './sampling';
import { sampleDistribution, type SamplingSettings } from './sampling.ref';

testOps(ops);

if (host.gpu)
  describe('sampling', () => {
    let device: Device;
    withDevice((opened) => (device = opened));

    type Rung = (typeof rungs)[number];
    const compile = (rung: Rung, n: number, v: number, storage: 'f32' | 'f16' = 'f32'): Promise<Plan> => {
      const g = new Graph(as(device, rung), { storage });
      return g.compile({ ids: sample(g, g.input('logits', [n, v], storage)) });
    };
    const draw = async (plan: Plan, logits: ArrayBufferView, step: Partial<Step>): Promise<Uint32Array> => {
      plan.run({ logits }, step);
      return plan.readIntegers('ids');
    };
    /** `n` rows of the same logits: independent draws of one run. */
    const repeat = (row: Float32Array, n: number): Float32Array =>
      Float32Array.from({ length: n * row.length }, (_, i) => row[i % row.length]);
    const counts = (ids: Uint32Array, v: number): number[] => {
      const count = new Array<number>(v).fill(0);
      for (const id of ids) count[id]++;
      return count;
    };

    /** Pearson's statistic over the tokens expected five times or more, the rest as one; and its degrees of freedom. */
    function chiSquare(
      count: readonly number[],
      p: Float64Array,
      n: number,
    ): { statistic: number; freedom: number } {
      let [statistic, freedom, rest, restExpected] = [0, -1, 0, 0];
      for (const [i, got] of count.entries()) {
        if (n * p[i] >= 5) {
          statistic += (got - n * p[i]) ** 2 / (n * p[i]);
          freedom++;
        } else {
          rest += got;
          restExpected += n * p[i];
        }
      }
      if (restExpected >= 5) {
        statistic += (rest - restExpected) ** 2 / restExpected;
        freedom++;
      }
      return { statistic, freedom };
    }

    const cases: (SamplingSettings & { v: number })[] = [
      { v: 1, temperature: 1, topK: 0, topP: 0.5 },
      { v: 5, temperature: 1, topK: 0, topP: 1 },
      { v: 5, temperature: 0.5, topK: 3, topP: 1 },
      { v: 65, temperature: 1, topK: 0, topP: 0.9 },
      { v: 65, temperature: 50, topK: 12, topP: 1 }, // nearly even: every one of the twelve must show up
      { v: 65, temperature: 2, topK: 20, topP: 0.8 },
      { v: 65, temperature: 1.5, topK: 30, topP: 0.95, minP: 0.2 },
      { v: 65, temperature: 1, topK: 65, topP: 0 },
      { v: 1000, temperature: 1, topK: 40, topP: 0.95 },
      { v: 1000, temperature: 0.7, topK: 0, topP: 0.3 },
    ];
    for (const rung of rungs) {
      it(`draws from the exact distribution (${rung})`, { timeout: 1_200_000 }, async () => {
        for (const c of rung === 'hardware' ? cases.slice(3, 8) : cases) {
          // The hardware rung is slow on software adapters, and draws what the other one does.
          const n = rung === 'hardware' ? 200 : c.v > 100 ? 1000 : 3000;
          const random = new Random(c.v);
          const row = Float32Array.from({ length: c.v }, () => 2 * random.normal());
          const p = sampleDistribution(Float64Array.from(row), c);
          using plan = await compile(rung, n, c.v);
          const { v, ...how } = c;
          const count = counts(await draw(plan, repeat(row, n), { ...how, seed: 7, index: 3 }), v);
          const label = JSON.stringify(c);
          for (let i = 0; i < c.v; i++) {
            if (p[i] === 0) expect(count[i], `${label}: token ${i} is cut`).toBe(0);
            else if (n * p[i] > 20) expect(count[i], `${label}: token ${i} is kept`).toBeGreaterThan(0);
          }
          // Mean f, variance 2f: five standard deviations for a seed that is fixed anyway.
          const { statistic, freedom } = chiSquare(count, p, n);
          expect(statistic, `${label}: chi-square`).toBeLessThan(
            freedom + 5 * Math.sqrt(2 * Math.max(1, freedom)),
          );
        }
      });

      it(`keeps the lowest indices of equal logits (${rung})`, async () => {
        const [n, v] = [rung === 'hardware' ? 80 : 400, 10];
        using plan = await compile(rung, n, v);
        const even = repeat(
          new Float32Array(v).map((_, i) => (i % 2 ? 0 : -0)),
          n,
        );
        const support = async (step: Partial<Step>): Promise<number[]> =>
          [...new Set(await draw(plan, even, { temperature: 1, seed: 1, ...step }))].sort((a, b) => a - b);
        expect(await support({ topK: 3 })).toEqual([0, 1, 2]);
        expect(await support({ topP: 0.35 })).toEqual([0, 1, 2, 3]);
        expect(await support({ topK: 6, topP: 0.4 })).toEqual([0, 1, 2]);
        expect(await support({ topK: 1 })).toEqual([0]);
        expect(await support({})).toHaveLength(10);
        expect(await support({ temperature: 0 })).toEqual([0]);
      });

      it(`gives no token for logits that are not finite (${rung})`, async () => {
        using plan = await compile(rung, 4, 300);
        const logits = new Float32Array(1200).map((_, i) => Math.sin(i));
        logits[299] = NaN;
        logits[300] = Infinity;
        logits.fill(-Infinity, 600, 900);
        for (const step of [{ temperature: 0 }, { temperature: 1 }, { temperature: 1, topK: 5, topP: 0.9 }]) {
          const ids = await draw(plan, logits, step);
          expect([...ids.subarray(0, 3)]).toEqual([NO_TOKEN, NO_TOKEN, NO_TOKEN]);
          expect(ids[3]).toBeLessThan(300);
        }
      });

      it(`never chooses -∞ (${rung})`, async () => {
        using plan = await compile(rung, 2, 300);
        const logits = new Float32Array(600).fill(-Infinity);
        logits.fill(-2e30, 7, 10);
        logits[300 + 299] = -50;
        for (const step of [
          { temperature: 0 },
          { temperature: 1 },
          { temperature: 1e6, topK: 5, topP: 0.9 },
        ]) {
          const [a, b] = await draw(plan, logits, step);
          expect(a).toBeGreaterThanOrEqual(7);
          expect(a).toBeLessThan(10);
          expect(b).toBe(299);
        }
      });

      it(`stands logits and temperatures at the ends of the range (${rung})`, async () => {
        using plan = await compile(rung, 1, 4);
        const step = { topK: 3, topP: 0.99, seed: 5 };
        const logits = Float32Array.of(-3.4e38, 3.4e38, 0, 3.3e38);
        for (const temperature of [1e-30, 1, 1e6]) {
          expect([...(await draw(plan, logits, { ...step, temperature }))]).toEqual([1]);
        }
      });
    }

    it('depends on seed, index and row only, not on the rung', { timeout: 1_200_000 }, async () => {
      const [n, v] = [12, 50_257];
      const random = new Random(11);
      const logits = repeat(
        Float32Array.from({ length: v }, () => random.normal()),
        n,
      );
      const step = { temperature: 1, topK: 500, topP: 0.95, seed: 42, index: 9 };
      using software = await compile('software', n, v);
      using hardware = await compile('hardware', n, v);
      const ids = await draw(software, logits, step);
      expect(await draw(software, logits, step)).toEqual(ids);
      expect(await draw(hardware, logits, step)).toEqual(ids);
      expect(await draw(software, logits, { ...step, seed: 43 })).not.toEqual(ids);
      expect(await draw(software, logits, { ...step, index: 10 })).not.toEqual(ids);
      expect(new Set(ids).size).toBeGreaterThan(8);
      const p = sampleDistribution(Float64Array.from(logits.subarray(0, v)), step);
      for (const id of ids) expect(p[id], `token ${id}`).toBeGreaterThan(0);
    });

    it('draws by counters what rows with those numbers would', async () => {
      const v = 300;
      const random = new Random(13);
      const row = Float32Array.from({ length: v }, () => random.normal());
      const step = { temperature: 1, topK: 50, topP: 0.9, seed: 4, index: 2 };
      using plain = await compile('software', 6, v);
      const want = await draw(plain, repeat(row, 6), step);
      const g = new Graph(as(device, 'software'));
      const counters = g.input('counters', [4], 'u32');
      using plan = await g.compile({ ids: sample(g, g.input('logits', [4, v], 'f32'), { counters }) });
      plan.run({ logits: repeat(row, 4), counters: Uint32Array.of(5 * v, 0, 3 * v, 0) }, step);
      expect([...(await plan.readIntegers('ids'))]).toEqual([want[5], want[0], want[3], want[0]]);
    });

    const noHalf = !feature('shader-f16');
    it.skipIf(noHalf)(`reads f16 logits${noHalf ? ' (needs shader-f16)' : ''}`, async () => {
      const [n, v] = [600, 65];
      const random = new Random(3);
      const bits = float32ToFloat16(Float32Array.from({ length: v }, () => random.normal()));
      const row = float16ToFloat32(bits);
      const c = { temperature: 1, topK: 10, topP: 0.9 };
      using plan = await compile('hardware', n, v, 'f16');
      const count = counts(await draw(plan, float32ToFloat16(repeat(row, n)), { ...c, seed: 2 }), v);
      const p = sampleDistribution(Float64Array.from(row), c);
      for (const [i, got] of count.entries()) expect(got > 0, `token ${i}`).toBe(p[i] > 0);
      const { statistic, freedom } = chiSquare(count, p, n);
      expect(statistic).toBeLessThan(freedom + 5 * Math.sqrt(2 * freedom));
    });
  });
