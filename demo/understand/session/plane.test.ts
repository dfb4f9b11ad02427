import { describe, expect, it } from 'vitest';
import { placeIn, planeOf, product } from './plane';

/** Points of four dimensions that differ along two known directions, most along the first. */
function cloud(count: number): { points: number[][]; first: number[]; second: number[] } {
  const first = [0.5, 0.5, -0.5, 0.5];
  const second = [0.5, -0.5, 0.5, 0.5];
  const points = Array.from({ length: count }, (_, k) => {
    const [a, b, c] = [Math.sin(7 * k), Math.sin(3 * k + 1), Math.sin(11 * k + 2)];
    const third = [0.5, -0.5, -0.5, -0.5];
    return first.map((x, i) => 10 + i + 3 * a * x + b * second[i] + 0.01 * c * third[i]);
  });
  return { points, first, second };
}

describe('the plane of a cloud', () => {
  it('lies along what differs most, and says how much of it that is', () => {
    const { points, first, second } = cloud(600);
    const { mean, axes, shares } = planeOf(points);
    expect(mean[0]).toBeCloseTo(10, 1);
    expect(Math.abs(product(axes[0], first))).toBeGreaterThan(0.999);
    expect(Math.abs(product(axes[1], second))).toBeGreaterThan(0.999);
    expect(product(axes[0], axes[1])).toBeCloseTo(0, 12);
    expect(shares[0]).toBeCloseTo(0.9, 1);
    expect(shares[0] + shares[1]).toBeGreaterThan(0.9999);
  });

  it('of two dimensions agrees with the formula for a symmetric matrix of two rows', () => {
    const points = [
      [1, 2],
      [2, 3.5],
      [4, 4],
      [7, 9],
      [0, -1],
    ];
    const middle = [2.8, 3.5];
    const [a, b, c] = [
      [0, 0],
      [0, 1],
      [1, 1],
    ].map(([i, j]) => points.reduce((sum, p) => sum + (p[i] - middle[i]) * (p[j] - middle[j]), 0));
    const root = Math.sqrt(((a - c) / 2) ** 2 + b ** 2);
    const { shares, axes } = planeOf(points);
    expect(shares[0]).toBeCloseTo(((a + c) / 2 + root) / (a + c), 10);
    expect(shares[0] + shares[1]).toBeCloseTo(1, 10);
    expect(axes[0][1] / axes[0][0]).toBeCloseTo(((a + c) / 2 + root - a) / b, 6);
  });

  it('keeps distances of points that lie in a plane, and takes points of one place', () => {
    const { points } = cloud(50);
    const plane = planeOf(points);
    const [p, q] = [placeIn(plane, points[3]), placeIn(plane, points[8])];
    const whole = Math.hypot(...points[3].map((x, i) => x - points[8][i]));
    expect(Math.hypot(p[0] - q[0], p[1] - q[1])).toBeCloseTo(whole, 3);
    const still = planeOf([
      [1, 2, 3],
      [1, 2, 3],
    ]);
    expect(still.shares).toEqual([0, 0]);
    expect(placeIn(still, [1, 2, 3])).toEqual([0, 0]);
    expect(product(still.axes[0], still.axes[1])).toBe(0);
  });
});
