// dtable[r] = Σ_b dy[b, r - start_of(b)] where there is such a row. dy (B, T, C), dtable (P, C).
// An invocation owns one F of dtable and adds over b in order, so that training repeats bit for bit.
// Link lib/scalar.wgsl or lib/vector.wgsl, lib/starts*.wgsl, step.wgsl.
const LANES: u32 = 64;
const ADD: bool = false;
alias T = f32;
alias S = f32;

struct Sizes { n: u32, t: u32, c: u32, b: u32 }
@group(0) @binding(0) var<storage, read> dy: array<T>;
@group(0) @binding(1) var<storage, read_write> dtable: array<S>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let e = (group.x + group.y * groups.x) * LANES + lane;
  if (e >= sizes.n) { return; }
  let row = e / sizes.c;
  var sum = F();
  for (var b = 0u; b < sizes.b; b++) {
    let start = start_of(b);
    if (row < start || row - start >= sizes.t) { continue; }
    sum += F(dy[(b * sizes.t + row - start) * sizes.c + e % sizes.c]);
  }
  if (ADD) { sum += F(dtable[e]); }
  dtable[e] = S(sum);
}
