// What happens to the product before it is written: y = f(product + bias) + residual, f as ACTIVATION says in
// lib/activation.wgsl (linked with F = vec4<f32>). Declares `epilogue` like epilogue_none.wgsl.
//   bias (N)   residual (M, N)   before (M, N): product + bias, kept for the backward pass
// What BIAS, RESIDUAL and KEEP switch off is not touched, but something is bound.
const BIAS: bool = false;
const RESIDUAL: bool = false;
const KEEP: bool = false;
alias TBIAS = f32;
alias TRESIDUAL = f32;
alias TBEFORE = f32;

@group(0) @binding(4) var<storage, read> bias: array<TBIAS>;
@group(0) @binding(5) var<storage, read> residual: array<TRESIDUAL>;
@group(0) @binding(6) var<storage, read_write> before: array<TBEFORE>;

// `at` is the index of the first of four elements in y, `j` its column. Columns past N give values that nobody uses.
fn epilogue(product: vec4f, at: u32, j: u32) -> vec4f {
  var value = product;
  let next = min(vec4u(0u, 1u, 2u, 3u), vec4u(sizes.n - 1u - j));
  if (BIAS) {
    let source = next + vec4u(j);
    value += vec4f(f32(bias[source.x]), f32(bias[source.y]), f32(bias[source.z]), f32(bias[source.w]));
  }
  if (KEEP) {
    before[at] = TBEFORE(value.x);
    if (next.y == 1u) { before[at + 1u] = TBEFORE(value.y); }
    if (next.z == 2u) { before[at + 2u] = TBEFORE(value.z); }
    if (next.w == 3u) { before[at + 3u] = TBEFORE(value.w); }
  }
  value = activate(value);
  if (RESIDUAL) {
    let source = next + vec4u(at);
    value += vec4f(f32(residual[source.x]), f32(residual[source.y]), f32(residual[source.z]), f32(residual[source.w]));
  }
  return value;
}
