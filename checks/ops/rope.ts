import { rope } from '../../engine/shaders/rope/rope';
import { ropeFrequenciesRef, ropeRef } from '../../engine/shaders/rope/rope.ref';
import { describeOp, normal } from '../op';

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

/** Numbers of transformers' YaRN for 16 columns, so that the op is checked without its own frequency code. */
export const yarn = {
  theta: 10000.0,
  attentionFactor: 1.2079441541679836,
  frequencies: [
    1.0, 0.24705294220065463, 0.056249999999999994, 0.010870329456828804, 0.00125, 0.0003952847075210474,
    0.000125, 3.952847075210474e-5,
  ],
};
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

export const ops = [
  ...[0, 32_700, 16_000_000].map((start) =>
    describeOp(`rope from position ${start}`, {
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
    }),
  ),
  describeOp('rope of a part of each head, scaled as YaRN does', {
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
  }),
  describeOp('rope of sequences at positions of their own', {
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
  }),
];
