// The log decay of a row: decay (B, T, N, 1 or D), `line` counting through the former. BY_NUMBER: each number of a key has its own.
alias G = f32;
const BY_NUMBER: bool = false;
@group(0) @binding(6) var<storage, read> decay: array<G>;

fn log_gate(line: u32, d: u32, width: u32) -> f32 {
  if (BY_NUMBER) { return f32(decay[line * width + d]); }
  return f32(decay[line]);
}
