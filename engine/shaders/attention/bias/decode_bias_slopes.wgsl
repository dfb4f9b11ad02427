// ALiBi (Press et al. 2022): minus the distance times the head's slope, slopes (H).
@group(0) @binding(10) var<storage, read> slopes: array<f32>;

fn bias_of(distance: vec4u, h: u32) -> vec4f { return -slopes[h] * vec4f(distance); }
