// forward was y = f(gate) up, so now dgate = dy up f'(gate) and dup = dy f(gate), side by side in dx (N, 2W) of D.
// x (N, 2W), dy (N, W) of T; w counts T. ADD adds to what is there. Link lib/elementwise.
const ADD: bool = false;
alias T = f32;
alias D = f32;

struct Sizes { n: u32, w: u32 }
@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read> dy: array<T>;
@group(0) @binding(2) var<storage, read_write> dx: array<D>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

fn point(i: u32) {
  let gate = i + i / sizes.w * sizes.w;
  let up = gate + sizes.w;
  let d = F(dy[i]);
  let value = F(x[gate]);
  var dgate = d * F(x[up]) * activate_slope(value);
  var dup = d * activate(value);
  if (ADD) {
    dgate += F(dx[gate]);
    dup += F(dx[up]);
  }
  dx[gate] = D(dgate);
  dx[up] = D(dup);
}
