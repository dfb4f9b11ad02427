// correct.wgsl in reverse: row i of the gradient less what it says through later rows, and what a chunk's rows took from number d
// of the state.
@group(0) @binding(4) var<storage, read> reads: array<f32>;
@group(0) @binding(5) var<storage, read> near: array<f32>;

fn later_removed(own: ptr<function, Own>, line: u32, i: u32, gradient: vec4f) -> vec4f {
  var y = gradient;
  for (var j = i + 1u; j < sizes.chunk; j++) { y -= near[(line + j) * sizes.chunk + i] * (*own)[j]; }
  return y;
}
fn taken(own: ptr<function, Own>, line: u32, d: u32) -> vec4f {
  var sum = vec4f();
  for (var i = 0u; i < sizes.chunk; i++) { sum += reads[(line + i) * sizes.packs * 4u + d] * (*own)[i]; }
  return sum;
}
