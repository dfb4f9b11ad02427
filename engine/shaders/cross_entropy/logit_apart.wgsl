// The logits stay as they are, because something else reads them; T is declared by backward.wgsl.
@group(0) @binding(6) var<storage, read> logits: array<T>;

fn read_logit(i: u32) -> f32 {
  return f32(logits[i]);
}
