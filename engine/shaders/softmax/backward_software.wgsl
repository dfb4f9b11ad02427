// backward.wgsl for software adapters: an invocation owns a row, which it walks in Fs: one number or four at a time,
// by lib/scalar.wgsl or lib/vector.wgsl. Same bindings; c counts Fs. The sum goes on in stretches: long ones lose digits.
const LANES: u32 = 16;
const STRETCH: u32 = 256;
const ADD: bool = false;
alias T = f32;
alias D = f32;
alias S = f32;

struct Sizes { n: u32, c: u32, scale: f32 }
@group(0) @binding(0) var<storage, read> y: array<T>;
@group(0) @binding(1) var<storage, read> dy: array<D>;
@group(0) @binding(2) var<storage, read_write> dx: array<S>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = (group.x + group.y * groups.x) * LANES + lane;
  if (row >= sizes.n) { return; }
  let scale = sizes.scale;
  let begin = row * sizes.c;
  let end = begin + sizes.c;
  var products = F();
  for (var first = begin; first < end; first += STRETCH) {
    var part = F();
    for (var i = first; i < min(first + STRETCH, end); i++) { part += F(y[i]) * F(dy[i]); }
    products += part;
  }
  let dot = across(products);
  for (var i = begin; i < end; i++) {
    var d = scale * F(y[i]) * (F(dy[i]) - dot);
    if (ADD) { d += F(dx[i]); }
    dx[i] = S(d);
  }
}
