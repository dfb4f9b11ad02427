// The way back from unfold.wgsl (col2im): x[b, c, iy, ix] is the sum of all y[b, oy, ox, c, ky, kx] that were read from
// there, in the order of oy, then ox. y of S, x of T, sizes as there. ADD adds to what is there.
// An invocation owns PER consecutive elements of x, n in all, and gathers: no atomics, one order. Link windows and lib/elementwise.
@group(0) @binding(0) var<storage, read> y: array<S>;
@group(0) @binding(1) var<storage, read_write> x: array<T>;

// The first window of stride s whose k places, d apart, reach place i of the padded axis.
fn first(i: u32, k: u32, s: u32, d: u32) -> u32 {
  let reach = (k - 1u) * d;
  return select(0u, (i - reach + s - 1u) / s, i > reach);
}

fn point(e: u32) {
  var b = e;
  var c = e;
  var iy = e;
  var ix = e;
  if (LAST) {
    c = e % sizes.c;
    ix = e / sizes.c % sizes.w;
    iy = e / (sizes.c * sizes.w) % sizes.h;
  } else {
    ix = e % sizes.w;
    iy = e / sizes.w % sizes.h;
    c = e / (sizes.w * sizes.h) % sizes.c;
  }
  b = e / (sizes.c * sizes.h * sizes.w);
  let py = iy + sizes.py;
  let px = ix + sizes.px;
  var sum = F();
  for (var oy = first(py, sizes.ky, sizes.sy, sizes.dy); oy < sizes.oy && oy * sizes.sy <= py; oy++) {
    let ky = py - oy * sizes.sy;
    if (ky % sizes.dy != 0u) { continue; }
    for (var ox = first(px, sizes.kx, sizes.sx, sizes.dx); ox < sizes.ox && ox * sizes.sx <= px; ox++) {
      let kx = px - ox * sizes.sx;
      if (kx % sizes.dx != 0u) { continue; }
      let row = (b * sizes.oy + oy) * sizes.ox + ox;
      sum += F(y[((row * sizes.c + c) * sizes.ky + ky / sizes.dy) * sizes.kx + kx / sizes.dx]);
    }
  }
  if (ADD) { sum += F(x[e]); }
  x[e] = T(sum);
}
