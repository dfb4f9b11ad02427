// Everything that changes from one replay of a plan to the next. One small uniform, written once a run; link this
// file into a kernel to read it as `now`. step.ts takes order and types of the fields from here.
struct Step {
  index: u32,        // training step or token number: with `seed` it keys every random draw
  seed: u32,
  position: u32,     // decode: where the first row of this run stands in the sequence
  length: u32,       // prefill: how many of the T rows are real; the rest is padding
  lr: f32,
  correction1: f32,  // 1 - beta1^t and 1 - beta2^t, computed in float64
  correction2: f32,
  temperature: f32,  // sampling; 0 means greedy
  top_k: u32,        // 0 means all
  top_p: f32,        // 1 means all
  min_p: f32,        // 0 means all
  spare: u32,
}
@group(1) @binding(0) var<uniform> now: Step;
