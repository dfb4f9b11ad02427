/**
 * Heed as an adapter of the peer harness: `info`, `init` and `kinds`, where a kind takes a case with its inputs and
 * gives `{ run, sync, output, dispose }`. Build it with `node bench/peers/build.mjs`; README.md tells the rest.
 */
import {
  AdamW,
  attention,
  Device,
  gelu,
  Graph,
  layernorm,
  LayerNorm,
  Linear,
  matmul,
  nextToken,
  ParameterStore,
  selfAttention,
  softmax,
  Trainer,
  type Tensor,
} from '../../engine/index';
import { Generator } from '../../models/generation/generator';
import { GPT } from '../../models/gpt';
import { attentionOptions } from './attention/heed';
import { fused, planInstance, trainingInstance, type Instance } from './instance';
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
  return planInstance(plan);
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

  'attention-options': (...args: Rest<typeof attentionOptions>): Promise<Instance> =>
    attentionOptions(device, ...args),

  async block(
    c: { T: number; cfg: ModelSize },
    { params, x }: { params: Weights; x: Float32Array },
  ): Promise<Instance> {
    const h = Array.from({ length: c.cfg.layers }, () => block(c.cfg));
    const store = new ParameterStore(device, { h }, { init: 'none' });
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
    return planInstance(plan, () => store[Symbol.dispose]());
  },

  async gpt(
    c: { T: number; cfg: ModelSize },
    { params, ids }: { params: Weights; ids: Int32Array },
  ): Promise<Instance> {
    const model = gpt(c.cfg);
    const store = new ParameterStore(device, model, { init: 'none' });
    fill(store, params);
    const g = new Graph(device);
    const y = model.forward(g, g.input('ids', [1, c.T], 'u32', { below: c.cfg.vocab }));
    const plan = await g.compile({ y });
    plan.run({ ids: Uint32Array.from(ids) });
    return planInstance(plan, () => store[Symbol.dispose]());
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
      objective: nextToken({ batch: c.B, length: c.T }),
      init: 'none',
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
    const store = new ParameterStore(device, model, { init: 'none' });
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
