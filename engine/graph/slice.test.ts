import { describe, expect, it } from 'vitest';
import type { Dispatch } from './dispatch';
import { sliceOf } from './slice';
import { Tensor, type Source, type Stored } from './tensor';

const stored = {
  name: 'state',
  shape: [1],
  dtype: 'f32',
  trainable: false,
  storage: null,
  gradient: null,
} as const;
const tensor = (name: string, source: Source = { kind: 'value' }): Tensor =>
  new Tensor(name, [1], 'f32', source, false);
const state = (name: string): Tensor =>
  tensor(name, { kind: 'stored', stored: { ...stored, name } satisfies Stored, part: 'storage' });
const dispatch = (reads: readonly Tensor[], writes: readonly Tensor[]): Dispatch =>
  ({
    tensors: [
      ...reads.map((t) => ({ tensor: t, write: false, binding: 0 })),
      ...writes.map((t) => ({ tensor: t, write: true, binding: 0 })),
    ],
  }) as unknown as Dispatch;
const names = (set: Iterable<Tensor>): string[] => [...set].map((t) => t.name);

describe('sliceOf', () => {
  it('runs what led to a value, and nothing else', () => {
    const [x, a, b, c, d] = ['x', 'a', 'b', 'c', 'd'].map((name) => tensor(name));
    const all = [
      dispatch([x], [a]),
      dispatch([x], [b]),
      dispatch([a], [c]),
      dispatch([c], [d]),
      dispatch([b], [d]),
    ];
    const slice = sliceOf(all, [{ after: 2, tensors: [c] }], (t) => t === x);
    expect(slice.dispatches).toEqual([0, 2]);
    expect(slice.disturbed.size + slice.restart.size).toBe(0);
  });

  it('takes every writer up to the place and none after it', () => {
    const [x, a] = ['x', 'a'].map((name) => tensor(name));
    const all = [dispatch([x], [a]), dispatch([x], [a]), dispatch([x], [a])];
    expect(sliceOf(all, [{ after: 1, tensors: [a] }], (t) => t === x).dispatches).toEqual([0, 1]);
  });

  it('reads a lasting tensor as it is when nothing wrote it later: a cache needs no append', () => {
    const [x, q] = ['x', 'q'].map((name) => tensor(name));
    const cache = state('cache');
    const out = tensor('out');
    const all = [dispatch([x], [q]), dispatch([q], [cache]), dispatch([q, cache], [out])];
    const slice = sliceOf(all, [{ after: 2, tensors: [q, cache] }], (t) => t === x || t === cache);
    expect(slice.dispatches).toEqual([0]);
    expect(slice.disturbed.size).toBe(0);
  });

  it('puts a cache back at once when the dispatch that makes q also writes it', () => {
    const [x, q] = ['x', 'q'].map((name) => tensor(name));
    const cache = state('cache');
    const all = [dispatch([x], [q, cache]), dispatch([q, cache], [tensor('out')])];
    const slice = sliceOf(all, [{ after: 1, tensors: [q, cache] }], (t) => t === x || t === cache);
    expect(slice.dispatches).toEqual([0]);
    expect([...slice.disturbed].map(([t, when]) => [t.name, when])).toEqual([['cache', 'at once']]);
    expect(slice.restart.size).toBe(0);
  });

  it('starts over from state that the run read and then overwrote: a token fed back', () => {
    const token = state('token');
    const [x, y] = ['x', 'y'].map((name) => tensor(name));
    const all = [dispatch([token], [x]), dispatch([x], [y]), dispatch([y], [token])];
    const slice = sliceOf(all, [{ after: 1, tensors: [x] }], (t) => t === token);
    expect(slice.dispatches).toEqual([0]);
    expect(names(slice.restart)).toEqual(['token']);
    expect(slice.disturbed.get(token)).toBe('at the end');
  });

  it('puts parameter gradients back that a needed dispatch adds to', () => {
    const [x, dx, dy] = ['x', 'dx', 'dy'].map((name) => tensor(name));
    const dw = state('dw');
    const all = [dispatch([x], [dy]), dispatch([dy], [dx, dw]), dispatch([dx], [tensor('later')])];
    const slice = sliceOf(all, [{ after: 2, tensors: [dx] }], (t) => t === x || t === dw);
    expect(slice.dispatches).toEqual([0, 1]);
    expect([...slice.disturbed]).toEqual([[dw, 'at the end']]);
    expect(slice.restart.size).toBe(0);
  });

  it('makes an output again that a gradient took over later, and puts it back', () => {
    const [x, output, y] = ['x', 'output', 'y'].map((name) => tensor(name));
    const all = [dispatch([x], [output]), dispatch([output], [y]), dispatch([y], [output])];
    const slice = sliceOf(all, [{ after: 1, tensors: [output] }], (t) => t === x || t === output);
    expect(slice.dispatches).toEqual([0]);
    expect([...slice.disturbed]).toEqual([[output, 'at the end']]);
    expect(slice.restart.size).toBe(0);
  });
});
