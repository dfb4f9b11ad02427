// across_one.wgsl for four heads side by side.
alias F = vec4<f32>;

fn group_max(value: F, lane: u32) -> F { return workgroup_max4(value, lane); }
fn group_sum(value: F, lane: u32) -> F { return workgroup_sum4(value, lane); }
