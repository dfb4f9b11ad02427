/**
 * What an attention records so that plans can show it. It costs a run nothing and a bundle little: the kernels and
 * checks behind it (maps.ts, maps_decode.ts) are loaded when somebody asks.
 */
import type { Graph } from '../../../graph/graph';
import { lookAt } from '../../../graph/look';
import type { Place } from '../../../graph/slice';
import type { Tensor } from '../../../graph/tensor';
import { addAttentionProbe, type AttentionProbe } from './probe';
import type { Look, Shown, ShownDecode, ShownGradient } from './shown';

const lookOn =
  ({ device }: Graph): Look =>
  (place, record) =>
    lookAt(device, place, record);

/**
 * Records that plans of `g` can show this attention: called right after its forward dispatch, whose tensors it reads.
 * The result is to be called in the backward rule, right after the dispatch that reads lse last, with dout: from then on
 * gradients can be shown too.
 */
export function showAttention(g: Graph, call: Omit<Shown, 'look'>): (dout: Tensor) => void {
  const shown: Shown = { ...call, look: lookOn(g) };
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
  addAttentionProbe(g, probe);
  return (dout) => {
    back = { place: g.here([...tensors, dout]), dout };
    places.push(back.place);
  };
}

/** Records that plans of `g` can show this attention; called while its queries are in memory, and keys are cached. */
export function showDecode(g: Graph, call: Omit<ShownDecode, 'look'>): void {
  const shown: ShownDecode = { ...call, look: lookOn(g) };
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
  addAttentionProbe(g, probe);
}
