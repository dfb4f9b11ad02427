// forward_software.wgsl for rows of whole fours of which every entry takes part: an invocation goes along its row
// twice, sixteen numbers at a time, where a load costs what two exponentials do. m and sum are kept lane by lane: the
// sum is scaled down when the largest number grows (Milakov and Gimelshein 2018), and lanes are merged at the end.
const LANES: u32 = 16;
alias T = vec4<f32>;

struct Sizes { n: u32, quads: u32, scale: f32 }
@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read_write> y: array<T>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = (group.x + group.y * groups.x) * LANES + lane;
  if (row >= sizes.n) { return; }
  // A uniform costs as much as a load, so each is read once.
  let scale = sizes.scale;
  let quads = sizes.quads;
  let base = row * quads;
  let whole = base + (quads & ~3u);
  let end = base + quads;

  var m = vec4f(-1e30);
  var sum = vec4f();
  for (var i = base; i < whole; i += 4u) {
    let a = vec4f(x[i]) * scale;
    let b = vec4f(x[i + 1u]) * scale;
    let c = vec4f(x[i + 2u]) * scale;
    let d = vec4f(x[i + 3u]) * scale;
    let larger = max(max(max(a, b), max(c, d)), m);
    sum = sum * exp(m - larger) + ((exp(a - larger) + exp(b - larger)) + (exp(c - larger) + exp(d - larger)));
    m = larger;
  }
  for (var i = whole; i < end; i++) {
    let a = vec4f(x[i]) * scale;
    let larger = max(a, m);
    sum = sum * exp(m - larger) + exp(a - larger);
    m = larger;
  }
  let largest = max(max(m.x, m.y), max(m.z, m.w));
  let total = dot(sum, exp(m - largest));
  let inverse = select(0.0, 1.0 / max(total, 1e-30), total > 0.0);

  for (var i = base; i < whole; i += 4u) {
    y[i] = T(exp(vec4f(x[i]) * scale - largest) * inverse);
    y[i + 1u] = T(exp(vec4f(x[i + 1u]) * scale - largest) * inverse);
    y[i + 2u] = T(exp(vec4f(x[i + 2u]) * scale - largest) * inverse);
    y[i + 3u] = T(exp(vec4f(x[i + 3u]) * scale - largest) * inverse);
  }
  for (var i = whole; i < end; i++) { y[i] = T(exp(vec4f(x[i]) * scale - largest) * inverse); }
}
