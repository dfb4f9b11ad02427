// A learned bias by distance, as T5's (Raffel et al. 2020): weights (buckets, H); buckets (N) tells which serves a
// distance, its last one all from N - 1 on.
@group(0) @binding(10) var<storage, read> buckets: array<u32>;
@group(0) @binding(11) var<storage, read> weights: array<f32>;

fn bias_of(distance: vec4u, h: u32) -> vec4f {
  let at = min(distance, vec4u(sizes.distances - 1u));
  return vec4f(
    weights[buckets[at.x] * sizes.heads + h], weights[buckets[at.y] * sizes.heads + h],
    weights[buckets[at.z] * sizes.heads + h], weights[buckets[at.w] * sizes.heads + h],
  );
}
