// A workgroup computes one head: reductions of single numbers. across_four.wgsl declares the same words for four heads.
// Link lib/reduce*.wgsl.
alias F = f32;

fn group_max(value: F, lane: u32) -> F { return workgroup_max(value, lane); }
fn group_sum(value: F, lane: u32) -> F { return workgroup_sum(value, lane); }
