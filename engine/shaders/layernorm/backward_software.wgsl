// backward.wgsl for adapters that are a CPU: an invocation owns ROWS consecutive rows and shares nothing with the
// others, so that one load of the weight serves all its rows. See forward_software.wgsl. Link row, scalar or vector.
const LANES: u32 = 16;
const ROWS: u32 = 4; // 1 or 4
const CENTER: bool = true;
const ADD: bool = false;
alias T = f32;
alias W = f32;
alias D = f32;

struct Sizes { n: u32, c: u32, width: f32 }
@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read> dy: array<T>;
@group(0) @binding(2) var<storage, read> weight: array<W>;
@group(0) @binding(3) var<storage, read> stats: array<vec2f>;
@group(0) @binding(4) var<storage, read_write> dx: array<D>;
@group(0) @binding(5) var<uniform> sizes: Sizes;

struct Sums { e: F, eh: F }

fn gather(sums: Sums, i: u32, row: u32, s: vec3f, w: F) -> Sums {
  let e = F(dy[row * sizes.c + i]) * w;
  let h = normal(F(x[row * sizes.c + i]), s);
  if (!CENTER) { return Sums(sums.e, sums.eh + e * h); }
  return Sums(sums.e + e, sums.eh + e * h);
}

fn means(sums: Sums) -> vec2f {
  return vec2f(across(sums.e), across(sums.eh)) / sizes.width;
}

fn spread(i: u32, row: u32, s: vec3f, m: vec2f, w: F) {
  let o = row * sizes.c + i;
  let h = normal(F(x[o]), s);
  var d = s.x * (s.z * (F(dy[o]) * w - m.x - h * m.y));
  if (ADD) { d += F(dx[o]); }
  dx[o] = D(d);
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let r0 = ((group.x + group.y * groups.x) * LANES + lane) * ROWS;
  if (r0 >= sizes.n) { return; }
  let r1 = r0 + 1u;
  let r2 = r0 + 2u;
  let r3 = r0 + 3u;
  let s0 = row_of(stats[r0]);
  var s1 = vec3f();
  var s2 = vec3f();
  var s3 = vec3f();
  if (ROWS == 4u) {
    s1 = row_of(stats[r1]);
    s2 = row_of(stats[r2]);
    s3 = row_of(stats[r3]);
  }
  var sums0 = Sums();
  var sums1 = Sums();
  var sums2 = Sums();
  var sums3 = Sums();
  for (var i = 0u; i < sizes.c; i++) {
    let w = F(weight[i]);
    sums0 = gather(sums0, i, r0, s0, w);
    if (ROWS == 4u) {
      sums1 = gather(sums1, i, r1, s1, w);
      sums2 = gather(sums2, i, r2, s2, w);
      sums3 = gather(sums3, i, r3, s3, w);
    }
  }
  let m0 = means(sums0);
  let m1 = means(sums1);
  let m2 = means(sums2);
  let m3 = means(sums3);
  for (var i = 0u; i < sizes.c; i++) {
    let w = F(weight[i]);
    spread(i, r0, s0, m0, w);
    if (ROWS == 4u) {
      spread(i, r1, s1, m1, w);
      spread(i, r2, s2, m2, w);
      spread(i, r3, s3, m3, w);
    }
  }
}
