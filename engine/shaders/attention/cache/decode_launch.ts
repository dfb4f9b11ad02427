import { ShapeError } from '../../../errors';
import { linearGrid, type Graph, type Grid } from '../../../graph/graph';
import step from '../../../graph/step.wgsl';
import type { Tensor } from '../../../graph/tensor';
import { rungOf, type Capabilities } from '../../../runtime/capabilities';
import { defineKernel, linkedKernels, type Kernel } from '../../../runtime/kernel';
import { byCapability, type Constants } from '../../../runtime/shader';
import hidden from '../../lib/hidden.wgsl';
import reduce from '../../lib/reduce.wgsl';
import reduceSubgroups from '../../lib/reduce_subgroups.wgsl';
import { NONE, type DecodeBias } from '../bias/bias';
import { turning, TURNS, type CacheLayout } from './cache';
import combineWgsl from './decode_combine.wgsl';
import split from './decode_split.wgsl';
import whole from './decode_whole.wgsl';
import keysWgsl from './decode_keys.wgsl';
import decodeWgsl from './decode.wgsl';
import type { BiasForm } from '../tile/form';
import { forward } from '../tile/kernels';
import { chooseOuter, chooseMapping, FAR, mostPacks, storageOf, TALL } from '../layout';
import pack1 from '../tile/pack1.wgsl';
import pack4 from '../tile/pack4.wgsl';
import { showDecode } from '../maps/show';
import tangent from '../tile/tangent.wgsl';
import { dispatchTiles, pairsWithin, SLOWNESS, times } from '../tile/work';

const reductions = byCapability({ base: reduce, subgroups: reduceSubgroups });
const RESULTS = { whole, split };

const linked = linkedKernels();

/** The kernel in one of its forms, by what is linked into it. */
const decode = (
  wide: boolean,
  turn: keyof typeof TURNS,
  bias: BiasForm,
  result: keyof typeof RESULTS,
): Kernel =>
  linked(`attention.decode ${wide ? 'wide' : 'narrow'} ${turn} ${bias.name} ${result}`, [
    wide ? pack4 : pack1,
    ...[keysWgsl, hidden, reductions, decodeWgsl, ...TURNS[turn], bias.wgsl, RESULTS[result], tangent, step],
  ]);
const combine = {
  wide: defineKernel({ name: 'attention.decode_combine', wgsl: [pack4, combineWgsl] }),
  narrow: defineKernel({ name: 'attention.decode_combine_narrow', wgsl: [pack1, combineWgsl] }),
};

/** How the work is shared: a pure function of shapes and device, so that plans replay; README.md tells the ladder. */
export interface DecodeMapping {
  /** Query rows of one key head that a workgroup owns: keys and values are read once for all of them. */
  readonly queries: 1 | 2 | 4;
  /** Workgroups that share the keys. */
  readonly splits: number;
  /** Keys that a split takes at least, so that short caches stay with one. */
  readonly least: number;
}

/** Sizes of a decode attention. */
export interface DecodeSizes {
  /** Query rows that share a key head, T·H/G. */
  readonly rows: number;
  /** B·G. */
  readonly keyHeads: number;
  readonly capacity: number;
  /** D. */
  readonly width: number;
  readonly wide: boolean;
}

/** Null if heads are so wide that not even one query fits into a workgroup's memory. */
export function chooseDecode(
  { rows, keyHeads, capacity, width, wide }: DecodeSizes,
  can: Pick<Capabilities, 'software' | 'maxWorkgroupMemory'>,
): DecodeMapping | null {
  const wish = rows >= 3 ? 4 : rows === 2 ? 2 : 1;
  const fits = (n: number): boolean => n <= wish && memoryOf(n, width, wide) <= can.maxWorkgroupMemory;
  const queries = ([4, 2, 1] as const).find(fits);
  if (!queries) return null;
  const groups = Math.ceil(rows / queries) * keyHeads;
  const [wanted, least] = can.software ? [SOFTWARE_GROUPS, SOFTWARE_LEAST] : [GROUPS, LEAST];
  const most = Math.ceil(capacity / least);
  return { queries, splits: Math.max(1, Math.min(MOST_SPLITS, most, Math.ceil(wanted / groups))), least };
}

