import { describe, expect, it } from 'vitest';
import { ops } from '../../../checks/ops/convolution';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { onLavapipe, testOps } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { convolution } from './convolution';

testOps(ops, onLavapipe);

describe('convolution', () => {
  const g = new Graph(fakeDevice());
  const x = g.input('x', [2, 6, 9, 8], 'f32');
  const w = g.input('w', [4, 6, 3, 3], 'f32');
  it('gives rows of outputs, which the next one reads', () => {
    const y = convolution(g, x, w, { stride: [2, 1], padding: 1 });
    expect(y.shape).toEqual([2, 5, 8, 4]);
    expect(convolution(g, y, g.input('v', [7, 4, 1, 1], 'f32'), { channels: 'last' }).shape).toEqual([
      2, 5, 8, 7,
    ]);
  });
  it('says what does not fit', () => {
    expect(() => convolution(g, x, w, { groups: 4 })).toThrow('4 groups of 6 channels and 4 outputs');
    expect(() => convolution(g, x, w, { groups: 2 })).toThrow('It must be (4, 3, 3, 3)');
    expect(() => convolution(g, x, w, { channels: 'last' })).toThrow('w (4, 6, 3, 3) f32 does not fit');
    expect(() => convolution(g, x, w, { activation: 'swish' as never })).toThrow('no activation "swish"');
    const flat = g.input('flat', [4, 54], 'f32');
    expect(() => convolution(g, x, flat)).toThrow('Windows have one axis or two');
    expect(convolution(g, x, flat, { kernel: [3, 3] }).shape).toEqual([2, 7, 6, 4]);
    expect(() => convolution(g, x, w, { pading: 1 } as never)).toThrow('Did you mean padding?');
  });
});
