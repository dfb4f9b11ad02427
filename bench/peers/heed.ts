/**
 * Heed as an adapter of the peer harness: `info`, `init` and `kinds`, where a kind takes a case with its inputs and
 * gives `{ run, sync, output, dispose }`. Build it with `node bench/peers/build.mjs`; README.md tells the rest.
 */
import {
  AdamW,
  attention,
  denseBias,
  Device,
  gelu,
  Graph,
  layernorm,
  LayerNorm,
  Linear,
  matmul,
  ParameterStore,
  selfAttention,
  softmax,
  Trainer,
  type Plan,
  type Tensor,
} from '../../engine/index';
import { Generator } from '../../models/generate';
import { GPT } from '../../models/gpt';
import { trainingInstance, type Instance } from './instance';
import * as seq2seq from './seq2seq/heed';

/** Weights by the harness's names, stored [in, out]. */
type Weights = Readonly<Record<string, { readonly shape: readonly number[]; readonly data: Float32Array }>>;

interface ModelSize {
  readonly layers: number;
  readonly d: number;
  readonly heads: number;
  readonly ff: number;
  readonly vocab: number;
  readonly ctx: number;
}

/** What a function takes after its device. */
type Rest<F> = F extends (device: Device, ...rest: infer R) => unknown ? R : never;

export const info = { name: 'heed', version: '0.1.0', backend: 'webgpu' };
let device: Device;

export async function init(): Promise<void> {
  device = await Device.open();
}

function instance(plan: Plan, dispose: () => void = () => undefined): Instance {
  return {
    run: () => plan.run(),
    sync: () => device.idle(),
    output: () => plan.read('y'),
    dispose() {
      plan[Symbol.dispose]();
      dispose();
    },
  };
}

/** A plan over float inputs, uploaded once; every run computes all of it again. */
async function over(
  inputs: Readonly<Record<string, readonly [shape: readonly number[], data: Float32Array]>>,
  body: (g: Graph, x: Record<string, Tensor>) => Tensor,
): Promise<Instance> {
  const g = new Graph(device);
  const x: Record<string, Tensor> = {};
  const feed: Record<string, Float32Array> = {};
  for (const [name, [shape, data]] of Object.entries(inputs)) {
    x[name] = g.input(name, shape, 'f32');
    feed[name] = data;
  }
  const plan = await g.compile({ y: body(g, x) });
  plan.run(feed);
  return instance(plan);
}

const NAMES: Readonly<Record<string, string>> = {
  ln1g: 'ln_1.weight',
  ln1b: 'ln_1.bias',
  wqkv: 'attn.c_attn.weight',
  bqkv: 'attn.c_attn.bias',
  wo: 'attn.c_proj.weight',
  bo: 'attn.c_proj.bias',
  ln2g: 'ln_2.weight',
  ln2b: 'ln_2.bias',
  w1: 'mlp.c_fc.weight',
  b1: 'mlp.c_fc.bias',
  w2: 'mlp.c_proj.weight',
  b2: 'mlp.c_proj.bias',
  wte: 'wte.weight',
  wpe: 'wpe.weight',
  lnfg: 'ln_f.weight',
  lnfb: 'ln_f.bias',
};

function fill(store: ParameterStore, weights: Weights): void {
  for (const [name, { data }] of Object.entries(weights)) {
    const [layer, part] = name.includes('.') ? (name.split('.') as [string, string]) : ['', name];
    store.write(layer ? `h.${layer.slice(1)}.${NAMES[part]}` : NAMES[part], data);
  }
}

const gpt = (c: ModelSize): GPT =>
  new GPT({
    vocabulary: c.vocab,
    context: c.ctx,
    layers: c.layers,
    heads: c.heads,
    width: c.d,
    hidden: c.ff,
  });

/** One pre-norm block, from the same modules as GPT, for the case that has no embedding around it. */
function block(c: ModelSize) {
  const layout = { layout: 'in_out' } as const;
  return {
    ln_1: new LayerNorm(c.d),
    attn: { c_attn: new Linear(c.d, 3 * c.d, layout), c_proj: new Linear(c.d, c.d, layout) },
    ln_2: new LayerNorm(c.d),
    mlp: { c_fc: new Linear(c.d, c.ff, layout), c_proj: new Linear(c.ff, c.d, layout) },
  };
}

