/** Our kernels at sizes of GPT-2 small, op by op: record.mjs runs `main` on a GPU that is not there. */
import {
  adamw,
  globalNorm,
  Tensor,
  type Stored,
  appendCache,
  crossEntropy,
  decodeAttention,
  Device,
  embedding,
  gelu,
  Graph,
  layernorm,
  matmul,
  Parameter,
  ParameterStore,
  rmsnorm,
  selfAttention,
  softmax,
} from '../../engine/index';

/** How often the loops of a kernel turn, in the order of the machine code; several lists where compilers unroll differently. */
type Turns = readonly (readonly number[])[];
/** Says what the kernels compiled from here on are for, and how the loops of one of that label turn. */
export type Begin = (name: string, turnsOf: (label: string) => Turns) => void;
type Storage = 'f32' | 'f16';
interface Case {
  readonly name: string;
  readonly train?: boolean;
  readonly record: (g: Graph, input: (name: string, shape: number[]) => Tensor) => Tensor;
}

const [B, C, H, T, V] = [4, 768, 12, 1024, 50257];
const product =
  (m: number, n: number, k: number, transposeA: boolean, transposeB: boolean): Case['record'] =>
  (g, input) =>
    matmul(g, input('a', transposeA ? [k, m] : [m, k]), input('b', transposeB ? [n, k] : [k, n]), {
      transposeA,
      transposeB,
    });

const CASES: readonly Case[] = [
  { name: 'matmul 1024³', record: product(1024, 1024, 1024, false, false) },
  { name: 'matmul 1024³ aT', record: product(1024, 1024, 1024, true, false) },
  { name: 'matmul 1024³ bT', record: product(1024, 1024, 1024, false, true) },
  { name: 'matmul 1024³ aT bT', record: product(1024, 1024, 1024, true, true) },
  { name: 'matmul odd 1025', record: product(1025, 1025, 1025, false, false) },
  { name: 'matmul 512³', record: product(512, 512, 512, false, false) },
  { name: 'matmul 512³ bT', record: product(512, 512, 512, false, true) },
  { name: 'matmul 512³ aT', record: product(512, 512, 512, true, false) },
  { name: 'matvec 1x768x3072', record: product(1, 3072, 768, false, false) },
  { name: 'matvec 1x768x3072 bT', record: product(1, 3072, 768, false, true) },
  { name: 'matvec 4x768x3072', record: product(4, 3072, 768, false, false) },
  { name: 'matvec 1x768x50257 bT', record: product(1, V, C, false, true) },
  {
    name: 'linear + gelu + bias',
    train: true,
    record: (g, input) =>
      matmul(g, input('x', [T, C]), input('w', [C, 4 * C]), {
        bias: input('b', [4 * C]),
        activation: 'gelu',
      }),
  },
  {
    name: 'attention causal B 4 T 1024 D 64',
    train: true,
    record: (g, input) => selfAttention(g, input('qkv', [B, T, 3 * C]), { heads: H, causal: true }),
  },
  {
    name: 'attention causal B 4 T 1024 D 128',
    train: true,
    record: (g, input) => selfAttention(g, input('qkv', [B, T, 3 * C]), { heads: H / 2, causal: true }),
  },
  {
    name: 'softmax 1024',
    train: true,
    record: (g, input) => softmax(g, input('x', [H * T, T])),
  },
  {
    name: 'layernorm 768',
    train: true,
    record: (g, input) => layernorm(g, input('x', [T, C]), input('w', [C]), input('b', [C])),
  },
  {
    name: 'rmsnorm 768',
    train: true,
    record: (g, input) => rmsnorm(g, input('x', [T, C]), input('w', [C])),
  },
  {
    name: 'gelu',
    train: true,
    record: (g, input) => gelu(g, input('x', [T, 4 * C])),
  },
  {
    name: 'embedding',
    train: true,
    record: (g, input) => embedding(g, g.input('ids', [T], 'u32', { below: V }), input('table', [V, C])),
  },
  {
    name: 'cross-entropy 50257',
    train: true,
    record: (g, input) => crossEntropy(g, input('x', [T, V]), g.input('labels', [T], 'u32')),
  },
];

