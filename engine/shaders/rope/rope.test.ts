import { describe, expect, it } from 'vitest';
import fixture from '../../../tests/fixtures/ops.json';
import { normal, testOp } from '../../../tests/harness/op';
import { host } from '../../../tests/harness/host';
import { rope } from './rope';
import { ropeRef } from './rope.ref';

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
const sizes = (c: Case, start: number) => ({ ...c, heads: c.heads + c.keyValueHeads, theta: 10_000, start });

for (const start of [0, 4099]) {
  testOp(`rope from position ${start}`, {
    cases: [
      { B: 1, T: 3, heads: 2, keyValueHeads: 1, width: 2, offset: 0, C: 8 },
      { B: 2, T: 5, heads: 1, keyValueHeads: 1, width: 6, offset: 3, C: 17 },
      { B: 2, T: 33, heads: 4, keyValueHeads: 2, width: 16, offset: 0, C: 128 },
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

if (!host.gpu)
  describe('rope', () => {
    it("has a reference that equals Llama's in transformers", () => {
      const { theta, positions, x, out, dout, dx } = fixture.rope;
      const [T, H, D] = x.shape as [number, number, number];
      for (let t = 0; t < T; t++) {
        const z = { T: 1, C: H * D, heads: H, width: D, theta, start: positions[t], offset: 0 };
        const row = (a: { data: number[] }) => Float64Array.from(a.data.slice(t * H * D, (t + 1) * H * D));
        ropeRef(row(x), z).forEach((v, i) => expect(v).toBeCloseTo(row(out)[i], 5));
        ropeRef(row(dout), z, -1).forEach((v, i) => expect(v).toBeCloseTo(row(dx)[i], 5));
      }
    });
  });