/** Tensors of equally many rows -> rows that hold them all. */
function fused(rows: number, parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let to = 0;
  for (let row = 0; row < rows; row++) {
    for (const part of parts) {
      const width = part.length / rows;
      out.set(part.subarray(row * width, (row + 1) * width), to);
      to += width;
    }
  }
  return out;
}

/** Rows of several parts -> the parts, one after the other. */
function apart(rows: number, all: Float32Array, widths: readonly number[]): Float32Array {
  const total = widths.reduce((sum, width) => sum + width, 0);
  const out = new Float32Array(all.length);
  let [to, offset] = [0, 0];
  for (const width of widths) {
    for (let row = 0; row < rows; row++, to += width) {
      out.set(all.subarray(row * total + offset, row * total + offset + width), to);
    }
    offset += width;
  }
  return out;
}

/** See attention/cases.js. */
interface AttentionCase {
  readonly B: number;
  readonly T: number;
  readonly S: number;
  readonly H: number;
  readonly G: number;
  readonly D: number;
  readonly causal?: boolean;
  readonly window?: number;
  readonly lengths?: readonly number[];
  readonly grad?: boolean;
}

interface AttentionInputs {
  readonly q: Float32Array;
  readonly k: Float32Array;
  readonly v: Float32Array;
  readonly bias?: Float32Array;
  readonly dy?: Float32Array;
}

