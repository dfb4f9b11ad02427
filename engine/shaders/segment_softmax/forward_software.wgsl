// forward.wgsl for software adapters: an invocation owns one T's heads of a segment and goes along its rows three times.
// Same bindings. What is summed up goes on in stretches, because long sums lose digits. Link weight.wgsl, lib/scalar or
// lib/vector, and lib/hidden.wgsl.
const LANES: u32 = 16;
const STRETCH: u32 = 256;
alias T = f32;

struct Sizes { segments: u32, h: u32 }
@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read> offsets: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<T>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

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
  var m = F(LOWEST);
  for (var i = begin; i < end; i += h) { m = max(m, score(i)); }
  var sum = F();
  for (var first = begin; first < end; first += STRETCH * h) {
    var part = F();
    for (var i = first; i < min(first + STRETCH * h, end); i += h) { part += weight(score(i), m); }
    sum += part;
  }
  let inverse = select(F(1.0) / sum, F(0.0), sum == F(0.0));
  for (var i = begin; i < end; i += h) { y[i] = T(weight(score(i), m) * inverse); }
}
