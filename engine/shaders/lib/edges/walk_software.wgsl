// walk.wgsl for software adapters: an invocation owns one F of y and goes along the edges of its segment, because there
// a barrier costs as much as ten loads. Long sums lose digits, so there are sums of sums of sums.
const LANES: u32 = 16;
const STRETCH: u32 = 64;
const ADD: bool = false;
const MEAN: bool = false;
alias T = f32;
alias F = f32;

struct Sizes { segments: u32, edges: u32, span: u32, c: u32, per: u32, slope: f32 }
@group(0) @binding(0) var<storage, read_write> y: array<T>;
@group(0) @binding(1) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let at = (group.x + group.y * groups.x) * LANES + lane;
  if (at >= sizes.segments * sizes.c) { return; }
  let n = at / sizes.c;
  let column = at % sizes.c;
  let begin = segment_begin(n);
  let end = segment_end(n);
  var sum = F();
  for (var far = begin; far < end; far += STRETCH * STRETCH) {
    var middle = F();
    for (var first = far; first < min(far + STRETCH * STRETCH, end); first += STRETCH) {
      var part = F();
      for (var k = first; k < min(first + STRETCH, end); k++) { part += term(n, edge_at(k), column); }
      middle += part;
    }
    sum += middle;
  }
  if (MEAN) { sum /= f32(max(end - begin, 1u)); }
  if (ADD) { sum += F(y[at]); }
  y[at] = T(sum);
}