export const kinds = {
  matmul: (
    c: { M: number; K: number; N: number },
    { a, b }: { a: Float32Array; b: Float32Array },
  ): Promise<Instance> =>
    over({ a: [[c.M, c.K], a], b: [[c.K, c.N], b] }, (g, x) => matmul(g, x['a'], x['b'])),

  softmax: (c: { rows: number; cols: number }, { x }: { x: Float32Array }): Promise<Instance> =>
    over({ x: [[c.rows, c.cols], x] }, (g, t) => softmax(g, t['x'])),

  layernorm: (
    c: { rows: number; cols: number },
    inputs: { x: Float32Array; g: Float32Array; b: Float32Array; eps: number },
  ): Promise<Instance> =>
    over({ x: [[c.rows, c.cols], inputs.x], w: [[c.cols], inputs.g], b: [[c.cols], inputs.b] }, (g, t) =>
      layernorm(g, t['x'], t['w'], t['b'], inputs.eps),
    ),

  gelu: (c: { n: number }, { x }: { x: Float32Array }): Promise<Instance> =>
    over({ x: [[c.n], x] }, (g, t) => gelu(g, t['x'], { approximate: true })),

  attention(
    c: { B: number; T: number; H: number; D: number },
    { q, k, v }: { q: Float32Array; k: Float32Array; v: Float32Array },
  ): Promise<Instance> {
    const width = c.H * c.D;
    const options = { heads: c.H, width: c.D, causal: true, keyOffset: width };
    return over({ qkv: [[c.B, c.T, 3 * width], fused(c.B * c.T, [q, k, v])] }, (g, t) =>
      attention(g, { q: t['qkv'], kv: t['qkv'], ...options }),
    );
  },

  async 'attention-options'(c: AttentionCase, inputs: AttentionInputs): Promise<Instance> {
    const { B, T, S, H, G, D } = c;
    const [q, k, v] = [inputs.q, inputs.k, inputs.v];
    const own = S !== T;
    const rows: Record<string, readonly [readonly number[], Float32Array]> = own
      ? { q: [[B, T, H * D], q], kv: [[B, S, 2 * G * D], fused(B * S, [k, v])] }
      : { qkv: [[B, T, (H + 2 * G) * D], fused(B * T, [q, k, v])] };
    if (inputs.bias) rows['bias'] = [[1, H, T, S], inputs.bias];
    const g = new Graph(device, { train: c.grad ?? false });
    const x: Record<string, Tensor> = {};
    const feed: Record<string, Float32Array> = {};
    for (const [name, [shape, data]] of Object.entries(rows)) {
      x[name] = g.input(name, shape, 'f32', { differentiable: name !== 'bias' });
      feed[name] = data;
    }
    const y = attention(g, {
      q: own ? x['q'] : x['qkv'],
      kv: own ? x['kv'] : x['qkv'],
      heads: H,
      keyValueHeads: G,
      width: D,
      keyOffset: own ? 0 : H * D,
      causal: c.causal ?? false,
      ...(c.window ? { window: c.window } : {}),
      ...(c.lengths ? { lengths: g.constant('lengths', [B], Uint32Array.from(c.lengths)) } : {}),
      ...(inputs.bias ? { bias: denseBias(x['bias']) } : {}),
    });
    if (!c.grad) {
      const plan = await g.compile({ y });
      plan.run(feed);
      return instance(plan);
    }
    const dy = g.input('dy', y.shape, 'f32');
    g.backpropFrom(new Map([[y, dy]]));
    const plan = await g.compile({ y: g.grad(x['qkv']) });
    plan.run({ ...feed, dy: inputs.dy! });
    const widths = [H * D, G * D, G * D];
    return { ...instance(plan), output: async () => apart(B * T, await plan.read('y'), widths) };
  },

  async block(
    c: { T: number; cfg: ModelSize },
    { params, x }: { params: Weights; x: Float32Array },
  ): Promise<Instance> {
    const h = Array.from({ length: c.cfg.layers }, () => block(c.cfg));
    const store = new ParameterStore(device, { h });
    fill(store, params);
    const g = new Graph(device);
    let y: Tensor = g.input('x', [1, c.T, c.cfg.d], 'f32');
    for (const { ln_1, attn, ln_2, mlp } of h) {
      const qkv = attn.c_attn.forward(g, ln_1.forward(g, y));
      const mixed = selfAttention(g, qkv, { heads: c.cfg.heads, causal: true });
      const mid = attn.c_proj.forward(g, mixed, { residual: y });
      const hidden = mlp.c_fc.forward(g, ln_2.forward(g, mid), { activation: 'gelu_tanh' });
      y = mlp.c_proj.forward(g, hidden, { residual: mid });
    }
    const plan = await g.compile({ y });
    plan.run({ x });
    return instance(plan, () => store[Symbol.dispose]());
  },

  async gpt(
    c: { T: number; cfg: ModelSize },
    { params, ids }: { params: Weights; ids: Int32Array },
  ): Promise<Instance> {
    const model = gpt(c.cfg);
    const store = new ParameterStore(device, model);
    fill(store, params);
    const g = new Graph(device);
    const y = model.forward(g, g.input('ids', [1, c.T], 'u32', { below: c.cfg.vocab }));
    const plan = await g.compile({ y });
    plan.run({ ids: Uint32Array.from(ids) });
    return instance(plan, () => store[Symbol.dispose]());
  },

  async train(
    c: { B: number; T: number; lr: number; cfg: ModelSize },
    inputs: { params: Weights; ids: Int32Array; targets: Int32Array },
  ): Promise<Instance> {
    const trainer = await Trainer.create({
      device,
      model: gpt(c.cfg),
      optimizer: new AdamW({ beta2: 0.999, weightDecay: 0, clip: Infinity }),
      schedule: { kind: 'constant', lr: c.lr },
      batch: c.B,
      length: c.T,
    });
    fill(trainer.store, inputs.params);
    const batch = { ids: Uint32Array.from(inputs.ids), targets: Uint32Array.from(inputs.targets) };
    return trainingInstance(device, trainer, batch);
  },

  generate(
    c: { tokens: number; cfg: ModelSize },
    { params, ids }: { params: Weights; ids: Int32Array },
  ): Instance {
    const model = gpt(c.cfg);
    const store = new ParameterStore(device, model);
    fill(store, params);
    const generator = new Generator(device, model);
    let made: number[] = [];
    return {
      async run() {
        made = [];
        for await (const id of generator.generate(ids, { tokens: c.tokens, temperature: 0 })) made.push(id);
      },
      sync: () => device.idle(),
      output: () => Promise.resolve(made),
      dispose() {
        generator[Symbol.dispose]();
        store[Symbol.dispose]();
      },
    };
  },

  'seq2seq-train': (...args: Rest<typeof seq2seq.train>): Promise<Instance> => seq2seq.train(device, ...args),
  'seq2seq-beam': (...args: Rest<typeof seq2seq.beam>): Instance => seq2seq.beam(device, ...args),
};
