// Rows that stood before row 0: held (B, K - 1, C) of H, the last one right before it. A run at position 0 has none. Link
// graph/step.wgsl.
alias H = f32;
@group(0) @binding(4) var<storage, read> held: array<H>;

fn earlier(b: u32, row: u32, c: u32) -> f32 {
  if (now.position == 0u) { return 0.0; }
  return f32(held[(b * (sizes.taps - 1u) + row) * sizes.c + c]);
}
