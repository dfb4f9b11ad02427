import { expectOptions, ShapeError } from '../../../errors';
import type { Graph } from '../../../graph/graph';
import { expectDType, expectShape, type Tensor } from '../../../graph/tensor';
import { expectCounts } from '../../lib/counts';
import { rope } from '../../rope/rope';
import { NONE_DECODE, type AttentionBias, type DistanceBias } from '../bias/bias';
import { cacheLayout, type CacheLayout, type CacheOptions } from './cache';
import { launchDecode, launchTiled, show } from './decode_launch';
import { expectCap, expectColumns, expectScale, expectWhole, isWide } from '../layout';

/** From this many query rows on, tiles that share keys among rows beat a workgroup for each few. */
const TILED_FROM = 8;

/** What `decodeAttention` sees of its caches. */
export interface DecodeOptions extends CacheOptions {
  /** Factor on q·k. Default 1/√D. */
  readonly scale?: number;
  /**
   * How many positions a row sees, its own the last (and the sinks). Default: all, or, where the caches slide, as many
   * as they can promise to T rows that were appended at once: capacity - sinks - (T - 1).
   */
  readonly window?: number;
  /** Bounds logits by cap · tanh(logit / cap), before bias and mask. Default: none. */
  readonly softcap?: number;
  readonly bias?: DistanceBias;
}

/**
 * Causal attention of fused rows to caches that `appendCache` has filled: query row t of sequence b stands at position
 * `now.position + starts[b] + t` and sees all up to there, or a window. Serves prefill (large T) and generation
 * (T = 1), where the keys are split among workgroups (flash-decoding, Dao et al. 2023). The cost grows with what is
 * cached, not with the capacity. (B, T, (H + 2G)·D) -> (B, T, H·D). No gradient.
 *
 * Caches that slide hold no more than a window of the past, so T is bounded; a longer prompt at position 0 attends to
 * itself, by `rope` and `selfAttention` with that window, and is only appended.
 *
 * @throws ShapeError if heads, widths, caches, windows or biases do not fit.
 */
export function decodeAttention(
  g: Graph,
  qkv: Tensor,
  keys: Tensor,
  values: Tensor,
  options: DecodeOptions,
): Tensor {
  const where = g.where('decodeAttention');
  const layout = cacheLayout(g, where, qkv, keys, values, options);
  const { T, heads, keyValueHeads, width } = layout;
  const { slides = false, scale = 1 / Math.sqrt(width), softcap } = options;
  expectOptions(where, options, {
    ...{ heads, keyValueHeads, slides, scale, softcap },
    ...{ starts: 0, sinks: 0, rope: 0, window: 0, bias: 0 },
  });
  expectScale(where, scale);
  expectCap(where, softcap);
  expectDistanceBias(where, options.bias);
  const p = {
    ...{ layout, q: qkv, queryOffset: 0, keys, values, causal: true, slides, scale, softcap },
    window: windowOf(where, layout, slides, options.window),
    bias: options.bias?.resolveDecode(g, where, layout) ?? NONE_DECODE,
  };
  show(g, p);
  // Slots of a cache that slides are in no order.
  if (T < TILED_FROM || slides) return launchDecode(g, p);
  const { starts } = options;
  const turns = options.rope && { heads, keyValueHeads, ...options.rope, ...(starts && { starts }) };
  return launchTiled(g, p, turns ? rope(g, qkv, turns) : qkv);
}

/** For callers without types. */
function expectDistanceBias(where: string, bias: AttentionBias | undefined): void {
  if (!bias || 'resolveDecode' in bias) return;
  throw new ShapeError(
    where,
    `a ${bias.kind} bias holds numbers for so many keys, but caches grow`,
    'Give bucketBias or slopeBias.',
  );
}

