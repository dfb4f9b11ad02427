// partials[first + group] = Σ g² over the elements that the group strides over, or -1 if one of them is blown up.
// g (N) of T. Blown up is what has an exponent of 2^48 or more, infinities and NaN among them, found by integers only:
// WGSL may assume that neither exists. Squares of the rest are below 2^96, so sums over fewer than 2^31 elements
// never overflow. Link lib/reduce.wgsl.
const WIDTH: u32 = 1; // numbers in a T
const STRETCH: u32 = 256; // turns whose squares are summed up by themselves: long sums lose digits
alias T = f32;

struct Sizes { n: u32, first: u32 }
@group(0) @binding(0) var<storage, read> g: array<T>;
@group(0) @binding(1) var<storage, read_write> partials: array<f32>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

const LIMIT: u32 = 0x57800000; // bits of 2^48

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  var sum = vec4f();
  var bad = 0.0;
  let n = sizes.n;
  let stride = groups.x * LANES;
  for (var i = group.x * LANES + lane; i < n;) {
    let stop = min(i + STRETCH * stride, n);
    var part = vec4f();
    for (; i < stop; i += stride) {
      let x = vec4<f32>(g[i]); // a lone f32 arrives four times over, see WIDTH below
      let fine = (bitcast<vec4<u32>>(x) & vec4u(0x7fffffffu)) < vec4u(LIMIT);
      part += select(vec4f(), x * x, fine);
      bad = select(1.0, bad, all(fine));
    }
    sum += part;
  }
  let joined = workgroup_sum2(vec2f(dot(sum, vec4f(f32(WIDTH) / 4.0)), bad), lane);
  if (lane == 0u) { partials[sizes.first + group.x] = select(joined.x, -1.0, joined.y > 0.0); }
}
