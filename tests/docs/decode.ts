import {
  appendCache,
  decodeAttention,
  Graph,
  Parameter,
  ParameterStore,
  type Device,
  type Plan,
} from '../../engine/index';

const [HEADS, D, CAPACITY] = [4, 16, 64];
/** The same options for both ops. Keys turn once, as they are cached; queries as they are read. */
const options = { heads: HEADS, rope: {} };

/** A layer's caches, (B, capacity, G·D): memory that outlives plans. */
export class Cache {
  readonly keys = new Parameter([1, CAPACITY, HEADS * D], { trainable: false });
  readonly values = new Parameter([1, CAPACITY, HEADS * D], { trainable: false });
}

/** A plan for `rows` tokens at a time. */
function planOf(device: Device, cache: Cache, rows: number): Promise<Plan> {
  const g = new Graph(device);
  const qkv = g.input('qkv', [1, rows, 3 * HEADS * D], 'f32');
  const [keys, values] = [g.use(cache.keys), g.use(cache.values)];
  appendCache(g, qkv, keys, values, options);
  return g.compile({ y: decodeAttention(g, qkv, keys, values, options) });
}

/** The prompt's rows at once, then one at a time. Every row is queries, keys and values of a token, 3·H·D numbers. */
export async function decode(device: Device, prompt: Float32Array, next: readonly Float32Array[]) {
  const cache = new Cache();
  using _store = new ParameterStore(device, cache); // gives it memory
  const length = prompt.length / (3 * HEADS * D);
  using prefill = await planOf(device, cache, length);
  using step = await planOf(device, cache, 1);

  prefill.run({ qkv: prompt }, { position: 0 });
  const outputs = [await prefill.read('y')];
  for (const [i, qkv] of next.entries()) {
    step.run({ qkv }, { position: length + i });
    outputs.push(await step.read('y'));
  }
  return outputs;
}
