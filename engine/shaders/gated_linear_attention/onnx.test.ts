/** ONNX's cases of `LinearAttention`, by chunks and row by row, and the recurrence beside chunks. */
import { expect, it } from 'vitest';
import { assertClose } from '../../../tests/harness/close';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { fixtureTensors } from '../../../tests/fixtures/load';
import cases from '../../../tests/fixtures/linear-attention.json';
import { host, openTestGpu } from '../../../tests/harness/host';
import { Random } from '../../../tests/harness/op';
import { findRaces } from '../../../tests/harness/races';
import { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { Device } from '../../runtime/device';
import { gatedLinearAttention, type GatedLinearAttentionOptions } from './gated_linear_attention';
import { gatedLinearAttentionRef } from './gated_linear_attention.ref';
import { gatedLinearAttentionStep } from './recurrent';

type Arrays = Readonly<Record<string, { readonly shape: readonly number[]; readonly data: Float32Array }>>;
type Heads = Omit<GatedLinearAttentionOptions, 'decay' | 'beta'>;

/** Records a call of either form; the state is an input where there is one. */
function record(
  device: Device,
  arrays: Arrays,
  heads: Heads,
  state?: readonly number[],
): { g: Graph; outputs: Record<string, Tensor> } {
  const g = new Graph(device, { label: 'gated linear attention' });
  const x = Object.fromEntries(
    Object.entries(arrays).map(([name, { shape }]) => [name, g.input(name, shape, 'f32')]),
  ) as Record<'q' | 'k' | 'v', Tensor> & { decay?: Tensor; beta?: Tensor };
  if (!state) return { g, outputs: { out: gatedLinearAttention(g, { ...x, ...heads }) } };
  const kept = g.input('state', state, 'f32');
  return { g, outputs: { out: gatedLinearAttentionStep(g, { ...x, ...heads, state: kept }), state: kept } };
}

const data = (arrays: Arrays): Record<string, Float32Array> =>
  Object.fromEntries(Object.entries(arrays).map(([name, x]) => [name, x.data]));

if (host.gpu) {
  it('equals every case that ONNX has of LinearAttention', async () => {
    using device = await Device.open({ gpu: openTestGpu() });
    device.buffers.poison = 0x7fff7fff;
    const tensors = await fixtureTensors('linear-attention.safetensors');
    let chunked = 0;
    for (const [name, attributes] of Object.entries(cases)) {
      const { q_num_heads: heads, kv_num_heads: keyHeads, half } = attributes;
      const of = (part: string) => {
        const x = tensors.get(`${name}.${part}`);
        return x && { shape: x.shape, data: x.data as Float32Array };
      };
      const [q, k, v, decay, past] = [of('query')!, of('key')!, of('value')!, of('decay'), of('past_state')];
      let beta = of('beta');
      if (beta?.shape.at(-1) === 1) {
        // One β for all heads is written out.
        const each = beta.data;
        const wide = Float32Array.from(
          { length: each.length * keyHeads },
          (_, i) => each[Math.floor(i / keyHeads)],
        );
        beta = { shape: [...beta.shape.slice(0, 2), keyHeads], data: wide };
      }
      const arrays: Arrays = { q, k, v, ...(decay && { decay }), ...(beta && { beta }) };
      const width = q.shape[2] / heads;
      const valueWidth = v.shape[2] / keyHeads;
      const scale = 'scale' in attributes ? { scale: attributes.scale } : {};
      const options = { heads, keyHeads, width, valueWidth, ...scale };
      const [want, present] = [of('output')!, of('present_state')!];
      const bound = { epsilon: half ? 2 ** -10 : 2 ** -23, terms: width + q.shape[1] * 2 };

      const step = record(device, arrays, options, present.shape);
      using plan = await step.g.compile(step.outputs);
      const state = past?.data ?? new Float32Array(present.data.length).fill(1e30); // what is left of another sequence
      plan.run({ ...data(arrays), state }, { position: past ? 1 : 0 });
      assertClose(`${name}, row by row`, await plan.read('out'), want.data, want.shape, bound);
      assertClose(`${name}, state`, await plan.read('state'), present.data, present.shape, bound);
      if (past && past.data.some((s) => s !== 0)) continue; // chunks begin with an empty state
      chunked++;
      const whole = record(device, arrays, options);
      using chunks = await whole.g.compile(whole.outputs);
      chunks.run(data(arrays));
      assertClose(`${name}, by chunks`, await chunks.read('out'), want.data, want.shape, bound);
    }
    expect(Object.keys(cases).length).toBe(14);
    expect(chunked).toBeGreaterThanOrEqual(9);
  });

  it('goes on row by row from a prompt of which the last rows are padding', async () => {
    using device = await Device.open({ gpu: openTestGpu() });
    device.buffers.poison = 0x7fff7fff;
    const [S, heads] = [6, { heads: 1, keyHeads: 1, valueHeads: 2, width: 5, valueWidth: 66 }];
    const random = new Random(3);
    const noise = (c: number, f = (x: number) => x) =>
      Float32Array.from({ length: S * c }, () => f(random.normal()));
    const x = {
      ...{ q: noise(5), k: noise(5, (y) => y / 3), v: noise(132) },
      ...{ decay: noise(2, (y) => -y * y), beta: noise(2, (y) => 1 / (1 + Math.exp(y))) },
    };
    const exact = Object.fromEntries(Object.entries(x).map(([name, y]) => [name, Float64Array.from(y)]));
    const want = gatedLinearAttentionRef(exact as unknown as Parameters<typeof gatedLinearAttentionRef>[0], {
      ...{ B: 1, T: S, heads: 1, keyHeads: 1, valueHeads: 2, D: 5, E: 66 },
    });
    const columns = { q: 5, k: 5, v: 132, decay: 2, beta: 2 };
    const shape = [1, 2, 5, 66];
    let state: Float32Array = new Float32Array(2 * 5 * 66).fill(NaN);
    for (const [at, T, real] of [
      [0, 4, 3],
      [3, 1, 1],
      [4, 1, 1],
      [5, 1, 1],
    ]) {
      const part: Arrays = Object.fromEntries(
        Object.entries(columns).map(([name, c]) => [
          name,
          { shape: [1, T, c], data: x[name as keyof typeof x].slice(at * c, (at + T) * c) },
        ]),
      );
      const g = new Graph(device);
      const tensors = Object.fromEntries(
        Object.entries(part).map(([name, y]) => [name, g.input(name, y.shape, 'f32')]),
      ) as Record<'q' | 'k' | 'v' | 'decay' | 'beta', Tensor>;
      const kept = g.input('state', shape, 'f32');
      const lengths = g.input('lengths', [1], 'u32');
      const out = gatedLinearAttentionStep(g, { ...tensors, ...heads, state: kept, lengths });
      using plan = await g.compile({ out, state: kept });
      plan.run({ ...data(part), state, lengths: Uint32Array.of(real) }, { position: at });
      const got = (await plan.read('out')).subarray(0, real * 132);
      const bound = { epsilon: 2 ** -23, terms: S * 5 };
      assertClose(`rows from ${at}`, got, want.out.subarray(at * 132, (at + real) * 132), [real, 132], bound);
      state = await plan.read('state');
    }
    assertClose('state', state, want.state, shape, { epsilon: 2 ** -23, terms: S * 5 });
  });
} else {
  it('gatedLinearAttentionStep has no data race', () => {
    const array = (...shape: number[]) => ({ shape, data: new Float32Array(0) });
    const arrays = {
      q: array(2, 2, 8),
      k: array(2, 2, 4),
      v: array(2, 2, 3),
      decay: array(2, 2, 1),
      beta: array(2, 2, 1),
    };
    const heads = { heads: 2, keyHeads: 1, width: 4, valueWidth: 3 };
    const { g } = record(fakeDevice(), arrays, heads, [2, 1, 4, 3]);
    for (const d of g.dispatches) expect(findRaces(d, {}), d.variant.label).toEqual([]);
  });
}
