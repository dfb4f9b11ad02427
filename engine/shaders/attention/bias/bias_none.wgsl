// No bias on the logits. bias_strided.wgsl and bias_slopes.wgsl declare the same function.
fn bias_of(t: vec4i, j: vec4i, head: Head) -> vec4f { return vec4f(); }
