// No bias on the logits of decode.wgsl. decode_bias_slopes.wgsl and decode_bias_buckets.wgsl declare the same function.
fn bias_of(distance: vec4u, h: u32) -> vec4f { return vec4f(); }
