import { describe, expect, it } from 'vitest';
import { fakeDevice } from '../../tests/harness/fake-device';
import { Graph } from '../graph/graph';
import type { Shape } from '../graph/tensor';
import { parameters } from './parameter';
import { RelativeAttention, SegmentMemory } from './relative_attention';

const shapes = (module: object) => [...parameters(module)].map(([name, p]) => `${name} (${p.shape.join()})`);

describe('RelativeAttention', () => {
  it('has projections of its own for queries, which rows of earlier segments have none of', () => {
    expect(shapes(new RelativeAttention({ width: 12, heads: 2, headWidth: 5 })).sort()).toEqual([
      'contentBias (2,5)',
      'distances.weight (10,12)',
      'kv.weight (20,12)',
      'output.weight (12,10)',
      'positionBias (2,5)',
      'q.weight (10,12)',
    ]);
  });

  it('shares u and v where asked, each listed once', () => {
    const first = new RelativeAttention({ width: 12, heads: 2 });
    const second = new RelativeAttention({ width: 12, heads: 2, biases: first });
    expect(second.contentBias).toBe(first.contentBias);
    const names = [...parameters([first, second]).keys()].filter((name) => name.includes('Bias'));
    expect(names).toEqual(['0.contentBias', '0.positionBias']);
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
  const forward = (x: Shape, memory?: SegmentMemory, positions?: Shape) => () => {
    const g = new Graph(fakeDevice());
    const own = g.input('x', x, 'f32');
    const table = positions && g.input('table', positions, 'f32');
    return layer.forward(g, memory?.extend(g, own) ?? own, {
      queries: x[1],
      ...(table && { positions: table }),
    });
  };

  it('gives the shape of the rows that ask', () => {
    expect(forward([2, 3, 12], new SegmentMemory(2, 5, 12))().shape).toEqual([2, 3, 12]);
    expect(forward([2, 3, 12], new SegmentMemory(2, 5, 12), [8, 12])().shape).toEqual([2, 3, 12]);
    expect(forward([2, 3, 12])().shape).toEqual([2, 3, 12]);
    expect(() => layer.cache()).toThrow('it has no caches. Go on with a SegmentMemory.');
  });

  it('refuses a memory of another batch or width, and tables of another length', () => {
    expect(forward([2, 3, 10])).toThrow('RelativeAttention: x is (2, 3, 10). It must be (2, 3, 12).');
    expect(forward([2, 3, 12], new SegmentMemory(3, 5, 12))).toThrow(
      'SegmentMemory: x (2, 3, 12) f32 cannot follow a memory (3, 5, 12). Give (3, T, 12), or make a memory',
    );
    expect(forward([2, 9, 12], new SegmentMemory(2, 5, 12), [8, 12])).toThrow(
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
        .filter((d) => d.variant.label.includes('DROPOUT') || d.label.includes('dropout'))
        .map((d) => d.label.replace(/forward.*/, 'forward'));
    };
    expect(drops(true)).toEqual(['attention.forward', 'output/dropout.forward']);
    expect(drops(false)).toEqual([]);
  });

  it('projects memory rows to keys and values only', () => {
    const g = new Graph(fakeDevice());
    const rows = new SegmentMemory(2, 5, 12).extend(g, g.input('x', [2, 3, 12], 'f32'));
    layer.forward(g, rows, { queries: 3 });
    const projections = g.dispatches.filter((d) => /^(q|kv)\/matmul/.test(d.label));
    expect(projections.map((d) => d.flops)).toEqual([2 * 6 * 12 * 12, 2 * 16 * 12 * 24]);
  });
});
