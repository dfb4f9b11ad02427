import { describe, expect, it } from 'vitest';
import { ops, yarn } from '../../../checks/ops/rope';
import fixture from '../../../tests/fixtures/ops.json';
import positions from '../../../tests/fixtures/positions.json';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { host } from '../../../tests/harness/host';
import { testOps } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { rope } from './rope';
import { ropeFrequenciesRef, ropeRef } from './rope.ref';

testOps(ops);

if (!host.gpu)
  describe('rope', () => {
    it('refuses starts that are not one whole number for each sequence', () => {
      const g = new Graph(fakeDevice());
      const x = g.input('x', [2, 5, 24], 'f32');
      const turn = (starts: Tensor) => () => rope(g, x, { heads: 1, starts });
      expect(turn(g.input('a', [3], 'u32'))).toThrow('rope starts: a is (3). It must be (2).');
      expect(turn(g.input('b', [2], 'f32'))).toThrow('rope starts: b holds f32. It must hold u32.');
    });

    it("is checked with transformers' own YaRN", () => {
      expect(positions.rope.scaled.find(({ name }) => name === 'yarn 16')).toMatchObject(yarn);
    });

    it("has a reference that equals Llama's in transformers", () => {
      const { theta, positions, x, out, dout, dx } = fixture.rope;
      const [T, H, D] = x.shape as [number, number, number];
      for (let t = 0; t < T; t++) {
        const frequencies = ropeFrequenciesRef(D, theta);
        const z = { T: 1, C: H * D, heads: H, width: D, frequencies, start: positions[t], offset: 0 };
        const row = (a: { data: number[] }) => Float64Array.from(a.data.slice(t * H * D, (t + 1) * H * D));
        ropeRef(row(x), z).forEach((v, i) => expect(v).toBeCloseTo(row(out)[i], 5));
        ropeRef(row(dout), z, -1).forEach((v, i) => expect(v).toBeCloseTo(row(dx)[i], 5));
      }
    });

    it.each(positions.rope.rotated)('has a reference that equals $name of transformers', (f) => {
      const [T, H, D] = f.x.shape as [number, number, number];
      const z = { T, C: H * D, heads: H, width: D, start: f.start, offset: 0, adjacent: f.adjacent };
      const frequencies = ropeFrequenciesRef(f.rotary, f.theta);
      const got = ropeRef(Float64Array.from(f.x.data), { ...z, frequencies });
      got.forEach((v, i) => expect(v).toBeCloseTo(f.out.data[i], 9));
      const dx = ropeRef(Float64Array.from(f.dout.data), { ...z, frequencies }, -1);
      dx.forEach((v, i) => expect(v).toBeCloseTo(f.dx.data[i], 9));
    });
  });
