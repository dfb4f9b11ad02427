// What tile_software.wgsl streams at a time, sixteen rows, and the functions of score.wgsl on them.
// Streamed rows 0 … 15 of a tile in the order of quad.wgsl: numbers[0], numbers[0] + 4, …
struct Strip { a: vec4f, b: vec4f, c: vec4f, d: vec4f }

fn splat(x: vec4f) -> Block { return Block(same(x.x), same(x.y), same(x.z), same(x.w)); }
fn same(x: f32) -> Strip { return Strip(vec4f(x), vec4f(x), vec4f(x), vec4f(x)); }

fn strip_scored(x: Strip, n: vec4i, origin: i32, own: Own, head: Head) -> Strip {
  return Strip(
    scored(x.a, n, origin, own, head), scored(x.b, n + 4, origin, own, head),
    scored(x.c, n + 8, origin, own, head), scored(x.d, n + 12, origin, own, head),
  );
}
fn strip_largest(x: Strip, m: f32) -> f32 {
  let four = max(max(x.a, x.b), max(x.c, x.d));
  return max(m, max(max(four.x, four.y), max(four.z, four.w)));
}
fn strip_weight(x: Strip, m: f32) -> Strip {
  return Strip(weight(x.a, m), weight(x.b, m), weight(x.c, m), weight(x.d, m));
}
fn strip_total(x: Strip) -> f32 { return dot(x.a + x.b + x.c + x.d, vec4f(1.0)); }
fn strip_thinned(x: Strip, n: vec4i, own: Own, head: Head) -> Strip {
  return Strip(
    x.a * kept(n, own, head), x.b * kept(n + 4, own, head),
    x.c * kept(n + 8, own, head), x.d * kept(n + 12, own, head),
  );
}
fn strip_probability(x: Strip, m: Strip, l: Strip, n: vec4i, origin: i32, own: Own, head: Head) -> Strip {
  return Strip(
    probability(x.a, m.a, l.a, n, origin, own, head), probability(x.b, m.b, l.b, n + 4, origin, own, head),
    probability(x.c, m.c, l.c, n + 8, origin, own, head), probability(x.d, m.d, l.d, n + 12, origin, own, head),
  );
}
fn strip_gradient(p: Strip, dp: Strip, delta: Strip, n: vec4i, own: Own, head: Head) -> Strip {
  return Strip(
    p.a * (dp.a * kept(n, own, head) - delta.a), p.b * (dp.b * kept(n + 4, own, head) - delta.b),
    p.c * (dp.c * kept(n + 8, own, head) - delta.c), p.d * (dp.d * kept(n + 12, own, head) - delta.d),
  );
}
fn strip_sloped(ds: Strip, x: Strip) -> Strip {
  return Strip(ds.a * slope(x.a), ds.b * slope(x.b), ds.c * slope(x.c), ds.d * slope(x.d));
}
fn strip_plus(x: Strip, y: Strip) -> Strip { return Strip(x.a + y.a, x.b + y.b, x.c + y.c, x.d + y.d); }

// A strip four numbers at a time.
// No constant, or lavapipe's compiler would unroll what is done to each for minutes.
fn quarters() -> u32 { return min(4u, sizes.t + 3u); }
fn quarter(x: Strip, e: u32) -> vec4f {
  if (e == 0u) { return x.a; }
  if (e == 1u) { return x.b; }
  if (e == 2u) { return x.c; }
  return x.d;
}
