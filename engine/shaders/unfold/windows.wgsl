// Shared by unfold.wgsl and fold.wgsl. The whole tensor is C × H × W, that of its windows has OY × OX rows of C × KY × KX.
// Along both axes s is the stride, p the padding, d the dilation.
const ADD: bool = false;
const LAST: bool = false;
alias S = f32;
alias T = f32;
alias F = f32;

struct Sizes {
  n: u32, c: u32, h: u32, w: u32, oy: u32, ox: u32, ky: u32, kx: u32,
  sy: u32, sx: u32, py: u32, px: u32, dy: u32, dx: u32,
}
@group(0) @binding(2) var<uniform> sizes: Sizes;
