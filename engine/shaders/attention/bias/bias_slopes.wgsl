// ALiBi (Press et al. 2022): a head's slope times minus the distance. bias (H) holds the slopes.
@group(0) @binding(10) var<storage, read> bias: array<f32>;

// bias_offset: where query row 0 stands among the keys.
fn bias_of(t: vec4i, j: vec4i, head: Head) -> vec4f {
  return -bias[head.h] * vec4f(abs(j - t - sizes.bias_offset));
}
