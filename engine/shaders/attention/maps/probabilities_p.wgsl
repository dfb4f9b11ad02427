// For probabilities.wgsl: p = exp(logit - m - log l), what the fused kernels computed and did not keep.
// q (B, T, ·), k (B, S, ·), lse (B, H, T) = (m, log l).
@group(0) @binding(0) var<storage, read> q: array<T>;
@group(0) @binding(1) var<storage, read> k: array<KV>;
@group(0) @binding(2) var<storage, read> lse: array<vec2f>;

fn query_stride() -> u32 { return sizes.q_stride; }
fn query_start(b: u32, h: u32) -> u32 { return b * sizes.t * sizes.q_stride + sizes.q_offset + h * sizes.w; }
fn query_at(at: u32) -> F { return F(q[at]); }
fn key_stride() -> u32 { return sizes.k_stride; }
fn key_start(b: u32, h: u32) -> u32 {
  return b * sizes.s * sizes.k_stride + sizes.k_offset + h / sizes.heads_per_key * sizes.w;
}
fn key_at(at: u32) -> F { return F(k[at]); }

fn shown(product: vec4f, n: vec4i, origin: i32, own: Own, head: Head) -> vec4f {
  let saved = lse[(head.b * sizes.heads + head.h) * sizes.t + u32(own.n)];
  return probability(product, vec4f(saved.x), vec4f(saved.y), n, origin, own, head);
}
