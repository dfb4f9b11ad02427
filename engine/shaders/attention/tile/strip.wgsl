// What tile.wgsl streams for a lane: four rows, and the functions of score.wgsl on them.
alias Strip = vec4f;

fn splat(x: vec4f) -> Block { return Block(vec4f(x.x), vec4f(x.y), vec4f(x.z), vec4f(x.w)); }

fn strip_scored(x: Strip, n: vec4i, origin: i32, own: Own, head: Head) -> Strip {
  return scored(x, n, origin, own, head);
}
fn strip_largest(x: Strip, m: f32) -> f32 { return max(m, max(max(x.x, x.y), max(x.z, x.w))); }
fn strip_weight(x: Strip, m: f32) -> Strip { return weight(x, m); }
fn strip_total(x: Strip) -> f32 { return x.x + x.y + x.z + x.w; }
fn strip_thinned(x: Strip, n: vec4i, own: Own, head: Head) -> Strip { return x * kept(n, own, head); }
fn strip_probability(x: Strip, m: Strip, l: Strip, n: vec4i, origin: i32, own: Own, head: Head) -> Strip {
  return probability(x, m, l, n, origin, own, head);
}
fn strip_gradient(p: Strip, dp: Strip, delta: Strip, n: vec4i, own: Own, head: Head) -> Strip {
  return p * (dp * kept(n, own, head) - delta);
}
fn strip_sloped(ds: Strip, x: Strip) -> Strip { return ds * slope(x); }
fn strip_plus(x: Strip, y: Strip) -> Strip { return x + y; }

// A strip four numbers at a time.
fn quarters() -> u32 { return 1u; }
fn quarter(x: Strip, e: u32) -> vec4f { return x; }
