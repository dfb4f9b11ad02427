// The gradient takes over the logits' memory: each logit is read once, by the invocation that replaces it.
fn read_logit(i: u32) -> f32 {
  return f32(dlogits[i]);
}
