/** Chunks of one attention, shown as the one that they are. */
import type { Graph } from '../../graph/graph';
import { addAttentionProbe, type AttentionProbe } from '../attention/maps/probe';
import type { ShownChunk } from './maps';

/** Query rows from `row` on, and keys from `key` on. */
export interface ChunkOfRows {
  readonly row: number;
  readonly rows: number;
  readonly key: number;
  readonly keys: number;
}

/** Has plans show what `g` has recorded from probe number `first` on, one attention a chunk, as one of T rows and S keys. */
export function showAsOne(
  g: Graph,
  first: number,
  chunks: readonly ChunkOfRows[],
  { T, S }: { readonly T: number; readonly S: number },
): void {
  const probes = g.probes.splice(first) as AttentionProbe[];
  const shown = probes.map((probe, i): ShownChunk => ({ ...chunks[i], probe }));
  const { op, scope, kind, batch, heads, oneSequence } = probes[0];
  const whole: AttentionProbe = {
    ...{ op, scope, kind, batch, heads, oneSequence, T, S },
    // Backward rules add to them.
    get places() {
      return probes.flatMap(({ places }) => places);
    },
    map: async (where, choice, query) =>
      (await import('./maps')).mapOfChunks(where, whole, shown, choice, query),
    entropy: async () => (await import('./maps')).entropyOfChunks(whole, shown),
  };
  addAttentionProbe(g, whole);
}