/** Bytes of workgroup memory for so many queries: `query`, `sums` and `scores` of decode.wgsl, the slots of lib/reduce. */
function memoryOf(queries: number, width: number, wide: boolean): number {
  const most = mostPacks(wide ? width / 4 : width);
  return queries * ((wide ? 16 : 4) * (most + 64) + 16 * 64) + 64 * (4 + 8 + 16);
}

/**
 * Invocations of a workgroup: on software adapters one subgroup, because each subgroup of a workgroup is a routine there
 * that every barrier switches to and from.
 */
const lanesOf = ({ software, subgroups }: Capabilities): number =>
  software ? Math.min(64, subgroups?.max ?? 4) : 64;

/** Workgroups that keep a GPU busy: of 64 lanes, a few for each of some hundred cores. */
const GROUPS = 512;
const LEAST = 256;
const SOFTWARE_GROUPS = 4;
const SOFTWARE_LEAST = 512;
const MOST_SPLITS = 64;

/** Query rows against keys (B, S, G·D) and their values, checked. */
export interface DecodeProblem {
  readonly layout: CacheLayout;
  readonly q: Tensor;
  /** First column of the queries. */
  readonly queryOffset: number;
  readonly keys: Tensor;
  readonly values: Tensor;
  readonly causal: boolean;
  readonly slides: boolean;
  readonly window: number;
  readonly scale: number;
  readonly softcap: number | undefined;
  readonly bias: DecodeBias;
}

/** Where everything lies, in F, under the names that decode.wgsl and forward.wgsl share. */
function common(p: DecodeProblem) {
  const { T, heads, keyValueHeads, width, capacity, per } = p.layout;
  return {
    t: T,
    s: capacity,
    heads,
    heads_per_key: heads / keyValueHeads,
    q_stride: p.q.shape[2] / per,
    q_offset: p.queryOffset / per,
    k_stride: p.keys.shape[2] / per,
    k_offset: 0,
    v_stride: p.values.shape[2] / per,
    v_offset: 0,
    w: width / per,
    scale: p.scale,
    cap: p.softcap ?? 1,
  };
}

/** Records the kernel for few rows: a workgroup a row, or a few, and a share of the keys. -> (B, T, H·D). */
export function launchDecode(g: Graph, p: DecodeProblem): Tensor {
  const { B, T, heads, keyValueHeads, width, capacity, wide, per, starts } = p.layout;
  const rows = T * (heads / keyValueHeads);
  const keyHeads = B * keyValueHeads;
  const mapping = chooseDecode({ rows, keyHeads, capacity, width, wide }, g.device.can);
  if (!mapping) {
    throw new ShapeError(
      g.where('decodeAttention'),
      `heads of ${width} columns do not fit into ${g.device.can.maxWorkgroupMemory} bytes of workgroup memory`,
      'Give more and narrower heads.',
    );
  }
  const { queries, least } = mapping;
  const turned = turning(p.layout);
  const extra = { ...turned.bind, ...p.bias.bind };
  // A split writes two buffers beside q, k, v, starts: with a rotation and buckets one kernel would bind nine.
  const splits = Object.keys(extra).length > 2 ? 1 : mapping.splits;
  const out = g.value('attention', [B, T, heads * width], p.q.dtype);
  const w = width / per;
  const type = storageOf(p.q, wide);
  const F = wide ? ('vec4<f32>' as const) : ('f32' as const);
  const uniforms = {
    ...common(p),
    causal: p.causal ? 1 : 0,
    slides: p.slides ? 1 : 0,
    window: p.window,
    sinks: p.layout.sinks,
    splits,
    least,
    distances: capacity,
    ...turned.uniforms,
  };
  const constants: Constants = {
    MOST: mostPacks(w),
    SOFTCAP: p.softcap !== undefined,
    T: type,
    KV: storageOf(p.keys, wide),
    LANES: lanesOf(g.device.can),
    ...turned.constants,
  };
  const read = { q: p.q, k: p.keys, v: p.values, starts, ...extra };
  const seen = Math.min(capacity, p.window + p.layout.sinks);
  const many = {
    uniforms,
    work: new Array<number>(Math.ceil(rows / queries)).fill(2 * queries * keyHeads * seen * width),
    products: 2,
    slowness: SLOWNESS,
    atMost: true,
    grid: (tiles: number): Grid => [splits, tiles, keyHeads],
  };
  if (splits === 1) {
    const options = { ...many, constants: { ...constants, QUERIES: queries } };
    dispatchTiles(g, decode(wide, turned.kind, p.bias.form, 'whole'), { ...read, out }, options);
  } else {
    const partial = g.value('attention partial', [B * T * heads, splits, width], 'f32');
    const shares = g.value('attention shares', [B * T * heads, splits, 2], 'f32');
    const options = { ...many, constants: { ...constants, QUERIES: queries, PARTIAL: F } };
    const bind = { ...read, partial, shares };
    dispatchTiles(g, decode(wide, turned.kind, p.bias.form, 'split'), bind, options);
    const n = B * T * heads * w;
    g.dispatch(
      wide ? combine.wide : combine.narrow,
      { partial, shares, out },
      { uniforms: { n, w, splits }, constants: { T: type, PARTIAL: F }, grid: linearGrid(Math.ceil(n / 64)) },
    );
  }
  return out;
}

