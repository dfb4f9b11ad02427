// From the product q·k of a query and a key to its logit, and which logits exist at all: what every attention kernel
// asks. Vectors of four pair one owned row with four streamed ones; a kernel owns queries and streams keys, or, with
// OWNS_KEYS, the other way round. Link bias_*.wgsl, walk_*.wgsl, tangent.wgsl, step.wgsl,
// lib/hidden.wgsl, lib/random.wgsl.
const OWNS_KEYS: bool = false;
const CACHED: bool = false;    // keys and values are caches: query row t of b stands at now.position + lengths[b] + t
const KEY_MASK: bool = false;  // lengths (B, S) is 0 where a key is hidden, instead of (B) counts of keys
const SOFTCAP: bool = false;
const DROPOUT: bool = false;

// Strides and offsets count F. Query row t sees keys t + left … t + right.
struct Sizes {
  batch: u32, t: u32, s: u32, heads: u32, heads_per_key: u32, q_stride: u32, q_offset: u32, k_stride: u32, k_offset: u32,
  v_stride: u32, v_offset: u32, w: u32, left: i32, right: i32, scale: f32, cap: f32,
  bias_b: i32, bias_h: i32, bias_t: i32, bias_s: i32, bias_offset: i32, bias_last: i32,
  stream: u32, threshold: u32, kept: f32,
  half: u32,  // F of a head's row that turn, halved; see turn_table.wgsl
  first: u32, // the first tile of rows that this dispatch owns: long attentions take several
}
@group(0) @binding(8) var<storage, read> lengths: array<u32>;
@group(0) @binding(9) var<uniform> sizes: Sizes;

// Where a query row or a key stands in turn_table.wgsl. Products depend on distances alone, so that positions count from
// the first key, or from the first query if there are more of these; the last of both stand together.
fn place_of(row: u32, key: bool) -> u32 { return row + max(sizes.t, sizes.s) - select(sizes.t, sizes.s, key); }

// The query head h of sequence b. `start`: where its row 0 stands besides t. `noise`: its key for dropout.
struct Head { b: u32, h: u32, start: i32, visible: u32, noise: vec2u }

fn head_of(b: u32, h: u32) -> Head {
  var head = Head(b, h, 0, sizes.s, vec2u());
  if (CACHED) {
    head.start = i32(now.position + lengths[b]);
    head.visible = min(sizes.s, u32(head.start) + sizes.t);
  } else if (!KEY_MASK) {
    head.visible = min(sizes.s, lengths[b]);
  }
  if (DROPOUT) { head.noise = random4(b * sizes.heads + h, sizes.stream).xy; }
  return head;
}

// The first and the last key that a query row sees, and the first and the last query that sees a key; none: last < first.
fn keys_of(t: i32, head: Head) -> vec2i {
  return vec2i(t + head.start + sizes.left, min(i32(head.visible) - 1, t + head.start + sizes.right));
}
fn queries_of(j: i32, head: Head) -> vec2i {
  var seen = j < i32(head.visible);
  if (KEY_MASK) { seen &= lengths[head.b * sizes.s + min(u32(j), sizes.s - 1u)] != 0u; }
  return vec2i(j - sizes.right, select(-1, min(i32(sizes.t) - 1, j - sizes.left), seen));
}

// What an owned row needs to know of itself: its number, its range of streamed rows, its marks in a sparse tile.
struct Own { range: vec2i, n: i32, marks: u32 }

// `n` numbers four streamed rows, of which `origin` is the first of their tile.
fn seen(n: vec4i, origin: i32, own: Own, head: Head) -> vec4<bool> {
  var yes = (n >= vec4i(own.range.x)) & (n <= vec4i(own.range.y)) & marked(n - origin, own.marks);
  if (KEY_MASK && !OWNS_KEYS) {
    let at = head.b * sizes.s + min(vec4u(n), vec4u(sizes.s - 1u));
    yes &= vec4u(lengths[at.x], lengths[at.y], lengths[at.z], lengths[at.w]) != vec4u();
  }
  return yes;
}

fn logits(product: vec4f, n: vec4i, own: Own, head: Head) -> vec4f {
  var x = product * sizes.scale;
  if (SOFTCAP) { x = sizes.cap * tangent(x / sizes.cap); }
  if (OWNS_KEYS) { return x + bias_of(n + head.start, vec4i(own.n), head); }
  return x + bias_of(vec4i(own.n + head.start), n, head);
}

// d logit / d product.
fn slope(product: vec4f) -> vec4f {
  if (!SOFTCAP) { return vec4f(sizes.scale); }
  let y = tangent(product * (sizes.scale / sizes.cap));
  return sizes.scale * (1.0 - y * y);
}

// Dropout of probabilities: 1 / (1 - rate) where kept, 0 elsewhere, the same bits in every kernel of a step. Mixes the
// pair's number with the head's key by two rounds of multiply and shift (constants: Ellis, hash-prospector 2018).
fn kept(n: vec4i, own: Own, head: Head) -> vec4f {
  if (!DROPOUT) { return vec4f(1.0); }
  var pair = vec4u(vec4i(own.n)) * sizes.s + vec4u(n);
  if (OWNS_KEYS) { pair = vec4u(n) * sizes.s + vec4u(vec4i(own.n)); }
  var x = (pair + head.noise.x) * 0x9e3779b9u;
  x = (x ^ (x >> vec4u(16u)) ^ vec4u(head.noise.y)) * 0x7feb352du;
  x = (x ^ (x >> vec4u(15u))) * 0x846ca68bu;
  x ^= x >> vec4u(16u);
  return select(vec4f(), vec4f(sizes.kept), x >= vec4u(sizes.threshold));
}

// Of four pairs: logits, LOWEST where hidden, weights, and probabilities from what was saved of the row: its largest logit
// and, apart, log Σ exp(logit - largest), which would vanish in the sum of both where logits are large.
fn scored(product: vec4f, n: vec4i, origin: i32, own: Own, head: Head) -> vec4f {
  return select(vec4f(LOWEST), logits(product, n, own, head), seen(n, origin, own, head));
}
fn weight(logit: vec4f, m: f32) -> vec4f { return select(exp(logit - m), vec4f(), logit <= vec4f(LOWEST)); }
fn probability(product: vec4f, m: vec4f, spread: vec4f, n: vec4i, origin: i32, own: Own, head: Head) -> vec4f {
  let p = exp(min(logits(product, n, own, head) - m, vec4f()) - spread);
  return select(vec4f(), p, seen(n, origin, own, head));
}
