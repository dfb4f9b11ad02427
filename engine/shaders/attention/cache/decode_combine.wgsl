// out = Σ exp(m - M) o / Σ exp(m - M) l over the splits of a row, M the largest m; zeros where all l are 0.
// partial (N, splits, D), shares (N, splits) = (m, l), out (N, D); N = B T H. An invocation owns one F of out.
// Link pack*.wgsl.
const LANES: u32 = 64;
alias T = f32;
alias PARTIAL = f32; // F

struct Sizes { n: u32, w: u32, splits: u32 }
@group(0) @binding(0) var<storage, read> partial: array<PARTIAL>;
@group(0) @binding(1) var<storage, read> shares: array<vec2f>;
@group(0) @binding(2) var<storage, read_write> out: array<T>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let e = (group.x + group.y * groups.x) * LANES + lane;
  if (e >= sizes.n) { return; }
  let first = e / sizes.w * sizes.splits;
  let i = e % sizes.w;
  var most = shares[first].x;
  for (var s = 1u; s < sizes.splits; s++) { most = max(most, shares[first + s].x); }
  var o = F();
  var l = 0.0;
  for (var s = 0u; s < sizes.splits; s++) {
    let share = shares[first + s];
    if (share.y == 0.0) { continue; } // its part of `partial` was never written
    let weight = exp(share.x - most);
    o += F(partial[(first + s) * sizes.w + i]) * weight;
    l += share.y * weight;
  }
  out[e] = T(o * select(1.0 / l, 0.0, l == 0.0));
}
