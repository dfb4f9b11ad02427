// The most memory this device moves: y = x, PER (1 or 4) times four numbers an invocation, side by side. n is a
// multiple of 4. One each fills a GPU best; four (a cache line) amortise what an invocation costs where a CPU runs it.
@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>;

const PER = 1u;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = ((group.x + group.y * groups.x) * 64u + lane) * PER;
  if (i >= arrayLength(&y)) { return; }
  y[i] = x[i];
  if (PER > 1u) {
    y[i + 1u] = x[i + 1u];
    y[i + 2u] = x[i + 2u];
    y[i + 3u] = x[i + 3u];
  }
}
