// For probabilities.wgsl: dL/dp = dout · v, through dropout; 0 for keys that are not seen.
// dout (B, T, H D), v (B, S, ·).
@group(0) @binding(0) var<storage, read> dout: array<T>;
@group(0) @binding(1) var<storage, read> v: array<KV>;

fn query_stride() -> u32 { return sizes.heads * sizes.w; }
fn query_start(b: u32, h: u32) -> u32 { return (b * sizes.t * sizes.heads + h) * sizes.w; }
fn query_at(at: u32) -> F { return F(dout[at]); }
fn key_stride() -> u32 { return sizes.v_stride; }
fn key_start(b: u32, h: u32) -> u32 {
  return b * sizes.s * sizes.v_stride + sizes.v_offset + h / sizes.heads_per_key * sizes.w;
}
fn key_at(at: u32) -> F { return F(v[at]); }

fn shown(product: vec4f, n: vec4i, origin: i32, own: Own, head: Head) -> vec4f {
  return select(vec4f(), product * kept(n, own, head), seen(n, origin, own, head));
}
