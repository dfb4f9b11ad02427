// The last K - 1 real inputs of each sequence, for the step after this one: held (B, K - 1, C) of H, in place; x (B, T, C), of which
// lengths (B) rows are real. An invocation owns a channel of a sequence, of n = B C: row r takes what stands as many rows later,
// which nobody has written yet. A run at position 0 finds zeros. Link graph/step.wgsl and lib/elementwise.
alias T = f32;
alias H = f32;

struct Sizes { n: u32, c: u32, time: u32, taps: u32 }
@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read> lengths: array<u32>;
@group(0) @binding(2) var<storage, read_write> held: array<H>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

fn point(i: u32) {
  let b = i / sizes.c;
  let c = i % sizes.c;
  let real = min(lengths[b], sizes.time);
  let rows = sizes.taps - 1u;
  let base = b * rows * sizes.c + c;
  for (var r = 0u; r < rows; r++) {
    let at = real + r;
    var value = H();
    if (at >= rows) {
      value = H(x[(b * sizes.time + at - rows) * sizes.c + c]);
    } else if (now.position > 0u) {
      value = held[base + at * sizes.c];
    }
    held[base + r * sizes.c] = value;
  }
}
