// Which keys of a cache a query row sees, in which order and where they lie: what decode.wgsl computes with and
// probabilities_decode.wgsl shows. Sizes count F. Link lib/hidden, graph/step.
struct Sizes {
  t: u32, s: u32, heads: u32, heads_per_key: u32, q_stride: u32, q_offset: u32, k_stride: u32, k_offset: u32,
  v_stride: u32, v_offset: u32, w: u32, causal: u32, slides: u32, window: u32, sinks: u32, splits: u32, least: u32,
  distances: u32, half: u32, factor: f32, scale: f32, cap: f32,
  first: u32, // the first group of rows of this dispatch: many rows at once take several
}
@group(0) @binding(3) var<storage, read> starts: array<u32>;
@group(0) @binding(9) var<uniform> sizes: Sizes;

// The position after the last that query row t sees.
fn end_of(b: u32, t: u32) -> u32 {
  if (sizes.causal == 0u) { return min(sizes.s, starts[b]); }
  var row = t;
  if (sizes.slides != 0u && now.length > 0u) { row = min(t, now.length - 1u); } // padding is not in the cache
  let end = now.position + starts[b] + row + 1u;
  return select(min(sizes.s, end), end, sizes.slides != 0u);
}

// The keys that a tile of queries sees are numbered 0 … count - 1 in the order of their positions: `sinks` of them, then
// those from position `first`, in slot `slot`, on; number `wrap` is in the first slot after the sinks again.
struct Seen { sinks: u32, first: u32, slot: u32, wrap: u32, count: u32 }

fn seen_by(start: u32, end: u32) -> Seen {
  let first = max(sizes.sinks, start);
  let slot = sizes.sinks + (first - sizes.sinks) % (sizes.s - sizes.sinks);
  let sinks = min(sizes.sinks, end);
  return Seen(sinks, first, slot, sinks + sizes.s - slot, sinks + end - min(first, end));
}
fn positions_of(n: vec4u, seen: Seen) -> vec4u { return select(n - seen.sinks + seen.first, n, n < vec4u(seen.sinks)); }
fn slots_of(n: vec4u, seen: Seen) -> vec4u {
  let slot = n - seen.sinks + seen.slot - select(vec4u(), vec4u(sizes.s - sizes.sinks), n >= vec4u(seen.wrap));
  return select(slot, n, n < vec4u(seen.sinks));
}

// Whether a row that sees up to position end - 1 sees these positions.
fn within(position: vec4u, end: u32) -> vec4<bool> {
  return (position < vec4u(end)) & ((position < vec4u(sizes.sinks)) | (position + sizes.window >= vec4u(end)));
}
