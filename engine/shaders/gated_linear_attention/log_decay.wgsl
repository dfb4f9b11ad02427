// Σ log decays of a chunk's rows up to `row`, from sums (B, N, chunks · chunk, 1 or D), f32. BY_NUMBER: each number of a
// key has its own. `most` is the last number that there is; `line` counts rows through all states.
const BY_NUMBER: bool = false;
@group(0) @binding(6) var<storage, read> sums: array<f32>;

fn log_decay(line: u32, d: u32, width: u32) -> f32 {
  if (BY_NUMBER) { return sums[line * width + min(d, width - 1u)]; }
  return sums[line];
}
