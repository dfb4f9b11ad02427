import { expect, test } from 'vitest';
import { part } from './maps';

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
