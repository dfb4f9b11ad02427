import { describe, expect, it } from 'vitest';
import { ops } from '../../../checks/ops/rearrange';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { testOps } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { concat, headsFirst, slice, storeSlice } from './rearrange';

testOps(ops);

describe('rearrange', () => {
  const g = new Graph(fakeDevice());
  const x = g.input('x', [2, 6, 4], 'f32');
  it('slice says what an axis has', () => {
    expect(() => slice(g, x, 1, 4, 3)).toThrow(
      'slice: entries 4 to 6 of axis 1 of x (2, 6, 4) f32. Give a start and a length of whole numbers within its 6.',
    );
    expect(() => slice(g, x, 3, 0, 1)).toThrow('slice: x (2, 6, 4) has no axis 3.');
    expect(() => slice(g, x, 0, 0.5, 1)).toThrow('whole numbers within its 2');
  });
  it('axes count from the end, too', () => {
    expect(slice(g, x, -1, 1, 2).shape).toEqual([2, 6, 2]);
    expect(concat(g, [x, x], -2).shape).toEqual([2, 12, 4]);
    const state = g.value('state', [2, 3, 4], 'f32');
    const before = g.dispatches.length;
    for (const axis of [1, -2]) storeSlice(g, x, axis, 2, state);
    const [first, second] = g.dispatches.slice(before).map(({ uniforms }) => uniforms);
    expect(second).toEqual(first);
  });
  it('concat wants the other axes alike', () => {
    const other = g.input('other', [2, 3, 5], 'f32');
    expect(() => concat(g, [x, other], 1)).toThrow('concat: other is (2, 3, 5). It must be (2, 3, 4).');
    expect(() => concat(g, [], 1)).toThrow('there is nothing to join');
  });
  it('storeSlice and headsFirst name what does not fit', () => {
    expect(() => storeSlice(g, x, 1, 4, g.value('state', [2, 3, 4]))).toThrow('3 entries from 4 on of 6');
    expect(() => headsFirst(g, x, 3)).toThrow('rows of x (2, 6, 4) f32 do not divide into 3 heads');
  });
});
