// forward_software.wgsl for rows of whole fours of which every entry takes part: an invocation goes along its row
// twice, sixteen numbers at a time, where a load costs what two exponentials do. m and sum are kept lane by lane: the
// sum is scaled down when the largest number grows (Milakov and Gimelshein 2018), and lanes are merged at the end.
// Link lib/hidden.wgsl.
const LANES: u32 = 16;
const STRETCH: u32 = 256; // fours that are summed up by themselves, because long sums lose digits
alias T = vec4<f32>;

struct Sizes { n: u32, quads: u32, scale: f32 }
@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read_write> y: array<T>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

fn scores(x: T, scale: f32) -> vec4f {
  return select(vec4f(x) * scale, vec4f(LOWEST), vec4f(x) <= vec4f(LEAST));
}

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

  var m = vec4f(LOWEST);
  var sum = vec4f();
  for (var first = base; first < whole; first += STRETCH) {
    let last = min(first + STRETCH, whole);
    var part = vec4f();
    let before = m;
    for (var i = first; i < last; i += 4u) {
      let a = scores(x[i], scale);
      let b = scores(x[i + 1u], scale);
      let c = scores(x[i + 2u], scale);
      let d = scores(x[i + 3u], scale);
      let larger = max(max(max(a, b), max(c, d)), m);
      part = part * exp(m - larger) + ((exp(a - larger) + exp(b - larger)) + (exp(c - larger) + exp(d - larger)));
      m = larger;
    }
    sum = sum * exp(before - m) + part;
  }
  for (var i = whole; i < end; i++) {
    let a = scores(x[i], scale);
    let larger = max(a, m);
    sum = sum * exp(m - larger) + exp(a - larger);
    m = larger;
  }
  let largest = max(max(m.x, m.y), max(m.z, m.w));
  let total = dot(sum, exp(m - largest));
  let inverse = select(1.0 / total, 0.0, largest <= LOWEST); // nothing takes part

  for (var i = base; i < whole; i += 4u) {
    y[i] = T(exp(scores(x[i], scale) - largest) * inverse);
    y[i + 1u] = T(exp(scores(x[i + 1u], scale) - largest) * inverse);
    y[i + 2u] = T(exp(scores(x[i + 2u], scale) - largest) * inverse);
    y[i + 3u] = T(exp(scores(x[i + 3u], scale) - largest) * inverse);
  }
  for (var i = whole; i < end; i++) { y[i] = T(exp(scores(x[i], scale) - largest) * inverse); }
}
