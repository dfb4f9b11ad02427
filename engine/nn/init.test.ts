// What layers begin with: PyTorch's distributions, and the models' own.
import { describe, expect, it } from 'vitest';
import { Embedding } from './embedding';
import { normal, RandomStream, uniform, type Init } from './init';
import { Linear } from './linear';
import { LearnedPositions } from './positional/learned';
import type { Parameter } from './parameter';

const draw = ({ init, size }: Parameter, name = 'w') => init(size, new RandomStream(1, name));

/** The second and fourth moments and the largest magnitude. */
function moments(data: Float32Array): [variance: number, kurtosis: number, most: number] {
  const mean = (power: number) => data.reduce((sum, x) => sum + x ** power, 0) / data.length;
  return [mean(2), mean(4) / mean(2) ** 2, data.reduce((most, x) => Math.max(most, Math.abs(x)), 0)];
}

describe('Linear', () => {
  // torch.nn.Linear: kaiming_uniform_(a = √5) gives a bound of √(6 / (1 + 5)) / √in; the bias has 1/√in, too.
  it.each(['out_in', 'in_out'] as const)('begins as torch.nn.Linear, laid out %s', (layout) => {
    const { weight, bias } = new Linear(25, 4000, { layout });
    for (const data of [draw(weight), draw(bias!)]) {
      const [variance, kurtosis, most] = moments(data);
      expect(most).toBeLessThanOrEqual(Math.fround(1 / 5));
      expect(most).toBeGreaterThan(0.199);
      expect(variance / (1 / 25 / 3) - 1).toBeCloseTo(0, 1);
      expect(kurtosis).toBeCloseTo(9 / 5, 1);
    }
    expect(draw(weight, 'a').slice(0, 9)).not.toEqual(draw(weight, 'b').slice(0, 9));
  });

  it('takes another start, with a bias of zeros', () => {
    const { weight, bias } = new Linear(3, 5, { init: normal(0.02) });
    expect(draw(weight)).toEqual(normal(0.02)(15, new RandomStream(1, 'w')));
    expect(draw(bias!)).toEqual(new Float32Array(5));
  });
});

it('Embedding begins as torch.nn.Embedding, LearnedPositions as GPT-2', () => {
  const spread = (parameter: Parameter) => Math.sqrt(moments(draw(parameter))[0]);
  expect(spread(new Embedding(200, 50).weight)).toBeCloseTo(1, 1);
  expect(spread(new LearnedPositions(200, 50).weight) * 50).toBeCloseTo(1, 1);
  const init: Init = uniform(2);
  expect(moments(init(1000, new RandomStream(1, 'u')))[2]).toBeGreaterThan(1.99);
});
