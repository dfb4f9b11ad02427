// forward was y = a / b, so now db = -dy/b · a/b, for each element of a: where b repeats, a column sum follows. As a
// product of quotients, since b² may overflow or vanish. a (N) of A, dy (N) of S, db (N) of T; b as in lib/pairwise.wgsl.
// ADD: db holds a gradient already and this one is added. Link lib/elementwise.
const BROADCAST: bool = false;
const ADD: bool = false;
alias A = f32;
alias B = f32;
alias S = f32;
alias T = f32;
alias F = f32;

struct Sizes { n: u32, m: u32 }
@group(0) @binding(0) var<storage, read> a: array<A>;
@group(0) @binding(1) var<storage, read> b: array<B>;
@group(0) @binding(2) var<storage, read> dy: array<S>;
@group(0) @binding(3) var<storage, read_write> db: array<T>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

fn point(i: u32) {
  var k = i;
  if (BROADCAST) { k = i % sizes.m; }
  let divisor = F(b[k]);
  var d = -(F(dy[i]) / divisor) * (F(a[i]) / divisor);
  if (ADD) { d += F(db[i]); }
  db[i] = T(d);
}
