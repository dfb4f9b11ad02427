// y = (norm, clip scale) of gradients that are unit · scale times too large becomes that of the gradients themselves, the
// clip scale divided by unit · scale, for the optimizer multiplies by it. state = (scale, updates since it changed):
//   some gradient overflowed   y = (-2, 0), so that this update is skipped;  scale / 2;  below LEAST nothing helps: y stays
//   none did                   scale · 2 after `interval` of them, up to `most`
// All are powers of two, so that nothing is rounded. One invocation.
const SKIPPED: f32 = -2.0;
const LEAST: f32 = 0.00006103515625; // 2^-14

struct Sizes { clip: f32, interval: f32, most: f32 }
@group(0) @binding(0) var<storage, read_write> y: array<f32>;
@group(0) @binding(1) var<storage, read_write> state: array<f32>;
@group(0) @binding(2) var<storage, read> unit: array<f32>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

@compute @workgroup_size(1)
fn main() {
  let scale = state[0];
  if (y[0] < 0.0) {
    if (scale > LEAST) {
      y[0] = SKIPPED;
      state[0] = 0.5 * scale;
      state[1] = 0.0;
    }
    return;
  }
  let by = unit[0] * scale;
  let norm = y[0] / by;
  y[0] = norm;
  y[1] = min(1.0, sizes.clip / (norm + 1e-6)) / by;
  let clean = state[1] + 1.0;
  let grows = clean >= sizes.interval;
  state[0] = select(scale, min(2.0 * scale, sizes.most), grows);
  state[1] = select(clean, 0.0, grows);
}