function windowOf(
  where: string,
  { T, capacity, sinks }: CacheLayout,
  slides: boolean,
  given: number | undefined,
): number {
  const most = slides ? capacity - sinks - (T - 1) : capacity;
  const window = given ?? most;
  if (slides && window > most) {
    throw new ShapeError(
      where,
      `a window of ${window} for ${T} rows at once in sliding caches of ${capacity} rows with ${sinks} sinks`,
      `There must be room for sinks, window and the ${T - 1} rows after the first: feed fewer rows at once.`,
    );
  }
  if (!Number.isInteger(window) || window < 1) {
    throw new ShapeError(
      where,
      slides && given === undefined
        ? `${T} rows at once in sliding caches of ${capacity} rows with ${sinks} sinks`
        : `window is ${window}`,
      'Give a whole number of positions, at least 1, or leave it out to see all; feed fewer rows than caches hold.',
    );
  }
  return Math.min(window, capacity);
}

/** What `decodeCrossAttention` sees of a source. */
export interface CrossDecodeOptions extends Pick<
  DecodeOptions,
  'heads' | 'keyValueHeads' | 'scale' | 'softcap'
> {
  /** First column of the queries in rows of `q`. Default 0. */
  readonly queryOffset?: number;
  /** Keys that exist in each sequence, u32 (B). Counts above S are refused. Default S for all. */
  readonly lengths?: Tensor;
}

/**
 * Attention of few query rows to keys and values (B, S, G·D) that stay: an encoder's, projected once (`appendCache`
 * with `heads: 0` at position 0 fills caches with them). Every row of q (B, T, ·) sees the first lengths[b] keys; if
 * there are none it gives zeros. -> (B, T, H·D). No gradient; use `attention` to train.
 */
export function decodeCrossAttention(
  g: Graph,
  q: Tensor,
  keys: Tensor,
  values: Tensor,
  options: CrossDecodeOptions,
): Tensor {
  const where = g.where('decodeCrossAttention');
  const { heads, keyValueHeads = heads, queryOffset = 0 } = options;
  expectOptions(where, options, { heads, keyValueHeads, queryOffset, scale: 0, softcap: 0, lengths: 0 });
  expectWhole(where, { heads, keyValueHeads });
  const [B = 0, S = 0, C = 0] = keys.shape;
  const width = C / keyValueHeads;
  if (keys.shape.length !== 3 || !Number.isInteger(width) || heads % keyValueHeads !== 0) {
    throw new ShapeError(
      where,
      `${keys.toString()} for ${heads} heads that share ${keyValueHeads} key heads`,
      'Give (B, S, G·D) with H a multiple of G.',
    );
  }
  expectColumns(where, 'q', { tensor: q, offset: queryOffset }, heads * width);
  expectDType(where, q, 'f32', 'f16');
  expectDType(where, keys, 'f32', 'f16');
  expectShape(where, values, keys.shape);
  expectDType(where, values, keys.dtype);
  const { lengths = g.constant('every key', [B], new Uint32Array(B).fill(S)) } = options;
  expectCounts(g, where, lengths, { sequences: B, most: S });
  if (q.shape[0] !== B) {
    throw new ShapeError(
      where,
      `q is ${q.toString()} but the keys are ${keys.toString()}`,
      'Both need one B: hypotheses of one sequence are rows of it, (B, K·T, ·).',
    );
  }
  const wide = isWide(width, [
    { tensor: q, offset: queryOffset },
    { tensor: keys, offset: 0 },
  ]);
  const layout: CacheLayout = {
    B,
    T: q.shape[1],
    heads,
    keyValueHeads,
    width,
    capacity: S,
    sinks: 0,
    starts: lengths,
    wide,
    per: wide ? 4 : 1,
    rope: null,
  };
  const { scale = 1 / Math.sqrt(width), softcap } = options;
  expectScale(where, scale);
  expectCap(where, softcap);
  const p = {
    ...{ layout, q, queryOffset, keys, values, causal: false, slides: false, window: S, scale, softcap },
    bias: NONE_DECODE,
  };
  show(g, p);
  return layout.T < TILED_FROM ? launchDecode(g, p) : launchTiled(g, p, q);
}
