// y[b, t] = x[b, t] + table[start_of(b) + t]. x, y (B, T, C), table (P, C); padding past the table takes its last row.
// An invocation owns one F. Link lib/scalar.wgsl or lib/vector.wgsl, lib/starts*.wgsl, step.wgsl.
const LANES: u32 = 64;
alias T = f32;
alias P = f32;

struct Sizes { n: u32, t: u32, c: u32, p: u32 }
@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read> table: array<P>;
@group(0) @binding(2) var<storage, read_write> y: array<T>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let e = (group.x + group.y * groups.x) * LANES + lane;
  if (e >= sizes.n) { return; }
  let line = e / sizes.c;
  let row = min(start_of(line / sizes.t) + line % sizes.t, sizes.p - 1u);
  y[e] = T(F(x[e]) + F(table[row * sizes.c + e % sizes.c]));
}
