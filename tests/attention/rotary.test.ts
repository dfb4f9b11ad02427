import { describe, expect, it } from 'vitest';
import { fakeDevice } from '../harness/fake-device';
import { Graph } from '../../engine/graph/graph';
import type { Tensor } from '../../engine/graph/tensor';
import { attention, selfAttention } from '../../engine/shaders/attention/attention';
import { denseBias } from '../../engine/shaders/attention/bias/bias_dense';
import { slopeBias } from '../../engine/shaders/attention/bias/bias_slopes';
import type { AttentionOptions } from '../../engine/shaders/attention/options';
import { localPattern } from '../../engine/shaders/attention/pattern/pattern';

interface Case extends Partial<AttentionOptions> {
  readonly T: number;
  readonly train?: boolean;
  readonly software?: boolean;
}

/** The kernels of an attention of 4 heads of 8, and with `train` of its gradient, whatever their tiles. */
function kernelsOf(make: (g: Graph) => Case): string[] {
  const probe = make(new Graph(fakeDevice()));
  const { train = false, software = false } = probe;
  const g = new Graph(fakeDevice({ software }), { train });
  const { T, train: _train, software: _software, ...options } = make(g);
  const G = options.keyValueHeads ?? 4;
  const qkv = g.input('qkv', [1, T, (4 + 2 * G) * 8], 'f32', { differentiable: true });
  const y = selfAttention(g, qkv, { heads: 4, causal: true, rope: {}, ...options });
  if (train) g.backpropFrom(new Map([[y, g.input('dy', y.shape, 'f32')]]));
  return g.dispatches.map((d) => d.variant.kernel.replace(/^attention\.|_outer/g, ''));
}
const onLoad = ['forward_rope'];
const before = ['rope.rotate', 'forward'];
const bias = (differentiable: boolean) => (g: Graph) => ({
  ...{ T: 9, train: true },
  bias: denseBias(g.input('bias', [1, 4, 9, 9], 'f32', { differentiable })),
});

const cases: readonly (readonly [string, (g: Graph) => Case, readonly string[]])[] = [
  ['one tile', () => ({ T: 5 }), onLoad],
  ['19 tiles', () => ({ T: 608 }), onLoad],
  ['20 tiles', () => ({ T: 640 }), before],
  ['20 tiles, of which few are seen', () => ({ T: 640, window: 64 }), onLoad],
  ['11 tiles of heads that share keys', () => ({ T: 352, keyValueHeads: 1 }), onLoad],
  ['12 tiles of heads that share keys', () => ({ T: 384, keyValueHeads: 1 }), before],
  [
    'neighbours, which cannot be loaded by fours',
    () => ({ T: 5, rope: { pairing: 'adjacent' } }),
    ['rope.rotate_narrow', 'forward'],
  ],
  ['slopes', () => ({ T: 5, bias: slopeBias([1, 1, 1, 1]) }), ['forward_slopes_rope']],
  ['a pattern', () => ({ T: 5, pattern: localPattern(2) }), ['forward_sparse_rope']],
  [
    'both, of nine buffers',
    () => ({ T: 5, bias: slopeBias([1, 1, 1, 1]), pattern: localPattern(2) }),
    ['rope.rotate', 'forward_slopes_sparse'],
  ],
  ['a software adapter', () => ({ T: 5, software: true }), ['rope.rotate', 'forward_software']],
  [
    'training with 4 tiles',
    () => ({ T: 128, train: true }),
    ['forward_rope', 'delta', 'backward_query_rope', 'backward_key_rope', 'rope.rotate'],
  ],
  [
    'training with 5 tiles',
    () => ({ T: 129, train: true }),
    ['rope.rotate', 'forward', 'delta', 'backward_query', 'backward_key', 'rope.rotate'],
  ],
];

describe('rotary positions', () => {
  it.each(cases)('turn where it is cheaper: %s', (_, make, kernels) => {
    expect(kernelsOf(make)).toEqual(kernels);
  });

  it('turn before where a bias wants a gradient', () => {
    expect(kernelsOf(bias(true))).toContain('forward_strided');
    expect(kernelsOf(bias(false))).toContain('forward_strided_rope');
  });

  it('share one table among layers', () => {
    const g = new Graph(fakeDevice());
    const tables = new Set<Tensor>();
    for (const theta of [10_000, 10_000, 500]) {
      const q = g.input(`q ${g.dispatches.length}`, [2, 3, 32], 'f32');
      const kv = g.input(`kv ${g.dispatches.length}`, [2, 7, 64], 'f32');
      attention(g, { q, kv, heads: 4, width: 8, rope: { theta } });
      for (const { tensor } of g.dispatches.at(-1)!.tensors) {
        if (tensor.name === 'rope table') tables.add(tensor);
      }
    }
    expect([...tables].map((t) => t.shape)).toEqual([
      [7, 2, 4],
      [7, 2, 4],
    ]);
  });
});
