// β of row i of a chunk, by the chunk's number among those of all states. Link rate*.wgsl.
fn packed_rate(matrix: u32, i: u32) -> f32 {
  let state = matrix / sizes.chunks;
  return rate(state / sizes.states, matrix % sizes.chunks * sizes.chunk + i, state % sizes.states);
}
