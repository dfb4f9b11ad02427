// The most arithmetic this device does: chains of multiply-adds in registers, nothing loaded.
//
// Each invocation runs ROUNDS rounds of CHAINS (2, 4 or 8) independent chains over vec4: ROUNDS · CHAINS · 4 · 2
// operations (a multiply-add counts two). Their sum is stored, so that the compiler must keep the work; x is 0.5, so
// that every chain tends to 1. Few chains leave the pipeline waiting, many spill registers, and fma() is slower than
// mul and add where it is emulated: the host tries them all.
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

const ROUNDS = 512u;
const CHAINS = 8u;
const FUSED = true;

fn step(a: vec4<f32>, z: vec4<f32>) -> vec4<f32> {
  if (FUSED) { return fma(a, z, z); }
  return a * z + z;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  let z = vec4<f32>(x[i % arrayLength(&x)]);
  var a0 = z;
  var a1 = z + 1.0;
  var a2 = z + 2.0;
  var a3 = z + 3.0;
  var a4 = z + 4.0;
  var a5 = z + 5.0;
  var a6 = z + 6.0;
  var a7 = z + 7.0;
  for (var round = 0u; round < ROUNDS; round += 4u) {
    a0 = step(a0, z); a1 = step(a1, z);
    if (CHAINS > 2u) { a2 = step(a2, z); a3 = step(a3, z); }
    if (CHAINS > 4u) { a4 = step(a4, z); a5 = step(a5, z); a6 = step(a6, z); a7 = step(a7, z); }
    a0 = step(a0, z); a1 = step(a1, z);
    if (CHAINS > 2u) { a2 = step(a2, z); a3 = step(a3, z); }
    if (CHAINS > 4u) { a4 = step(a4, z); a5 = step(a5, z); a6 = step(a6, z); a7 = step(a7, z); }
    a0 = step(a0, z); a1 = step(a1, z);
    if (CHAINS > 2u) { a2 = step(a2, z); a3 = step(a3, z); }
    if (CHAINS > 4u) { a4 = step(a4, z); a5 = step(a5, z); a6 = step(a6, z); a7 = step(a7, z); }
    a0 = step(a0, z); a1 = step(a1, z);
    if (CHAINS > 2u) { a2 = step(a2, z); a3 = step(a3, z); }
    if (CHAINS > 4u) { a4 = step(a4, z); a5 = step(a5, z); a6 = step(a6, z); a7 = step(a7, z); }
  }
  var sum = a0 + a1;
  if (CHAINS > 2u) { sum += a2 + a3; }
  if (CHAINS > 4u) { sum += (a4 + a5) + (a6 + a7); }
  y[i] = sum.x + sum.y + sum.z + sum.w;
}
