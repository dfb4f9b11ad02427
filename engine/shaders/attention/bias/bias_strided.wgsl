// A bias that lies in a tensor at offset + b bias_b + h bias_h + t bias_t + j bias_s: dense with broadcast (stride 0),
// by distance j - t (strides -1 and 1), or shifted rows of distances as in Transformer-XL.
// Pairs outside the tensor are never seen. -∞ and the lowest number of BIAS hide a key: added to any sensible logit,
// LOWEST stays what it is.
alias BIAS = f32;
@group(0) @binding(10) var<storage, read> bias: array<BIAS>;

fn bias_of(t: vec4i, j: vec4i, head: Head) -> vec4f {
  let base = sizes.bias_offset + i32(head.b) * sizes.bias_b + i32(head.h) * sizes.bias_h;
  let at = clamp(base + t * sizes.bias_t + j * sizes.bias_s, vec4i(), vec4i(sizes.bias_last));
  let y = vec4f(f32(bias[at.x]), f32(bias[at.y]), f32(bias[at.z]), f32(bias[at.w]));
  return select(y, vec4f(LOWEST), y <= vec4f(LEAST));
}
