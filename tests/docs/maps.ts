import { Graph, selfAttention, type Device } from '../../engine/index';

/** What one attention saw, and how the result would change if it saw otherwise. Rows (8, 192), a gradient (8, 64). */
export async function maps(device: Device, rows: Float32Array, gradient: Float32Array) {
  const g = new Graph(device, { train: true });
  const qkv = g.input('qkv', [1, 8, 192], 'f32', { differentiable: true });
  const y = g.scope('attn', () => selfAttention(g, qkv, { heads: 4, causal: true }));
  g.backpropFrom(new Map([[y, g.input('dy', y.shape, 'f32')]]));
  using plan = await g.compile({ y, dqkv: g.grad(qkv) });
  plan.run({ qkv: rows, dy: gradient });

  const map = await plan.attention('attn', 'all', { rows: [6, 8], gradient: true });
  const last = map.row(7, 2); // p of token 7 in head 2, (8)
  const mean = (await plan.attention('attn', 'mean')).row(7);
  const { values } = await plan.attentionEntropy('attn'); // (B, H, T), in nats
  return { map, last, mean, slope: map.gradient, byScore: map.scoreGradient, values };
}
