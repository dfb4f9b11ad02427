// Parity with PyTorch: attention in float64 under the masks, biases and options of tests/fixtures/make_attention.py.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  attention,
  denseBias,
  Device,
  Graph,
  slopeBias,
  type AttentionBias,
  type Tensor,
} from '../../engine/index';
import { fixtureTensors, type FixtureTensor } from '../fixtures/load';
import fixture from '../fixtures/attention.json';
import { normalTensor } from '../fixtures/portable';
import { openTestGpu } from '../harness/host';
import { relativeError } from './parity';

interface Case {
  readonly name: string;
  readonly B: number;
  readonly H: number;
  readonly G: number;
  readonly T: number;
  readonly S: number;
  readonly D: number;
  readonly causal?: boolean;
  readonly scale?: number;
  readonly softcap?: number;
  readonly lengths?: readonly number[];
  readonly window?: readonly number[];
  readonly slopes?: readonly number[];
  /** Shape of a bias that learns. */
  readonly bias?: readonly number[];
  /** Zeros and ones, 1 for visible. */
  readonly keyMask?: string;
  readonly mask?: string;
  readonly maskShape?: readonly number[];
}

const cases: readonly Case[] = fixture.cases;
const { seed, std } = fixture;

/** A boolean mask is a bias of 0 and -∞. */
const logits = (mask: string): Float32Array =>
  Float32Array.from(mask, (visible) => (visible === '1' ? 0 : -Infinity));

function biasOf(g: Graph, c: Case): AttentionBias | undefined {
  if (c.slopes) return slopeBias(c.slopes);
  if (c.mask) return denseBias(g.constant('mask', c.maskShape!, logits(c.mask)));
  if (c.bias) return denseBias(g.input('bias', c.bias, 'f32', { differentiable: true }));
  return undefined;
}

function record(g: Graph, c: Case, rows: { q: Tensor; k: Tensor; v: Tensor }): Tensor {
  const bias = biasOf(g, c);
  const { causal, scale, softcap } = c;
  return attention(g, {
    ...rows,
    heads: c.H,
    keyValueHeads: c.G,
    width: c.D,
    ...(causal !== undefined && { causal }),
    ...(scale !== undefined && { scale }),
    ...(softcap !== undefined && { softcap }),
    ...(bias && { bias }),
    ...(c.window && { window: { left: c.window[0], right: c.window[1] } }),
    ...(c.lengths && { lengths: g.constant('lengths', [c.B], Uint32Array.from(c.lengths)) }),
    ...(c.keyMask && { keyMask: g.constant('keys', [c.B, c.S], Uint32Array.from(c.keyMask, Number)) }),
  });
}

describe('attention equals PyTorch', () => {
  let device: Device;
  let tensors: Map<string, FixtureTensor>;
  beforeAll(async () => {
    device = await Device.open({ gpu: openTestGpu() });
    device.buffers.poison = 0x7fff7fff;
    tensors = await fixtureTensors('attention.safetensors');
  });
  afterAll(() => device[Symbol.dispose]());

  it.each(cases)('$name', async (c) => {
    const { B, H, G, T, S, D } = c;
    const own = (name: keyof typeof std, shape: readonly number[]): Float32Array =>
      normalTensor(`${c.name}.${name}`, shape, std[name], seed);
    const g = new Graph(device, { train: true });
    const rows = (name: string, shape: readonly number[]): Tensor =>
      g.input(name, shape, 'f32', { differentiable: true });
    const [q, k, v] = [rows('q', [B, T, H * D]), rows('k', [B, S, G * D]), rows('v', [B, S, G * D])];
    const out = record(g, c, { q, k, v });
    g.backpropFrom(new Map([[out, g.input('dout', [B, T, H * D], 'f32')]]));
    const bias = c.bias && g.inputs.get('bias')!;
    using plan = await g.compile({
      out,
      dq: g.grad(q),
      dk: g.grad(k),
      dv: g.grad(v),
      ...(bias && { dbias: g.grad(bias) }),
    });
    plan.run({
      q: own('q', q.shape),
      k: own('k', k.shape),
      v: own('v', v.shape),
      dout: own('dout', out.shape),
      ...(bias && { bias: own('bias', bias.shape) }),
    });
    const got: Record<string, Float32Array> = {
      out: await plan.read('out'),
      dq: await plan.read('dq'),
      dk: await plan.read('dk'),
      dv: await plan.read('dv'),
      ...(bias && { dbias: await plan.read('dbias') }),
    };
    for (const [name, data] of Object.entries(got)) {
      const error = relativeError(data, tensors.get(`${c.name}.${name}`)!.data);
      expect(error, name).toBeLessThan(2e-6); // torch's own float32 stays below 3e-7
    }
  });
});
