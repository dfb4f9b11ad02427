// What only the backward kernels need of tile_software.wgsl; their products and sums are in quad_backward*.wgsl.
// Numbers saved of the streamed rows from `row` on: largest logits (part 0), log l (1) or deltas (2).
fn saved_strip(row: u32, last: u32, base: u32, part: u32, at: Seat) -> Strip {
  let n = vec4u(numbers(row, at));
  return Strip(
    saved_four(n, last, base, part), saved_four(n + 4u, last, base, part),
    saved_four(n + 8u, last, base, part), saved_four(n + 12u, last, base, part),
  );
}
