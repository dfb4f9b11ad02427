import { describe, expect, it } from 'vitest';
import { fakeDevice } from '../../tests/harness/fake-device';
import { Graph } from '../graph/graph';
import { Convolution } from './convolution';
import { RandomStream } from './init';
import { parameters } from './parameter';

describe('Convolution', () => {
  const device = fakeDevice();
  it("chains as Whisper's two do", () => {
    const model = {
      first: new Convolution({ inputs: 80, outputs: 12, kernel: [3], padding: 1 }),
      second: new Convolution({
        ...{ inputs: 12, outputs: 16, kernel: [3], stride: 2, padding: 1, channels: 'last' },
      }),
    };
    const g = new Graph(device);
    const x = g.input('mel', [2, 80, 30], 'f32');
    const y = model.first.forward(g, x, { activation: 'gelu' });
    expect(y.shape).toEqual([2, 30, 12]);
    expect(model.second.forward(g, y, { activation: 'gelu' }).shape).toEqual([2, 15, 16]);
    expect([...parameters(model)].map(([name, { shape }]) => [name, ...shape])).toEqual([
      ['first.linear.weight', 12, 240],
      ['first.linear.bias', 12],
      ['second.linear.weight', 16, 36],
      ['second.linear.bias', 16],
    ]);
    expect(model.second.weightShape).toEqual([16, 12, 3]);
  });

  it('begins within 1/√inputs of a window, as in PyTorch', () => {
    const { linear } = new Convolution({ inputs: 6, outputs: 4, kernel: [3, 3], groups: 2 });
    expect(linear.weight.shape).toEqual([4, 27]);
    const drawn = linear.weight.init(4000, new RandomStream(0, 'w'));
    const most = drawn.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    expect(most).toBeLessThanOrEqual(1 / Math.sqrt(27));
    expect(most).toBeGreaterThan(0.99 / Math.sqrt(27));
  });

  it('names what does not fit', () => {
    expect(() => new Convolution({ inputs: 6, outputs: 4, kernel: [3], groups: 4 })).toThrow('4 groups of 6');
    const model = { conv: new Convolution({ inputs: 6, outputs: 4, kernel: [3], groups: 2 }) };
    const g = new Graph(device);
    expect(() => model.conv.forward(g, g.input('x', [1, 5, 9], 'f32'))).toThrow('2 groups of 5 channels');
    model.conv.linear.wraps = [(inner) => inner];
    expect(() => model.conv.forward(g, g.input('y', [1, 6, 9], 'f32'))).toThrow('2 groups carry an adapter');
    const one = { conv: new Convolution({ inputs: 6, outputs: 4, kernel: [3] }) };
    expect(() => one.conv.forward(g, g.input('z', [1, 5, 9], 'f32'))).toThrow('It wants 6 channels');
  });
});
