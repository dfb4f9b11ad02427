// Patches of x as rows (im2col): y[b, oy, ox, c, ky, kx] = x[b, c, oy·sy + ky·dy - py, ox·sx + kx·dx - px], 0 outside of
// x. x of S is (B, C, H, W), or (B, H, W, C) where LAST; y (B, OY, OX, C·KY·KX) of T. Along the last axis all is counted
// in elements of S and T, which may be four numbers where kernel, stride, padding and width are multiples of four.
// ADD adds to what is there. An invocation owns PER consecutive elements of y, n in all. Link windows and lib/elementwise.
@group(0) @binding(0) var<storage, read> x: array<S>;
@group(0) @binding(1) var<storage, read_write> y: array<T>;

fn point(e: u32) {
  let kx = e % sizes.kx;
  let ky = e / sizes.kx % sizes.ky;
  let c = e / (sizes.kx * sizes.ky) % sizes.c;
  let row = e / (sizes.kx * sizes.ky * sizes.c);
  let ox = row % sizes.ox;
  let oy = row / sizes.ox % sizes.oy;
  let b = row / (sizes.ox * sizes.oy);
  // Places before the first wrap around, to far behind the last.
  let iy = oy * sizes.sy + ky * sizes.dy - sizes.py;
  let ix = ox * sizes.sx + kx * sizes.dx - sizes.px;
  var value = F();
  if (iy < sizes.h && ix < sizes.w) {
    var at = ((b * sizes.c + c) * sizes.h + iy) * sizes.w + ix;
    if (LAST) { at = ((b * sizes.h + iy) * sizes.w + ix) * sizes.c + c; }
    value = F(x[at]);
  }
  if (ADD) { value += F(y[e]); }
  y[e] = T(value);
}
