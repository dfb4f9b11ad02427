// backward.wgsl for software adapters: an invocation owns one T's heads of a segment. Same bindings. The sum goes on in
// stretches: long ones lose digits. Link lib/scalar or lib/vector.
const LANES: u32 = 16;
const STRETCH: u32 = 256;
const ADD: bool = false;
alias T = f32;
alias D = f32;
alias S = f32;

struct Sizes { segments: u32, h: u32 }
@group(0) @binding(0) var<storage, read> y: array<T>;
@group(0) @binding(1) var<storage, read> dy: array<D>;
@group(0) @binding(2) var<storage, read> offsets: array<u32>;
@group(0) @binding(3) var<storage, read_write> dx: array<S>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let id = (group.x + group.y * groups.x) * LANES + lane;
  let h = sizes.h;
  if (id >= sizes.segments * h) { return; }
  let n = id / h;
  let begin = offsets[n] * h + id % h;
  let end = offsets[n + 1u] * h;
  var sum = F();
  for (var first = begin; first < end; first += STRETCH * h) {
    var part = F();
    for (var i = first; i < min(first + STRETCH * h, end); i += h) { part += F(y[i]) * F(dy[i]); }
    sum += part;
  }
  for (var i = begin; i < end; i += h) {
    var d = F(y[i]) * (F(dy[i]) - sum);
    if (ADD) { d += F(dx[i]); }
    dx[i] = S(d);
  }
}
