import { mostTiles, NO_PAIR } from './expert_rows';

/** As `expertRows`, by sorting: ids (pairs). */
export function expertRowsRef(
  ids: ArrayLike<number>,
  { experts, height }: { readonly experts: number; readonly height: number },
): Record<'starts' | 'tileOf' | 'pairOf' | 'rowOf', Float64Array> {
  const tiles = mostTiles(ids.length, experts, height);
  const starts = new Float64Array(experts + 1);
  const tileOf = new Float64Array(tiles).fill(experts);
  const pairOf = new Float64Array(tiles * height).fill(NO_PAIR);
  const rowOf = new Float64Array(ids.length);
  let tile = 0;
  for (let e = 0; e < experts; e++) {
    const own = Array.from(ids).flatMap((id, pair) => (Math.min(id, experts - 1) === e ? [pair] : []));
    starts[e] = tile;
    own.forEach((pair, i) => {
      rowOf[pair] = tile * height + i;
      pairOf[tile * height + i] = pair;
    });
    const more = Math.ceil(own.length / height);
    tileOf.fill(e, tile, tile + more);
    tile += more;
  }
  starts[experts] = tile;
  return { starts, tileOf, pairOf, rowOf };
}
