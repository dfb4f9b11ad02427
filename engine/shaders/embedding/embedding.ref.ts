/** ids (N), table (V, c) -> (N, c); ids that are not below V give zeros. */
export function embeddingRef(ids: Float64Array, table: Float64Array, c: number): Float64Array {
  return Float64Array.from({ length: ids.length * c }, (_, i) => {
    const id = ids[Math.floor(i / c)];
    return id < table.length / c ? table[id * c + (i % c)] : 0;
  });
}

export function embeddingRefGrad(
  ids: Float64Array,
  dy: Float64Array,
  size: number,
  c: number,
  padding = -1,
): Float64Array {
  const dtable = new Float64Array(size);
  for (const [n, id] of ids.entries()) {
    if (id >= size / c || id === padding) continue;
    for (let i = 0; i < c; i++) dtable[id * c + i] += dy[n * c + i];
  }
  return dtable;
}
