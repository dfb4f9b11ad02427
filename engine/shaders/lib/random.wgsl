// Counter-based random numbers: a pure function of (seed, step, stream, counter), so a replay draws the same bits and
// a backward pass draws again what its forward drew, with nothing stored. Link graph/step.wgsl for `now`.
// pcg4d of Jarzynski and Olano, "Hash Functions for GPU Rendering", JCGT 9(3), 2020; random.ts is its twin.
fn pcg4d(key: vec4u) -> vec4u {
  var v = key * 1664525u + 1013904223u;
  v.x += v.y * v.w;
  v.y += v.z * v.x;
  v.z += v.x * v.y;
  v.w += v.y * v.z;
  v ^= v >> vec4u(16u);
  v.x += v.y * v.w;
  v.y += v.z * v.x;
  v.z += v.x * v.y;
  v.w += v.y * v.z;
  return v;
}

// Four words for this step. `stream` tells apart the ops of a graph, `counter` the draws of an op.
fn random4(counter: u32, stream: u32) -> vec4u {
  return pcg4d(vec4u(counter, stream, now.index, now.seed));
}

// Uniform in [0, 1): the upper 24 bits, which f32 holds exactly.
fn uniform4(bits: vec4u) -> vec4f {
  return vec4f(bits >> vec4u(8u)) * 5.9604645e-8;
}
