// What the backward kernels read: p is computed again, never kept, from what is saved of each row: (B, H, T, 3), its largest
// logit m, log l with l = Σ exp(logit - m), and delta = Σ out dout. Keys and values are column ranges of one tensor.
alias T = f32;
alias KV = f32;
@group(0) @binding(0) var<storage, read> q: array<T>;
@group(0) @binding(1) var<storage, read> kv: array<KV>;
@group(0) @binding(2) var<storage, read> dout: array<T>;
@group(0) @binding(3) var<storage, read> saved: array<f32>;

fn saved_four(n: vec4u, last: u32, base: u32, part: u32) -> vec4f {
  let at = 3u * (base + min(n, vec4u(last))) + part;
  return vec4f(saved[at.x], saved[at.y], saved[at.z], saved[at.w]);
}

fn queries_at(b: u32, h: u32) -> Rows {
  return Rows(b * sizes.t * sizes.q_stride + sizes.q_offset + h * sizes.w, sizes.q_stride, sizes.t - 1u);
}
fn ups_at(b: u32, h: u32) -> Rows {
  return Rows((b * sizes.t * sizes.heads + h) * sizes.w, sizes.heads * sizes.w, sizes.t - 1u);
}
fn keys_at(b: u32, key_head: u32) -> Rows {
  return Rows(b * sizes.s * sizes.k_stride + sizes.k_offset + key_head * sizes.w, sizes.k_stride, sizes.s - 1u);
}
fn values_at(b: u32, key_head: u32) -> Rows {
  return Rows(b * sizes.s * sizes.v_stride + sizes.v_offset + key_head * sizes.w, sizes.v_stride, sizes.s - 1u);
}
