import { describe, expect, it } from 'vitest';
import { fakeDevice } from '../../tests/harness/fake-device';
import { Graph } from '../graph/graph';
import type { Shape } from '../graph/tensor';
import { parameters } from './parameter';
import { RelativeAttention, SegmentMemory } from './relative_attention';

const shapes = (module: object) => [...parameters(module)].map(([name, p]) => `${name} (${p.shape.join()})`);

describe('RelativeAttention', () => {
  it('has the names and shapes of Hugging Face checkpoints', () => {
    expect(shapes(new RelativeAttention({ width: 12, heads: 2, headWidth: 5 })).sort()).toEqual([
      'layer_norm.bias (12)',
      'layer_norm.weight (12)',
      'o_net.weight (12,10)',
      'qkv_net.weight (30,12)',
      'r_net.weight (10,12)',
      'r_r_bias (2,5)',
      'r_w_bias (2,5)',
    ]);
  });

  it('shares u and v where asked, each listed once', () => {
    const first = new RelativeAttention({ width: 12, heads: 2 });
    const second = new RelativeAttention({ width: 12, heads: 2, biases: first });
    expect(second.r_w_bias).toBe(first.r_w_bias);
    const names = [...parameters([first, second]).keys()].filter((name) => name.includes('bias'));
    expect(names).toEqual(['0.layer_norm.bias', '0.r_w_bias', '0.r_r_bias', '1.layer_norm.bias']);
  });

  it('refuses widths and heads that do not fit', () => {
    expect(() => new RelativeAttention({ width: 12, heads: 5 })).toThrow(
      'RelativeAttention: width 12 in 5 heads of 2.4.',
    );
    expect(() => new RelativeAttention({ width: 9, heads: 3 })).toThrow('an even width');
    const biases = new RelativeAttention({ width: 12, heads: 3 });
    expect(() => new RelativeAttention({ width: 12, heads: 2, biases })).toThrow(
      "shared biases are (3, 4). This layer's must be (2, 6).",
    );
    expect(() => new RelativeAttention({ width: 12, heads: 2, dropout: 1 })).toThrow(
      'RelativeAttention: dropout is 1. A probability of dropping must be in [0, 1).',
    );
    expect(() => new RelativeAttention({ width: 12, heads: 2, attentionDropout: -0.1 })).toThrow(
      'attentionDropout is -0.1',
    );
  });

  const layer = new RelativeAttention({ width: 12, heads: 2 });
  const forward = (x: Shape, memory?: Shape | SegmentMemory, positions?: Shape) => () => {
    const g = new Graph(fakeDevice());
    const given = memory instanceof SegmentMemory ? memory : memory && g.input('memory', memory, 'f32');
    const table = positions && g.input('table', positions, 'f32');
    return layer.forward(g, g.input('x', x, 'f32'), {
      ...(given && { memory: given }),
      ...(table && { positions: table }),
    });
  };

  it('gives the shape that it was given', () => {
    expect(forward([2, 3, 12], new SegmentMemory(2, 5, 12))().shape).toEqual([2, 3, 12]);
    expect(forward([2, 3, 12], [2, 5, 12], [8, 12])().shape).toEqual([2, 3, 12]);
  });

  it('refuses a memory of another batch or width, and tables of another length', () => {
    expect(forward([2, 3, 10])).toThrow('RelativeAttention: x is (2, 3, 10). It must be (2, 3, 12).');
    expect(forward([2, 3, 12], [1, 5, 12])).toThrow('memory is (1, 5, 12). It must be (2, 5, 12).');
    expect(forward([2, 3, 12], [2, 5, 8])).toThrow('memory is (2, 5, 8). It must be (2, 5, 12).');
    expect(forward([2, 3, 12], new SegmentMemory(3, 5, 12))).toThrow(
      'SegmentMemory: x (2, 3, 12) f32 cannot follow a memory (3, 5, 12). Give (3, T, 12), or make a memory',
    );
    expect(forward([2, 9, 12], [2, 5, 12], [8, 12])).toThrow(
      'RelativeAttention: positions (table) are (8, 12) for 14 keys of width 12. Give (14, 12): relativeSinusoidal',
    );
  });

  it('drops weights and outputs where a graph trains, and nothing elsewhere', () => {
    const dropping = new RelativeAttention({ width: 12, heads: 2, dropout: 0.1, attentionDropout: 0.2 });
    const drops = (train: boolean): string[] => {
      const g = new Graph(fakeDevice(), { train });
      dropping.forward(g, g.input('x', [2, 3, 12], 'f32', { differentiable: true }));
      const random = g.dispatches.filter((d) => (d.uniforms['threshold'] ?? 0) > 0);
      return random
        .filter((d) => d.variant.key.includes('DROPOUT') || d.label.includes('dropout'))
        .map((d) => d.label.replace(/forward.*/, 'forward'));
    };
    expect(drops(true)).toEqual(['attention.forward', 'o_net/dropout.forward']);
    expect(drops(false)).toEqual([]);
  });

  it('projects memory rows to keys and values only', () => {
    const g = new Graph(fakeDevice());
    layer.forward(g, g.input('x', [2, 3, 12], 'f32'), { memory: new SegmentMemory(2, 5, 12) });
    const projections = g.dispatches.filter((d) => d.label.startsWith('qkv_net/matmul'));
    expect(projections.map((d) => d.flops)).toEqual([2 * 6 * 12 * 12, 2 * 16 * 12 * 24]);
  });
});