const NO_DROPOUT = { stream: 0, threshold: 0, kept: 1 } as const;

/**
 * Records the tiled kernel of `attention`, whose rows share keys: for prompts. `q` holds queries that have turned. Not
 * for caches that slide, whose rows are not in the order of their positions.
 */
export function launchTiled(g: Graph, p: DecodeProblem, q: Tensor): Tensor {
  const { B, T, heads, width, wide, capacity, starts } = p.layout;
  const plain = chooseMapping({ width, heads, wide }, rungOf(g.device.can, 'attention'));
  const m = chooseOuter(plain, { width, rows: T, tall: TALL.forward }, rungOf(g.device.can, 'attention'));
  const out = g.value('attention', [B, T, heads * width], q.dtype);
  const lse = g.value('attention lse', [B, heads, T, 2], 'f32');
  const biased = p.bias.tiled(g);
  const reach = {
    left: p.causal && p.window < capacity ? 1 - p.window : -FAR,
    right: p.causal ? 0 : FAR,
  };
  // Where the caches end up full; the last row then stands at the last slot.
  const start = p.causal ? capacity - T : 0;
  const most = { T, S: capacity, left: start + reach.left, right: start + reach.right };
  dispatchTiles(
    g,
    forward({ mapping: m, bias: biased.form, walk: null, turns: false }),
    { q, k: p.keys, v: p.values, lengths: starts, out, lse, ...biased.bind },
    {
      uniforms: {
        ...common(p),
        batch: B,
        ...reach,
        ...NONE.uniforms,
        ...biased.uniforms,
        ...NO_DROPOUT,
        half: 0, // keys turned before they were cached
      },
      constants: {
        ...m.constants,
        T: storageOf(q, wide),
        KV: storageOf(p.keys, wide),
        OUT: storageOf(out, wide),
        ...(p.causal && { CACHED: true }),
        ...(p.softcap !== undefined && { SOFTCAP: true }),
      },
      work: times(2 * B * heads * width, pairsWithin(most, m.tile).byQuery),
      products: 2,
      atMost: true,
      grid: (tiles) => [tiles, (B * heads) / m.headsPerGroup],
    },
  );
  return out;
}

/**
 * Lets plans show these probabilities on demand. To be recorded before the launch, while the queries, not turned yet,
 * are sure to be in memory: only dispatches to come read them.
 */
export function show(g: Graph, p: DecodeProblem): void {
  const { B, T, capacity, heads, width, wide, per, sinks, starts } = p.layout;
  const { q, keys, causal, slides, window, bias } = p;
  const turned = turning(p.layout);
  const words = [
    causal ? 'cache' : 'cross cache',
    slides && 'slides',
    window < capacity && `window ${window}`,
    bias.form.name !== 'none' && `${bias.form.name} bias`,
  ];
  const flags = { causal: causal ? 1 : 0, slides: slides ? 1 : 0, window, sinks, splits: 1, least: 1 };
  showDecode(g, {
    ...{ B, T, capacity, heads, width, wide, causal, slides, q, keys },
    kind: words.filter((word) => word !== false).join(', '),
    linked: [...TURNS[turned.kind], bias.form.wgsl],
    form: `${turned.kind} ${bias.form.name}`,
    bind: { starts, ...turned.bind, ...bias.bind },
    uniforms: { ...common(p), ...flags, distances: capacity, ...turned.uniforms },
    constants: {
      MOST: mostPacks(width / per),
      SOFTCAP: p.softcap !== undefined,
      T: storageOf(q, wide),
      KV: storageOf(keys, wide),
      ...turned.constants,
    },
  });
}
