import { afterEach, describe, expect, it } from 'vitest';
import { rungOf, usualRung, type Capabilities } from '../runtime/capabilities';
import { LEAST_CAPABILITIES } from '../graph/imagined';
import { choose, differenceOf, type RungTime } from './choose';
import { browserStore, keyOf, parseRungs } from './kept';

const time = (
  rung: RungTime['rung'],
  milliseconds: number,
  low = milliseconds,
  high = milliseconds,
): RungTime => ({
  ...{ rung, milliseconds, low, high },
});

describe('the rung that is taken', () => {
  it('is the fastest, where it is faster by more than a twentieth', () => {
    expect(choose('large', [time('large', 10), time('small', 9.4), time('quads', 30)])).toEqual({
      rung: 'small',
      why: 'faster',
    });
    expect(choose('large', [time('large', 10), time('small', 9.6)])).toEqual({ rung: 'large', why: 'usual' });
    expect(choose('small', [time('large', 10), time('small', 9)])).toEqual({ rung: 'small', why: 'usual' });
  });

  it('is the usual one where samples of one of the two differ by over 30 %, and overlap', () => {
    expect(choose('large', [time('large', 10, 7, 10), time('small', 8, 8, 10.5)])).toEqual({
      rung: 'large',
      why: 'noise',
    });
    expect(choose('large', [time('large', 10, 10, 13.1), time('small', 9, 9, 11)])).toEqual({
      rung: 'large',
      why: 'noise',
    });
    // They differ, but the slowest of one is faster than the fastest of the other.
    expect(choose('large', [time('large', 10, 9, 13), time('small', 5, 4, 6)])).toEqual({
      rung: 'small',
      why: 'faster',
    });
    // Noise of a third one does not matter.
    expect(choose('large', [time('large', 10), time('small', 8), time('quads', 30, 20, 60)]).rung).toBe(
      'small',
    );
  });

  it('is the usual one where the clock stood still', () => {
    for (const times of [
      [time('large', 0), time('small', 0)],
      [time('large', 10), time('small', 0)],
      [time('large', 0), time('small', 10)],
      [time('large', NaN), time('small', 1)],
    ])
      expect(choose('large', times)).toEqual({ rung: 'large', why: 'noise' });
  });

  it('is the usual one where no other was timed', () => {
    const refused: RungTime = { rung: 'small', milliseconds: null, low: 0, high: 0, refused: 'why' };
    expect(choose('large', [time('large', 10), refused])).toEqual({ rung: 'large', why: 'alone' });
    expect(choose('large', [{ ...refused, rung: 'large' }, time('small', 1)])).toEqual({
      rung: 'large',
      why: 'alone',
    });
  });
});

describe('a rung whose numbers differ', () => {
  const want = new Map([
    ['y', Float32Array.of(1, -4)],
    ['dx', Float32Array.of(0, 100)],
  ]);
  it('is told by the first number that is off by more than a thousandth of the largest', () => {
    expect(differenceOf(want, want)).toBeUndefined();
    expect(differenceOf(new Map(want).set('dx', Float32Array.of(0.09, 99.95)), want)).toBeUndefined();
    expect(differenceOf(new Map(want).set('dx', Float32Array.of(0.2, 100)), want)).toMatch(
      /^dx\[0\] is 0\.2\d*, not 0 as by the usual kernels$/,
    );
    expect(differenceOf(new Map(want).set('y', Float32Array.of(NaN, -4)), want)).toContain('y[0] is NaN');
  });
});

describe('rungs', () => {
  const can: Capabilities = { ...LEAST_CAPABILITIES, software: false, manyRegisters: true };
  it('change by what kernels of their kind are chosen, and of no other', () => {
    expect(usualRung(can)).toBe('large');
    expect(rungOf(can, 'matmul')).toBe(can);
    const set = { ...can, rungs: { matmul: 'small', attention: 'quads' } } as const;
    expect(rungOf(set, 'matmul')).toMatchObject({ software: false, manyRegisters: false });
    expect(rungOf(set, 'attention')).toMatchObject({ software: true });
    expect(rungOf(set, 'fewRows')).toBe(set);
    expect(rungOf({ ...can, software: true, rungs: { matmul: 'large' } }, 'matmul')).toMatchObject({
      software: false,
      manyRegisters: true,
    });
  });

  it('are read from what was kept only where all of it is ours', () => {
    expect(parseRungs('{"matmul":"small","fewRows":"quads","attention":"large"}')).toEqual({
      matmul: 'small',
      fewRows: 'quads',
      attention: 'large',
    });
    for (const text of [
      '{}',
      '[]',
      '["small","small","small"]',
      '{"matmul":"small"}',
      '{"matmul":"small","fewRows":"quads","attention":"large","gelu":"small"}',
      '{"matmul":"small","fewRows":"quads","attention":null}',
      '',
      '[',
      'null',
      '3',
      '{"matmul":"huge"}',
      '{"gelu":"small"}',
      '{"matmul":["small"]}',
    ])
      expect(parseRungs(text), text).toBeNull();
  });
});

it('there is no store where a page may not look at the cache, as in a sandboxed frame', () => {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'caches');
  Object.defineProperty(globalThis, 'caches', {
    configurable: true,
    get: () => {
      throw new DOMException('the document is sandboxed', 'SecurityError');
    },
  });
  try {
    expect(browserStore()).toBeNull();
  } finally {
    if (before) Object.defineProperty(globalThis, 'caches', before);
    else Reflect.deleteProperty(globalThis, 'caches');
  }
});

describe('the key of what is kept', () => {
  const info = { vendor: 'v', architecture: 'a', description: 'd' };
  const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  afterEach(() => {
    if (before) Object.defineProperty(globalThis, 'navigator', before);
  });
  it('is another one for another adapter, other features, another browser', () => {
    const keys = [keyOf(info, 'f16'), keyOf({ ...info, description: 'driver 2' }, 'f16'), keyOf(info, '')];
    Object.defineProperty(globalThis, 'navigator', { configurable: true, value: { userAgent: 'Another/7' } });
    keys.push(keyOf(info, 'f16'));
    expect(new Set(keys).size).toBe(4);
    expect(keyOf(info, 'f16')).toBe(keys[3]);
  });
});
