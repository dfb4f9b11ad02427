// Second pass of a product whose K was cut into parts: y = f(Σ partial + bias) + residual, parts added in order, so
// that the result is the same bits every time.
//   partial (batch · splits, M, N)
// Each invocation owns four columns of a row of y. Link with out_* and epilogue_*.
const LANES: u32 = 64;

@group(0) @binding(0) var<storage, read> partial: array<f32>;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let quads = (sizes.n + 3u) / 4u;
  let i = (group.x + group.y * groups.x) * LANES + lane;
  if (i >= sizes.m * quads) { return; }
  let row = i / quads;
  let column = i % quads * 4u;
  let last = sizes.n - 1u - column;
  var sum = vec4f();
  for (var part = 0u; part < sizes.splits; part++) {
    let at = ((group.z * sizes.splits + part) * sizes.m + row) * sizes.n + column;
    sum += vec4f(
      partial[at], partial[at + min(1u, last)], partial[at + min(2u, last)], partial[at + min(3u, last)]);
  }
  put(group.z, row, column, sum);
}
