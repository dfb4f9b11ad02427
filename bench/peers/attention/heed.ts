/** The attention cases of the peer harness: cases.js tells what they are, ../heed.ts lists them. */
import { linearSelfAttention } from '../../../engine/attention';
import {
  appendCache,
  attention,
  bucketBias,
  decodeAttention,
  denseBias,
  Graph,
  Parameter,
  ParameterStore,
  t5Bucket,
  type Device,
  type Tensor,
} from '../../../engine/index';
import { fused, planInstance, type Instance } from '../instance';

export interface AttentionCase {
  readonly B: number;
  readonly T: number;
  readonly S: number;
  readonly H: number;
  readonly G: number;
  readonly D: number;
  readonly causal?: boolean;
  readonly window?: number;
  readonly lengths?: readonly number[];
  readonly buckets?: number;
  readonly linear?: boolean;
  readonly decode?: boolean;
  readonly grad?: boolean;
  /** Whether the gradient of the bias is wanted too. */
  readonly learned?: boolean;
}

export interface AttentionInputs {
  readonly q: Float32Array;
  readonly k: Float32Array;
  readonly v: Float32Array;
  readonly bias?: Float32Array;
  readonly table?: Float32Array;
  readonly dy?: Float32Array;
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

/** A sequence to itself has its rows fused, as a model has them; a gradient comes back in the same rows. */
export async function attentionOptions(
  device: Device,
  c: AttentionCase,
  inputs: AttentionInputs,
): Promise<Instance> {
  if (c.decode) return decode(device, c, inputs);
  const { B, T, S, H, G, D } = c;
  const { q, k, v } = inputs;
  const { grad = false, learned = false } = c;
  const g = new Graph(device, { train: grad });
  const feed: Record<string, Float32Array> = {};
  const given = (
    name: string,
    shape: readonly number[],
    data: Float32Array,
    differentiable = grad,
  ): Tensor => {
    feed[name] = data;
    return g.input(name, shape, 'f32', { differentiable });
  };
  const own = S !== T;
  const rows = own
    ? [given('q', [B, T, H * D], q), given('kv', [B, S, 2 * G * D], fused(B * S, [k, v]))]
    : [given('qkv', [B, T, (H + 2 * G) * D], fused(B * T, [q, k, v]))];
  const bias = inputs.bias && given('bias', [1, H, T, S], inputs.bias, learned);
  const table = inputs.table && given('table', [c.buckets!, H], inputs.table, learned);
  const options = { heads: H, keyValueHeads: G, causal: c.causal ?? false };
  const y = c.linear
    ? linearSelfAttention(g, rows[0], options)
    : attention(g, {
        q: rows[0],
        kv: rows.at(-1)!,
        ...options,
        width: D,
        keyOffset: own ? 0 : H * D,
        ...(c.window ? { window: c.window } : {}),
        ...(c.lengths ? { lengths: g.constant('lengths', [B], Uint32Array.from(c.lengths)) } : {}),
        ...(bias ? { bias: denseBias(bias) } : {}),
        ...(table
          ? { bias: bucketBias(table, (n) => t5Bucket(n, { bidirectional: false, buckets: c.buckets })) }
          : {}),
      });
  if (!grad) {
    const plan = await g.compile({ y });
    plan.run(feed);
    return planInstance(plan);
  }
  g.backpropFrom(new Map([[y, given('dy', y.shape, inputs.dy!, false)]]));
  const wanted = [...rows, ...(learned ? [(bias ?? table)!] : [])];
  const plan = await g.compile(Object.fromEntries(wanted.map((x) => [`d${x.name}`, g.grad(x)])));
  plan.run(feed);
  const output = async (): Promise<Float32Array> => {
    const found = await Promise.all(wanted.map((x) => plan.read(`d${x.name}`)));
    if (own) found[1] = apart(B * S, found[1], [G * D, G * D]);
    else found[0] = apart(B * T, found[0], [H * D, G * D, G * D]);
    return joined(found);
  };
  return { ...planInstance(plan), output };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let to = 0;
  for (const part of parts) {
    out.set(part, to);
    to += part.length;
  }
  return out;
}

/** One step of a layer: the newest row is appended to caches of twice the room and attends to all that they hold. */
async function decode(device: Device, c: AttentionCase, { q, k, v }: AttentionInputs): Promise<Instance> {
  const { B, S, H, G, D } = c;
  const [capacity, columns] = [2 * S, G * D];
  const lengths = c.lengths ?? new Array<number>(B).fill(S);
  const cache = () => new Parameter([B, capacity, columns], { trainable: false, decay: false });
  const module = { keys: cache(), values: cache() };
  const store = new ParameterStore(device, module, { owner: 'KV cache' });
  const newest = (x: Float32Array): Float32Array =>
    joined(lengths.map((n, b) => x.subarray((b * S + n - 1) * columns, (b * S + n) * columns)));
  for (const [name, rows] of Object.entries({ keys: k, values: v })) {
    const all = new Float32Array(B * capacity * columns);
    lengths.forEach((n, b) => {
      all.set(rows.subarray(b * S * columns, (b * S + n - 1) * columns), b * capacity * columns);
    });
    store.write(name, all);
  }
  const g = new Graph(device, { label: 'decode' });
  const qkv = g.input('qkv', [B, 1, (H + 2 * G) * D], 'f32');
  const [keys, values] = [g.use(module.keys), g.use(module.values)];
  const starts = g.constant(
    'starts',
    [B],
    Uint32Array.from(lengths, (n) => n - 1),
  );
  const options = { heads: H, keyValueHeads: G, starts };
  appendCache(g, qkv, keys, values, options);
  const plan = await g.compile({ y: decodeAttention(g, qkv, keys, values, options) });
  const now = { position: 0, length: 1 };
  plan.run({ qkv: fused(B, [q, newest(k), newest(v)]) }, now);
  return {
    ...planInstance(plan, () => store[Symbol.dispose]()),
    run: () => plan.run({}, now),
  };
}
