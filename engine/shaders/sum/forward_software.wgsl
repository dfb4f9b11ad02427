// forward.wgsl for software adapters: an invocation owns a number of y, or four neighbours where T is a vec4, and goes
// along the axis in four chains, because there a barrier costs as much as ten loads. Long sums lose digits, so there are
// sums of sums of STRETCH numbers. inner and n count T.
const LANES: u32 = 16;
const STRETCH: u32 = 64;
alias T = f32;
alias D = f32;
alias F = f32;

struct Sizes { n: u32, size: u32, inner: u32, factor: f32 }
@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read_write> y: array<D>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let at = (group.x + group.y * groups.x) * LANES + lane;
  if (at >= sizes.n) { return; }
  let inner = sizes.inner;
  let base = at / inner * sizes.size * inner + at % inner;
  let end = base + sizes.size * inner;
  var sum = F();
  for (var i = base; i < end;) {
    let far = min(i + STRETCH * STRETCH * inner, end);
    var middle = F();
    for (; i < far;) {
      let stop = min(i + STRETCH * inner, far);
      var sum0 = F();
      var sum1 = F();
      var sum2 = F();
      var sum3 = F();
      for (; i + 3u * inner < stop; i += 4u * inner) {
        sum0 += F(x[i]);
        sum1 += F(x[i + inner]);
        sum2 += F(x[i + 2u * inner]);
        sum3 += F(x[i + 3u * inner]);
      }
      for (; i < stop; i += inner) { sum0 += F(x[i]); }
      middle += (sum0 + sum1) + (sum2 + sum3);
    }
    sum += middle;
  }
  y[at] = D(sum * sizes.factor);
}
