/**
 * What an attention records so that plans can show it. It costs a run nothing and a bundle little: the kernels and
 * checks behind it (maps.ts, maps_decode.ts) are loaded when somebody asks.
 */
import type { AttentionProbe } from '../../graph/attention_probe';
import type { Graph } from '../../graph/graph';
import type { Place } from '../../graph/slice';
import type { Tensor } from '../../graph/tensor';
import type { Constants, Shader } from '../../runtime/shader';
import type { Form } from './kernels';

/** One call of the op, as its kernels see it. */
export interface Shown {
  /** Which pairs see each other, in words. */
  readonly kind: string;
  readonly B: number;
  readonly T: number;
  readonly S: number;
  readonly heads: number;
  /** D. */
  readonly width: number;
  readonly form: Form;
  readonly q: Tensor;
  readonly kv: Tensor;
  /** See `AttentionProbe`; of q and kv as they were given. */
  readonly oneSequence: boolean;
  readonly lse: Tensor;
  /** lengths, bias and tiles, as far as the form binds them. */
  readonly masks: Readonly<Record<string, Tensor>>;
  readonly uniforms: Readonly<Record<string, number>>;
  /** Those of score.wgsl and of the storage. */
  readonly constants: Constants;
}

/** Where gradients can be shown, and dL/dout there. */
export interface ShownGradient {
  readonly place: Place;
  readonly dout: Tensor;
}

/**
 * Records that plans of `g` can show this attention: called right after its forward dispatch, whose tensors it reads.
 * The result is to be called in the backward rule, right after the dispatch that reads lse last, with dout: from then on
 * gradients can be shown too.
 */
export function showAttention(g: Graph, shown: Shown): (dout: Tensor) => void {
  const { q, kv, oneSequence, lse, masks, B, T, S, heads, kind } = shown;
  const tensors = [q, kv, lse, ...Object.values(masks)];
  const places: Place[] = [g.here(tensors)];
  const withoutSums = g.here(tensors.filter((tensor) => tensor !== lse)); // spares running the forward kernel again
  let back: ShownGradient | null = null;
  const probe: AttentionProbe = {
    op: 'attention',
    scope: g.path,
    places,
    oneSequence,
    kind,
    batch: B,
    heads,
    T,
    S,
    map: async (where, choice, query) => {
      const { mapRequest } = await import('./maps');
      return mapRequest(where, shown, places[0], back, choice, query);
    },
    entropy: async () => (await import('./maps')).entropyRequest(shown, withoutSums),
  };
  g.probe(probe);
  return (dout) => {
    back = { place: g.here([...tensors, dout]), dout };
    places.push(back.place);
  };
}

/** One call of decode attention, as its kernel sees it. */
export interface ShownDecode {
  readonly kind: string;
  readonly B: number;
  readonly T: number;
  /** S, rows of the caches. */
  readonly capacity: number;
  readonly heads: number;
  /** D. */
  readonly width: number;
  readonly wide: boolean;
  readonly causal: boolean;
  readonly slides: boolean;
  /** turn*.wgsl with what it needs, and decode_bias_*.wgsl; `form` tells these apart. */
  readonly linked: readonly Shader[];
  readonly form: string;
  readonly q: Tensor;
  readonly keys: Tensor;
  /** starts, and what the linked files bind. */
  readonly bind: Readonly<Record<string, Tensor>>;
  readonly uniforms: Readonly<Record<string, number>>;
  readonly constants: Constants;
}

/** Records that plans of `g` can show this attention; called while its queries are in memory, and keys are cached. */
export function showDecode(g: Graph, shown: ShownDecode): void {
  const { q, keys, causal, bind, kind, B, T, heads, capacity } = shown;
  const place = g.here([q, keys, ...Object.values(bind)]);
  const probe: AttentionProbe = {
    op: 'attention',
    scope: g.path,
    places: [place],
    oneSequence: causal,
    kind,
    batch: B,
    heads,
    T,
    S: capacity,
    map: async (where, choice, query) => {
      const { mapDecodeRequest } = await import('./maps_decode');
      return mapDecodeRequest(where, shown, place, choice, query);
    },
    entropy: async () => (await import('./maps_decode')).entropyDecodeRequest(shown, place),
  };
  g.probe(probe);
}
