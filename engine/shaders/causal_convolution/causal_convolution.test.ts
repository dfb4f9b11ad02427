import { describe, expect, it } from 'vitest';
import { ops } from '../../../checks/ops/causal_convolution';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { host, openTestGpu } from '../../../tests/harness/host';
import { normal, testOps } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { Parameter } from '../../nn/parameter';
import { ParameterStore } from '../../nn/parameter_store';
import { Device } from '../../runtime/device';
import { causalConvolution, causalConvolutionStep } from './causal_convolution';
import { causalConvolutionRef } from './causal_convolution.ref';

testOps(ops);

describe('causalConvolution', () => {
  it('says what does not fit', () => {
    const g = new Graph(fakeDevice());
    const x = g.input('x', [2, 3, 4], 'f32');
    const weight = (...shape: number[]) => g.input(`w${shape.join('x')}`, shape, 'f32');
    expect(() => causalConvolution(g, x, weight(5, 4))).toThrow('w5x4 is (5, 4) for 4 channels');
    expect(() => causalConvolution(g, g.input('flat', [6, 4], 'f32'), weight(4, 2))).toThrow(
      'flat is (6, 4)',
    );
    const step = (held: number[], taps = 3) =>
      causalConvolutionStep(g, x, weight(4, 1, taps), { held: g.input(`h${held.join('x')}`, held, 'f32') });
    expect(() => step([2, 3, 4])).toThrow('h2x3x4 is (2, 3, 4). It must be (2, 2, 4).');
    expect(() => step([2, 1, 4], 1)).toThrow('a convolution of one tap');
  });
});

if (host.gpu)
  it('goes on with sequences of unequal lengths as if each were read at once', async () => {
    using device = await Device.open({ gpu: openTestGpu() });
    const [B, C, K] = [2, 3, 4];
    // 2 and 5 rows of 5, then one of each, none of the second and three of the first.
    const stretches = [
      { T: 5, lengths: [2, 5] },
      { T: 1, lengths: [1, 1] },
      { T: 3, lengths: [3, 0] },
      { T: 1, lengths: [1, 1] },
    ];
    const x = Float32Array.from(normal([B, 8, C]).data);
    const w = Float32Array.from(normal([C, K]).data);
    const whole = causalConvolutionRef(Float64Array.from(x), Float64Array.from(w), { B, T: 8, C, K });
    const held = new Parameter([B, K - 1, C], { trainable: false });
    using store = new ParameterStore(device, { held });
    await store.ready();
    store.write('held', new Float32Array(held.size).fill(NaN)); // a run at position 0 begins anew
    const done = [0, 0];
    let position = 0;
    for (const { T, lengths } of stretches) {
      const g = new Graph(device);
      const y = causalConvolutionStep(g, g.input('x', [B, T, C], 'f32'), g.constant('w', [C, K], w), {
        held: g.use(held),
        lengths: g.constant('lengths', [B], Uint32Array.from(lengths)),
      });
      using plan = await g.compile({ y });
      const rows = new Float32Array(B * T * C).fill(1e30);
      for (let b = 0; b < B; b++) {
        const from = (b * 8 + done[b]) * C;
        rows.set(x.subarray(from, from + lengths[b] * C), b * T * C);
      }
      plan.run({ x: rows }, { position });
      const got = await plan.read('y');
      for (let b = 0; b < B; b++) {
        for (let i = 0; i < lengths[b] * C; i++)
          expect(got[b * T * C + i]).toBeCloseTo(whole[(b * 8 + done[b]) * C + i], 5);
        done[b] += lengths[b];
      }
      position += T;
    }
    expect(done).toEqual([7, 7]);
  });
