import { describe, expect, it } from 'vitest';
import fixture from '../../../tests/fixtures/ops.json';
import positions from '../../../tests/fixtures/positions.json';
import { normal, testOp } from '../../../tests/harness/op';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { host } from '../../../tests/harness/host';
import { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { rope } from './rope';
import { ropeFrequenciesRef, ropeRef } from './rope.ref';

const STARTS = Uint32Array.of(0, 7, 32_700);

interface Case {
  readonly [key: string]: number;
  readonly B: number;
  readonly T: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly width: number;
  readonly offset: number;
  readonly C: number;
}
const sizes = (c: Case, start: number) => ({
  ...c,
  heads: c.heads + c.keyValueHeads,
  frequencies: ropeFrequenciesRef(c.width, 10_000),
  start,
});

for (const start of [0, 32_700, 16_000_000]) {
  testOp(`rope from position ${start}`, {
    cases: [
      { B: 1, T: 3, heads: 2, keyValueHeads: 1, width: 2, offset: 0, C: 8 },
      { B: 2, T: 5, heads: 1, keyValueHeads: 1, width: 6, offset: 3, C: 17 },
      { B: 2, T: 33, heads: 4, keyValueHeads: 2, width: 16, offset: 0, C: 128 },
      { B: 1, T: 2, heads: 1, keyValueHeads: 1, width: 128, offset: 0, C: 256 },
    ],
    inputs: ({ B, T, C }) => ({ x: normal([B, T, C]) }),
    op: (g, { x }, { heads, keyValueHeads, width, offset }) =>
      rope(g, x, { heads, keyValueHeads, width, offset }),
    reference: ({ x }, c) => ({ y: ropeRef(x, sizes(c, start)) }),
    gradient: (_, { y }, c) => ({ x: ropeRef(y, sizes(c, start), -1) }),
    terms: () => 2,
    step: { position: start },
    races: false, // wgsl_reflect reads past an array that WebGPU's compilers index rightly; no output is shared
  });
}

// Numbers of transformers' YaRN for 16 columns, so that the op is checked without its own frequency code.
const yarn = positions.rope.scaled.find((s) => s.name === 'yarn 16')!;
const rotates = (c: {
  heads: number;
  width: number;
  C: number;
  T: number;
  offset: number;
  adjacent: boolean;
}) => ({
  ...c,
  start: 70,
  frequencies: yarn.frequencies,
  attentionFactor: yarn.attentionFactor,
});

testOp('rope of a part of each head, scaled as YaRN does', {
  cases: [
    { B: 2, T: 5, heads: 3, width: 21, offset: 1, C: 66, adjacent: false },
    { B: 2, T: 5, heads: 3, width: 21, offset: 1, C: 66, adjacent: true },
    { B: 2, T: 5, heads: 2, width: 24, offset: 4, C: 60, adjacent: true },
    { B: 1, T: 9, heads: 2, width: 24, offset: 4, C: 60, adjacent: false },
  ],
  inputs: ({ B, T, C }) => ({ x: normal([B, T, C]) }),
  op: (g, { x }, { heads, width, offset, adjacent }) =>
    rope(g, x, {
      heads: heads - 1,
      keyValueHeads: 1,
      width,
      rotary: 16,
      offset,
      pairing: adjacent ? 'adjacent' : 'halves',
      theta: yarn.theta,
      scaling: { type: 'yarn', factor: 8, originalContext: 256, betaFast: 16 },
      start: 30,
    }),
  reference: ({ x }, c) => ({ y: ropeRef(x, rotates(c)) }),
  gradient: (_, { y }, c) => ({ x: ropeRef(y, rotates(c), -1) }),
  terms: () => 2,
  step: { position: 40 },
  races: false, // as above
});

testOp('rope of sequences at positions of their own', {
  cases: [
    { B: 3, T: 1, heads: 2, keyValueHeads: 1, width: 8, offset: 0, C: 32 },
    { B: 2, T: 5, heads: 1, keyValueHeads: 1, width: 6, offset: 3, C: 17 },
  ],
  inputs: ({ B, T, C }) => ({
    x: normal([B, T, C]),
    starts: { shape: [B], data: STARTS.subarray(0, B) },
  }),
  op: (g, { x, starts }, { heads, keyValueHeads, width, offset }) =>
    rope(g, x, { heads, keyValueHeads, width, offset, start: 30, starts }),
  reference: ({ x, starts }, c) => ({ y: ropeRef(x, { ...sizes(c, 70), starts }) }),
  gradient: ({ starts }, { y }, c) => ({ x: ropeRef(y, { ...sizes(c, 70), starts }, -1) }),
  terms: () => 2,
  step: { position: 40 },
  races: false, // as above
});

if (!host.gpu)
  describe('rope', () => {
    it('refuses starts that are not one whole number for each sequence', () => {
      const g = new Graph(fakeDevice());
      const x = g.input('x', [2, 5, 24], 'f32');
      const turn = (starts: Tensor) => () => rope(g, x, { heads: 1, starts });
      expect(turn(g.input('a', [3], 'u32'))).toThrow('rope starts: a is (3). It must be (2).');
      expect(turn(g.input('b', [2], 'f32'))).toThrow('rope starts: b holds f32. It must hold u32.');
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
