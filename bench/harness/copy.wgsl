// The most memory this device moves: y = x, PER times four numbers an invocation, neighbours side by side.
// A workgroup owns 64 · PER vectors. One each fills a GPU best; more amortise what starting an invocation costs where a
// CPU does it: the host tries several.
@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>;

const PER = 1u;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let first = (group.x + group.y * groups.x) * 64u * PER + lane;
  for (var i = 0u; i < PER; i++) {
    let at = first + i * 64u;
    if (at < arrayLength(&y)) { y[at] = x[at]; }
  }
}