const zeros = (x: Tensor): ArrayBufferView =>
  x.dtype === 'f16'
    ? new Uint16Array(x.size)
    : x.dtype === 'f32'
      ? new Float32Array(x.size)
      : new Uint32Array(x.size);

/** A step of generation: keys and values are appended to a cache, which the row then attends to. */
async function decode(
  device: Device,
  storage: Storage,
  heads: number,
  keyValueHeads: number,
  D: number,
): Promise<void> {
  const cache = () =>
    new Parameter([1, 2048, keyValueHeads * D], {
      trainable: false,
      decay: false,
      dtype: storage,
    });
  const module = { keys: cache(), values: cache() };
  using _store = new ParameterStore(device, module, {
    owner: 'KV cache',
  });
  const g = new Graph(device, { storage, label: 'decode' });
  const qkv = g.input('qkv', [1, 1, (heads + 2 * keyValueHeads) * D], storage);
  const [keys, values] = [g.use(module.keys), g.use(module.values)];
  appendCache(g, qkv, keys, values, { heads, keyValueHeads });
  using plan = await g.compile({
    y: decodeAttention(g, qkv, keys, values, { heads, keyValueHeads }),
  });
  plan.run({ qkv: zeros(qkv) }, { position: 1023, length: 1 });
}

/** At these sizes; `npm run bench -- static -- --loops` shows the loops. */
const TURNS: readonly (readonly [label: RegExp, turns: Turns])[] = [
  // Workgroup memory is zeroed, K is walked, operands are fetched in loops of four, then rank-1 updates.
  [
    /tile_64x64\.vvv\.fused/,
    [
      [8, 48, 4, 16, 16],
      [8, 48, 16, 16],
    ],
  ],
  [
    /tile_64x64/,
    [
      [8, 64, 4, 4, 16],
      [8, 64, 4, 16],
      [8, 64, 16],
    ],
  ],
  [
    /tile_32x32/,
    [
      [8, 16, 4, 4, 32],
      [8, 16, 4, 4],
      [8, 16, 4],
      [8, 16],
    ],
  ],
  // Two blocks of K a turn and then one, halvings of the lanes, rows; of several rows workgroup memory is zeroed in a loop and
  // all turns are of one block.
  [/gemv.*COLUMN_LANES=8.*ROWS=1/, [[3, 0, 5, 1]]],
  [/gemv.*COLUMN_LANES=8.*ROWS=4/, [[4, 6, 5, 4]]],
  [/gemv.*COLUMN_LANES=1/, [[1, 1, 6, 1]]],
  // Causal: half of the tiles of keys; sixteen numbers of a head at once, then a quarter or an eighth of the tile's rows.
  ...[16, 32].flatMap((most): (readonly [RegExp, Turns])[] =>
    [32, 64].map((rows) => {
      const tiles = 16 + rows / 64;
      const [chunks, parts] = [most / 4, most / 8];
      return [
        new RegExp(`attention\\.forward_outer.*MOST=${most}.*ROWS=${rows}`),
        [
          [15, tiles, chunks, ...Array<number>(parts).fill(256 / most)],
          [15, tiles, chunks, parts, 256 / most],
          [15, tiles, chunks, 16, parts, 256 / most],
          [15, tiles, chunks, 16, ...Array<number>(parts).fill(256 / most)],
        ],
      ] as const;
    }),
  ),
  ...[16, 32].flatMap((most): (readonly [RegExp, Turns])[] =>
    [32, 64].map((rows) => {
      const [tiles, chunks, parts] = [16 + rows / 64, most / 4, most / 8];
      const fetches = [15, tiles, chunks, chunks];
      return [
        new RegExp(`backward_query_outer.*MOST=${most}.*ROWS=${rows}`),
        [
          [...fetches, ...Array<number>(parts).fill(256 / most)],
          fetches,
          [...fetches, parts, 256 / most],
          [15, tiles, chunks, 16, chunks, 16, parts, 256 / most],
          [15, tiles, chunks, 16, chunks, 16, ...Array<number>(parts).fill(256 / most)],
        ],
      ] as const;
    }),
  ),
  ...[16, 32].map((most): readonly [RegExp, Turns] => {
    const [chunks, parts] = [most / 4, most / 8];
    const fetches = [9, 1, 16.5, chunks, chunks];
    return [
      new RegExp(`backward_key_outer.*MOST=${most}`),
      [
        fetches,
        [...fetches, ...Array<number>(2 * parts).fill(256 / most)],
        [...fetches, parts, 256 / most, parts, 256 / most],
      ],
    ];
  }),
  // The same by inner products; chunks of a head, and in each the fetch and eight steps.
  ...[16, 32].flatMap((most): (readonly [RegExp, Turns])[] => {
    const c = most / 8; // chunks
    const [slow, fast] = [
      [c, 4, 8],
      [c, 8],
    ];
    return [
      [
        new RegExp(`attention\\.forward .*MOST=${most}`),
        [
          [15, 16.5, ...slow, ...slow],
          [15, 16.5, ...fast, ...fast],
        ],
      ],
      [new RegExp(`backward_query .*MOST=${most}`), [slow, fast].map((l) => [14, 16.5, ...l, ...l, ...l])],
      [
        new RegExp(`backward_key .*MOST=${most}`),
        [slow, fast].map((l) => [14, 1, 16.5, ...l, ...l, ...l, ...l]),
      ],
    ];
  }),
  [/decode.*MOST=16.*QUERIES=1/, [[10, 1, 1, 16, 1, 16, 1, 1]]],
  [/decode.*MOST=32.*QUERIES=4/, [[44, 2, 1, 32, 1, 32, 1, 4, 2]]],
  [/softmax\.forward/, [[16, 1, 16, 1, 16]]],
  [/softmax\.backward/, [[16, 1, 16]]],
  [/layernorm\.forward/, [[2, 2, 2, 2, 2]]],
];
const turnsOf = (label: string): Turns => TURNS.find(([pattern]) => pattern.test(label))?.[1] ?? [];

