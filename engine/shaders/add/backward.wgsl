// forward was y = a + b of one shape, so now da = dy and db = dy in one pass. dy (N) of S, da (N) of A, db (N) of B.
// ADD_A, ADD_B: that gradient is added to what is there. Link lib/elementwise.
const ADD_A: bool = false;
const ADD_B: bool = false;
alias S = f32;
alias A = f32;
alias B = f32;
alias F = f32;

struct Sizes { n: u32 }
@group(0) @binding(0) var<storage, read> dy: array<S>;
@group(0) @binding(1) var<storage, read_write> da: array<A>;
@group(0) @binding(2) var<storage, read_write> db: array<B>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

fn point(i: u32) {
  let d = F(dy[i]);
  var to_a = d;
  if (ADD_A) { to_a += F(da[i]); }
  da[i] = A(to_a);
  var to_b = d;
  if (ADD_B) { to_b += F(db[i]); }
  db[i] = B(to_b);
}
