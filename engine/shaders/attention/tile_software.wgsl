// Register tiles for software adapters: an invocation owns four rows; its quad streams sixteen others against them,
// as four Fours. No workgroup memory, no barrier: both cost more there than they save.
// A row's sixteen numbers are four vec4s; see quad.wgsl for the order inside.
// F in a head's row at most: sizes arrays. The number itself is a uniform, because compilers of software adapters
// unroll loops that they can count into tens of thousands of instructions.
const MOST: u32 = 16;
const OWNED: u32 = 4 * MOST;

struct Sixteen { a: vec4f, b: vec4f, c: vec4f, d: vec4f }

// Where a head's rows are: element of row 0, elements from row to row (both in F), and the last row there is.
struct Rows { base: u32, stride: u32, last: u32 }

fn zeros() -> Sixteen { return Sixteen(vec4f(), vec4f(), vec4f(), vec4f()); }

fn products(x: F, y: Four) -> vec4f { return vec4f(inner(x, y.a), inner(x, y.b), inner(x, y.c), inner(x, y.d)); }

fn weighted(y: Four, p: vec4f) -> F { return y.a * p.x + y.b * p.y + y.c * p.z + y.d * p.w; }

fn add_products(s: Sixteen, x: F, ya: Four, yb: Four, yc: Four, yd: Four) -> Sixteen {
  return Sixteen(s.a + products(x, ya), s.b + products(x, yb), s.c + products(x, yc), s.d + products(x, yd));
}

fn add_weighted(x: F, s: Sixteen, ya: Four, yb: Four, yc: Four, yd: Four) -> F {
  return x + weighted(ya, s.a) + weighted(yb, s.b) + weighted(yc, s.c) + weighted(yd, s.d);
}