/** The optimizer's step over a block of weights. */
async function step(device: Device): Promise<void> {
  const n = C * 4 * C;
  const block = (name: string): Stored => {
    const storage = device.buffers.acquire(4 * n, 'adamw');
    return { name, shape: [n], dtype: 'f32', trainable: true, storage, gradient: null };
  };
  const weights = { ...block('weights'), gradient: block('gradients').storage };
  const g = new Graph(device, { label: 'adamw' });
  const gradients = new Tensor('d', [n], 'f32', { kind: 'stored', stored: weights, part: 'gradient' }, false);
  const blocks = { weights: g.use(weights), gradients, first: g.use(block('m')), second: g.use(block('v')) };
  adamw(g, blocks, { clip: globalNorm(g, [gradients], 1) });
  using plan = await g.compile(blocks);
  plan.run({}, { lr: 1e-3, correction1: 0.1, correction2: 0.001 });
}

async function run(device: Device, c: Case, storage: Storage): Promise<void> {
  const g = new Graph(device, {
    train: c.train ?? false,
    storage,
    label: c.name,
  });
  const inputs: Tensor[] = [];
  const y = c.record(g, (name, shape) => {
    const x = g.input(name, shape, storage, {
      differentiable: c.train ?? false,
    });
    inputs.push(x);
    return x;
  });
  const outputs: Record<string, Tensor> = { y };
  if (c.train) {
    if (y.size === 1) g.backprop(y);
    else g.backpropFrom(new Map([[y, g.input('dy', y.shape, y.dtype)]]));
    for (const x of inputs) if (g.reached(x)) outputs[`d${x.name}`] = g.grad(x);
  }
  using plan = await g.compile(outputs);
  plan.run(Object.fromEntries([...g.inputs].map(([name, x]) => [name, zeros(x)])));
}

/** Runs the cases whose names match. */
export async function main(begin: Begin, only: RegExp): Promise<void> {
  using device = await Device.open();
  const start = (name: string): boolean => {
    begin(name, turnsOf);
    return only.test(name);
  };
  for (const storage of ['f32', 'f16'] as const) {
    for (const c of CASES) if (start(`${c.name} ${storage}`)) await run(device, c, storage);
    if (storage === 'f32' && start('adamw')) await step(device);
    if (start(`decode H 12 D 64 ${storage}`)) await decode(device, storage, 12, 12, 64);
    if (start(`decode H 8 G 2 D 128 ${storage}`)) await decode(device, storage, 8, 2, 128);
  }
}
