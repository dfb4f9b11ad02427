import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ops } from '../../../checks/ops/top_candidates';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { host, openTestGpu } from '../../../tests/harness/host';
import { testOps } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { Device } from '../../runtime/device';
import { NO_TOKEN } from '../sampling/sampling';
import { topCandidates } from './top_candidates';

testOps(ops);

describe('topCandidates', () => {
  it('refuses what does not fit', () => {
    const g = new Graph(fakeDevice());
    const logits = g.input('logits', [3, 10], 'f32');
    expect(() => topCandidates(g, logits, { count: 0 })).toThrow('0 candidates a row. Ask for 1 to 128.');
    expect(() => topCandidates(g, logits, { count: 129 })).toThrow('129 candidates');
    const bans = g.input('bans', [2, 2], 'u32');
    expect(() => topCandidates(g, logits, { count: 2, bans })).toThrow('bans are');
    expect(() => topCandidates(g, logits, { count: 2, only: bans })).toThrow('topCandidates');
  });
});

if (host.gpu)
  describe('topCandidates on this adapter', () => {
    let device: Device;
    beforeAll(async () => {
      device = await Device.open({ gpu: openTestGpu() });
    });
    afterAll(() => device[Symbol.dispose]());

    it('keeps the lowest ids of equal logits, and tells rows that are not finite', async () => {
      const g = new Graph(device);
      const v = 40;
      const { ids, logProbabilities } = topCandidates(g, g.input('logits', [5, v], 'f32'), { count: 4 });
      using plan = await g.compile({ ids, logProbabilities });
      const logits = new Float32Array(5 * v).map((_, i) => (i < v ? (i % 2 ? 0 : -0) : Math.sin(i)));
      logits[v + 7] = NaN;
      logits.fill(-Infinity, 2 * v, 3 * v);
      logits[3 * v + 4] = 3.4e38;
      logits[3 * v + 5] = -3.4e38;
      logits.fill(-Infinity, 4 * v).fill(2, 4 * v + 8, 4 * v + 10);
      plan.run({ logits });
      const found = [...(await plan.readIntegers('ids'))];
      const logs = await plan.read('logProbabilities');
      expect(found.slice(0, 4)).toEqual([0, 1, 2, 3]);
      expect(found.slice(16)).toEqual([8, 9, NO_TOKEN, NO_TOKEN]);
      expect(logs[16]).toBeCloseTo(-Math.LN2, 6);
      for (const log of logs.subarray(0, 4)) expect(log).toBeCloseTo(-Math.log(v), 5);
      expect(found.slice(4, 12)).toEqual(new Array(8).fill(NO_TOKEN));
      for (const log of logs.subarray(4, 12)) expect(log).toBeGreaterThan(1e38);
      expect(found[12]).toBe(4);
      expect(logs[12]).toBe(0);
      for (const log of logs.subarray(13, 16)) expect(log < -1e37 && log > -3.4e38).toBe(true);
    });
  });
