import { expect, it } from 'vitest';
import { assertClose } from '../../../tests/harness/close';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { host, openTestGpu } from '../../../tests/harness/host';
import { Random } from '../../../tests/harness/op';
import { findRaces } from '../../../tests/harness/races';
import { Graph } from '../../graph/graph';
import { Device } from '../../runtime/device';
import { features, linearAttentionRef } from './linear_attention.ref';
import { linearAttentionStep } from './recurrent';

const small = { B: 2, heads: 4, keyValueHeads: 2, D: 5, E: 3 };
/** Whose state has more columns than a workgroup has lanes. */
const wide = { B: 2, heads: 2, keyValueHeads: 1, D: 4, E: 66 };
type Sizes = typeof small;

function build(device: Device, z: Sizes, T: number) {
  const rowWidth = z.heads * z.D;
  const g = new Graph(device, { label: 'recurrent' });
  const q = g.input('q', [z.B, T, rowWidth], 'f32');
  const k = g.input('k', [z.B, T, z.keyValueHeads * z.D], 'f32');
  const v = g.input('v', [z.B, T, z.keyValueHeads * z.E], 'f32');
  const lengths = g.input('lengths', [z.B], 'u32');
  const state = g.input('state', [z.B, z.keyValueHeads, z.D, z.E + 1], 'f32');
  const options = { heads: z.heads, keyValueHeads: z.keyValueHeads, width: z.D, valueWidth: z.E };
  return { g, y: linearAttentionStep(g, { q, k, v, state, lengths, ...options }) };
}

/** Rows `from` to `to` of each sequence of (B, S, C). */
const rows = (x: Float64Array, B: number, S: number, from: number, to: number): Float64Array => {
  const c = x.length / B / S;
  const parts = Array.from({ length: B }, (_, b) => [...x.subarray((b * S + from) * c, (b * S + to) * c)]);
  return Float64Array.from(parts.flat());
};

if (!host.gpu) {
  it('linearAttentionStep has no data race, and names a state that does not fit', () => {
    const { g } = build(fakeDevice(), small, 2);
    for (const d of g.dispatches) expect(findRaces(d, {}), d.variant.label).toEqual([]);
    const x = g.input('x', [2, 1, 8], 'f32');
    const state = g.input('small', [2, 2, 4, 4], 'f32');
    expect(() => linearAttentionStep(g, { q: x, k: x, v: x, state, heads: 2, width: 4 })).toThrow(
      'linearAttentionStep: small is (2, 2, 4, 4). It must be (2, 2, 4, 5).',
    );
  });
} else {
  for (const z of [small, wide]) equals(z);
}

function equals(z: Sizes): void {
  it(`linearAttentionStep equals causal attention, a prompt first and then row by row (${z.E} columns)`, async () => {
    using device = await Device.open({ gpu: openTestGpu() });
    device.buffers.poison = 0x7fff7fff;
    const S = 9;
    const random = new Random(7);
    const noise = (c: number): Float64Array =>
      Float64Array.from({ length: z.B * S * c }, () => Math.fround(random.normal()));
    const [q, k, v] = [noise(z.heads * z.D), noise(z.keyValueHeads * z.D), noise(z.keyValueHeads * z.E)];
    const want = linearAttentionRef(q, k, v, { ...z, T: S, S, causal: true, feature: features.elu });
    const [prompt, single] = [build(device, z, 4), build(device, z, 1)];
    using first = await prompt.g.compile({ y: prompt.y, state: prompt.g.inputs.get('state')! });
    using next = await single.g.compile({ y: single.y, state: single.g.inputs.get('state')! });
    // What an earlier sequence left must not matter: the run at position 0 starts anew.
    let state: Float32Array = new Float32Array(z.B * z.keyValueHeads * z.D * (z.E + 1)).fill(1e30);
    const run = async (plan: typeof first, from: number, T: number, real: number): Promise<void> => {
      const part = (x: Float64Array) => Float32Array.from(rows(x, z.B, S, from, from + T));
      const lengths = new Uint32Array(z.B).fill(real);
      plan.run({ q: part(q), k: part(k), v: part(v), lengths, state }, { position: from });
      const got = await plan.read('y');
      const c = z.heads * z.E;
      const pick = (x: ArrayLike<number>) => Array.from(x).filter((_, i) => Math.floor(i / c) % T < real);
      const wanted = rows(want, z.B, S, from, from + T);
      const shape = [z.B, real, c];
      assertClose(`rows from ${from}`, pick(got), pick(wanted), shape, { epsilon: 2 ** -23, terms: S * z.D });
      state = await plan.read('state');
    };
    await run(first, 0, 4, 3); // the fourth row is padding
    for (let at = 3; at < S; at++) await run(next, at, 1, 1);
  });
}
