import { EngineError, expectOptions, ShapeError } from '../../errors';
import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { attention } from '../../shaders/attention/attention';
import { appendCache, reorderCache, type ReorderOptions } from '../../shaders/attention/cache/cache';
import { decodeCrossAttention } from '../../shaders/attention/cache/decode';
import { Linear } from '../linear';
import {
  HEADS,
  KeyValueCache,
  type LayerCache,
  masksOf,
  resolveHeads,
  startsAfter,
  type AttentionInput,
  type HeadsConfig,
} from './attention';
import { addTo } from './residual';

/** What `CrossAttention` is made of. */
export interface CrossAttentionConfig extends HeadsConfig {
  /** Width of what it attends to. Default C. */
  readonly memoryWidth?: number;
}

/** What a cross-attention attends to, and how many keys of it exist. */
export interface CrossAttentionInput extends Omit<AttentionInput, 'starts' | 'cache'> {
  /** Attend to the memory that it holds. */
  readonly cache?: KeyValueCache | undefined;
  /** What it attends to, (B, S, memory width), unless `cache` holds that: see `remember`. */
  readonly memory?: Tensor | undefined;
  /** Is called while recording with the queries (N, K·T, H·D) and the keys (N, S, G·D) of a cache, and the factor on q·k. */
  readonly look?: ((q: Tensor, keys: Tensor, scale: number) => void) | undefined;
}

/** Multi-head attention of a sequence to a memory, such as what an encoder gave (Vaswani et al. 2017). */
export class CrossAttention {
  /** (H·D, C). */
  readonly q: Linear;
  /** (2·G·D, memory width): keys, then values. */
  readonly kv: Linear;
  /** (C, H·D). */
  readonly output: Linear;
  readonly #c: ReturnType<typeof resolveHeads>['sizes'];
  readonly #scale: number;

  /** Throws `ShapeError` for heads that do not fit, `EngineError` for unknown options. */
  constructor(config: CrossAttentionConfig) {
    const { width, memoryWidth = width } = config;
    expectOptions('CrossAttention', config, { ...HEADS, memoryWidth });
    const { sizes, linear, fused, outputs, shared, output } = resolveHeads('CrossAttention', config);
    this.#c = sizes;
    this.#scale = config.scale ?? 1 / Math.sqrt(sizes.headWidth);
    this.q = new Linear(width, outputs, linear);
    this.kv = new Linear(memoryWidth, { key: shared, value: shared }, fused);
    this.output = output;
  }

  /** An empty cache for the keys and values of `memories` of up to `capacity` rows each. */
  cache(memories: number, capacity: number, dtype: 'f32' | 'f16' = 'f32'): KeyValueCache {
    return new KeyValueCache(memories, capacity, this.#c.keyValueHeads * this.#c.headWidth, dtype);
  }

  /** Fills a cache with the keys and values of a memory (N, S, memory width), in a run at `position` 0. */
  remember(g: Graph, memory: Tensor, cache: KeyValueCache): void {
    const { keyValueHeads } = this.#c;
    const [keys, values] = [g.use(cache.keys), g.use(cache.values)];
    appendCache(g, this.kv.forward(g, memory), keys, values, { heads: 0, keyValueHeads });
  }

  /**
   * x (B, T, C) -> (B, T, C). Throws `EngineError` without a memory, and for a memory, masks by key or biases beside a cache.
   * Of a cache of N memories, the B = N·K sequences n·K to n·K + K - 1 attend to memory n; `ShapeError` if they do not divide.
   */
  forward(g: Graph, x: Tensor, input: CrossAttentionInput = {}): Tensor {
    const { residual = null, memory, lengths, keyMask, bias, cache, look } = input;
    expectOptions('CrossAttention.forward', input, { residual, memory, lengths, keyMask, bias, cache, look });
    const { heads, keyValueHeads, headWidth: width, attentionDropout, dropout } = this.#c;
    const where = g.where('CrossAttention');
    const scale = this.#scale;
    let y: Tensor;
    if (cache) {
      if (memory || keyMask || bias) {
        const what = 'a memory, a keyMask or a bias is given beside a cache';
        throw new EngineError(where, what, 'The cache holds the memory: leave them out.');
      }
      const [keys, values] = [g.use(cache.keys), g.use(cache.values)];
      const rows = this.q.forward(g, x);
      // Sequences of one memory are query rows of one sequence, so that they share its keys.
      const [memories, all] = [keys.shape[0], heads * width];
      const each = rows.size / all / memories;
      if (!Number.isInteger(each / x.shape[1])) {
        const what = `${x.shape[0]} sequences do not divide among ${memories} memories`;
        throw new ShapeError(where, what, 'Give each memory as many.');
      }
      const q = g.view(rows, [memories, each, all]);
      look?.(q, keys, scale);
      const options = { heads, keyValueHeads, scale, ...(lengths && { lengths }) };
      y = g.view(decodeCrossAttention(g, q, keys, values, options), rows.shape);
    } else {
      if (!memory) throw new EngineError(where, 'there is no memory', 'Give it as memory.');
      if (look) throw new EngineError(where, 'look is given without a cache', 'It looks at caches only.');
      y = attention(g, {
        ...{ q: this.q.forward(g, x), kv: this.kv.forward(g, memory), heads, keyValueHeads, width },
        ...{ scale, dropout: attentionDropout, ...masksOf(input) },
      });
    }
    return addTo(g, residual, this.output, y, dropout);
  }
}

/**
 * Moves sequences among the caches of their own rows before a step: row r goes on from what row order[r] was, u32 (B), of
 * the same memory. `starts` are the step's own, where it has them. Records nothing else. Throws `EngineError` for layers that hold
 * a state.
 */
export function reorderState(
  g: Graph,
  state: readonly { readonly self: LayerCache; readonly cross: KeyValueCache | null }[],
  order: Tensor,
  options: Pick<ReorderOptions, 'starts'> = {},
): void {
  const { starts } = options;
  expectOptions('reorderState', options, { starts });
  for (const [i, { self, cross }] of state.entries()) {
    if (!('keys' in self)) {
      const what = 'layers of linear attention hold a state, which does not move between sequences';
      throw new EngineError('reorderState', what, 'Use one beam.');
    }
    const [rows] = self.keys.shape;
    const within = cross ? rows / cross.keys.shape[0] : rows;
    const ahead = starts ?? (self.prefix > 0 && startsAfter(g, self.prefix, rows));
    g.scope(`layers.${i}.attention`, () =>
      reorderCache(g, g.use(self.keys), g.use(self.values), order, {
        within,
        ...(ahead && { starts: ahead }),
      }),
    );
  }
}
