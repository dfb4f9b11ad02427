// Gradients of score_tj = Σ_a vector_a h_tja, h_tja = tanh(q_ta + k_ja), for one side: own is q and other is k, or the other
// way round. ds (B, T, S) holds for row r of own and row o of other ds_ro, at b T S + r row_step + o other_step.
// GRADIENT: d own_ra = vector_a Σ_o ds_ro (1 - h²); ADD: it holds a gradient already. TERMS: terms_ra = Σ_o ds_ro h, of
// which the column sums are dvector. own, down and terms (B, R, A), other (B, O, A). An invocation owns a number of own.
// Link tanh.wgsl.
const LANES: u32 = 64;
const GRADIENT: bool = true;
const ADD: bool = false;
const TERMS: bool = false;
alias OWN = f32;
alias OTHER = f32;
alias W = f32;
alias Y = f32;
alias DX = f32;

struct Sizes { n: u32, rows: u32, others: u32, width: u32, row_step: u32, other_step: u32 }
@group(0) @binding(0) var<storage, read> own: array<OWN>;
@group(0) @binding(1) var<storage, read> other: array<OTHER>;
@group(0) @binding(2) var<storage, read> vector: array<W>;
@group(0) @binding(3) var<storage, read> ds: array<Y>;
@group(0) @binding(4) var<storage, read_write> down: array<DX>;
@group(0) @binding(5) var<storage, read_write> terms: array<f32>;
@group(0) @binding(6) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * LANES + lane;
  if (i >= sizes.n) { return; }
  let a = i % sizes.width;
  let row = i / sizes.width;
  let b = row / sizes.rows;
  let there = b * sizes.others * sizes.width + a;
  let score = b * sizes.rows * sizes.others + row % sizes.rows * sizes.row_step;
  let x = f32(own[i]);
  var slopes = 0.0;
  var values = 0.0;
  for (var o = 0u; o < sizes.others; o++) {
    let h = squash(x + f32(other[there + o * sizes.width]));
    let d = f32(ds[score + o * sizes.other_step]);
    slopes += d * (1.0 - h * h);
    values += d * h;
  }
  if (TERMS) { terms[i] = values; }
  if (GRADIENT) {
    var d = slopes * f32(vector[a]);
    if (ADD) { d += f32(down[i]); }
    down[i] = DX(d);
  }
}
