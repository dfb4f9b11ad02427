// Where decode.wgsl's results go when one workgroup sees all keys: out (B, T, H D) = o / l, zeros if it sees none.
@group(0) @binding(4) var<storage, read_write> out: array<T>;

fn finish(row: u32, split: u32, i: u32, o: F, m: f32, l: f32) {
  out[row * sizes.w + i] = T(o * select(1.0 / l, 0.0, l == 0.0));
}
