import { expect, test } from 'vitest';
import { part, rolled } from './maps';

test('some rows and columns of every head', () => {
  // Head h, row r, column c is 100 h + 10 r + c.
  const [heads, rows, columns] = [2, 3, 4];
  const probabilities = Float32Array.from({ length: heads * rows * columns }, (_, i) => {
    return 100 * Math.floor(i / (rows * columns)) + 10 * (Math.floor(i / columns) % rows) + (i % columns);
  });
  const maps = { heads, rows, columns, probabilities };
  const some = part(maps, { from: 1, count: 2 }, { from: 2, count: 2 });
  expect(some).toMatchObject({ heads: 2, rows: 2, columns: 2 });
  expect([...some.probabilities]).toEqual([12, 13, 22, 23, 112, 113, 122, 123]);
  expect(part(maps, { from: 0, count: rows }, { from: 0, count: columns })).toEqual(maps);
});

test('all layers together: half of each map and half of what passes by it, multiplied', () => {
  const layer = (...probabilities: number[]) => {
    return { heads: 2, rows: 2, columns: 2, probabilities: Float32Array.from(probabilities) };
  };
  // Means of heads: (1, 0; 0.5, 0.5) and (1, 0; 0.8, 0.2).
  const layers = [layer(1, 0, 0.25, 0.75, 1, 0, 0.75, 0.25), layer(1, 0, 1, 0, 1, 0, 0.6, 0.4)];
  // Half each: (1, 0; 0.25, 0.75), then (1, 0; 0.4, 0.6): 0.4 + 0.6 · 0.25 and 0.6 · 0.75.
  const { heads, probabilities } = rolled(layers)!;
  expect(heads).toBe(1);
  for (const [i, want] of [1, 0, 0.55, 0.45].entries()) expect(probabilities[i]).toBeCloseTo(want, 6);
  expect(rolled([{ ...layers[0], columns: 1, probabilities: new Float32Array(4) }])).toBeNull();
  expect(rolled([])).toBeNull();
});
