// Where decode.wgsl's results go when several workgroups share the keys: partial (B, T, H, splits, D) = o, weights
// (B, T, H, splits) = (m, l), for decode_combine.wgsl. Splits that see no key write l = 0 only.
alias PARTIAL = f32; // F
@group(0) @binding(4) var<storage, read_write> partial: array<PARTIAL>;
@group(0) @binding(5) var<storage, read_write> shares: array<vec2f>;

fn finish(row: u32, split: u32, i: u32, o: F, m: f32, l: f32) {
  let at = row * sizes.splits + split;
  if (l != 0.0) { partial[at * sizes.w + i] = o; }
  if (i == 0u) { shares[at] = vec2f(m, l); }
}
