import { expect, test } from 'vitest';
import { contrast, readable } from './colours';

test('contrast ratios are those of WCAG', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 10);
  expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
  expect(contrast('#a8361f', '#a8361f')).toBe(1);
});

test('on every colour there is an ink to read at 4.5:1, the page’s own where it can be', () => {
  const inks = ['#1d1b18', '#faf8f4'];
  for (const red of [0, 80, 128, 168, 210, 255]) {
    for (const green of [0, 54, 110, 140, 200, 255]) {
      for (const blue of [0, 31, 128, 255]) {
        const on = `#${[red, green, blue].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
        const ink = readable(on, inks);
        expect(contrast(on, ink), on).toBeGreaterThanOrEqual(4.5);
        expect(inks.includes(ink), on).toBe(Math.max(...inks.map((own) => contrast(on, own))) >= 4.5);
      }
    }
  }
});
