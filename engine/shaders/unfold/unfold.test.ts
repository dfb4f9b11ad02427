import { describe, expect, it } from 'vitest';
import { ops } from '../../../checks/ops/unfold';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { testOps } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { fold, unfold } from './unfold';

testOps(ops);

describe('unfold and fold', () => {
  const g = new Graph(fakeDevice());
  const image = g.input('image', [2, 3, 8, 6], 'f32');
  it('give rows of windows, and take them back', () => {
    const options = { kernel: [4, 2], stride: [4, 2] };
    const rows = unfold(g, image, options);
    expect(rows.shape).toEqual([2, 2, 3, 24]);
    expect(fold(g, rows, { ...options, size: [8, 6] }).shape).toEqual([2, 3, 8, 6]);
    expect(fold(g, rows, { ...options, size: [9, 7], channels: 'last' }).shape).toEqual([2, 9, 7, 3]);
  });
  it('say what does not fit', () => {
    expect(() => unfold(g, image, { kernel: [3] })).toThrow(
      'unfold: windows over 1 axes of (2, 3, 8, 6). Give (B, C, T).',
    );
    expect(() => unfold(g, image, { kernel: [9, 2] })).toThrow('no window of 9 × 2 fits 8 × 6');
    expect(() => unfold(g, image, { kernel: [2, 2], stride: 0 })).toThrow('stride is 0 × 0');
    expect(() => unfold(g, image, { kernel: [2, 2], padding: [1] })).toThrow('padding is 1');
    expect(() => unfold(g, image, { kernel: [2, 2], chanels: 'last' } as never)).toThrow('channels');
    const rows = g.input('rows', [2, 2, 3, 25], 'f32');
    expect(() => fold(g, rows, { kernel: [4, 2], size: [8, 6] })).toThrow('do not hold windows of 4 × 2');
    const others = g.input('others', [2, 2, 3, 24], 'f32');
    expect(() => fold(g, others, { kernel: [4, 2], size: [8, 6] })).toThrow('It must be (2, 5, 5, 24)');
  });
});
