// For 32 owned rows i: owner_i · state + Σ_j (owner_i · left_j) right_j over the streamed rows j of their own chunk that
// they look at: (Katharopoulos et al. 2020, equations 9 and 10, by chunks). `finish` turns a row's numbers, and with
// TOTAL its Σ_j owner_i · left_j, into the output. Lanes as in tile.wgsl.
const TOTAL: bool = false;
@group(0) @binding(6) var<storage, read> state: array<f32>;

fn owner_number(b: u32, head: u32, row: u32, i: u32, last: u32) -> f32 {
  if (row < last && i < sizes.x) { return owner(b, head, row, i); }
  return 0.0;
}
fn owner_four(b: u32, head: u32, row: u32, i: u32, last: u32) -> vec4f {
  return vec4f(
    owner_number(b, head, row, i, last), owner_number(b, head, row, i + 1u, last),
    owner_number(b, head, row, i + 2u, last), owner_number(b, head, row, i + 3u, last),
  );
}
// Row d of the state that starts at `base`. Column y is the total.
fn state_number(base: u32, d: u32, i: u32, columns: u32) -> f32 {
  if (d < sizes.x && i < columns) { return state[base + d * sizes.stride + i]; }
  return 0.0;
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let lx = lane % 8u;
  let ly = lane / 8u;
  let b = group.y / sizes.owner_heads;
  let head = group.y % sizes.owner_heads;
  let key = key_head(head);
  let tile = group.x * 32u;
  let last = owned_visible(b);
  let every = sizes.direction == 2u;
  let chunk = select(tile / sizes.chunk, 0u, every);

  var o: Output;
  var total = vec4f();
  if (every || (sizes.direction == 0u && chunk > 0u) || (sizes.direction == 1u && chunk + 1u < sizes.chunks)) {
    let slot = (b * (sizes.heads / sizes.per_key) + key) * sizes.chunks + chunk;
    let base = slot * sizes.x * sizes.stride;
    for (var d = 0u; d < sizes.x; d += 32u) {
      workgroupBarrier();
      for (var e = lane; e < 256u; e += LANES) {
        cross[place(e / 8u, e % 8u)] = owner_four(b, head, tile + e / 8u, d + e % 8u * 4u, last);
      }
      for (var c = 0u; c < COLUMNS; c++) {
        if (c * 32u >= sizes.y) { break; }
        if (c > 0u) { workgroupBarrier(); }
        for (var e = lane; e < 256u; e += LANES) {
          let row = d + e / 8u;
          let i = c * 32u + e % 8u * 4u;
          right_tile[place(e / 8u, e % 8u)] = vec4f(
            state_number(base, row, i, sizes.y), state_number(base, row, i + 1u, sizes.y),
            state_number(base, row, i + 2u, sizes.y), state_number(base, row, i + 3u, sizes.y),
          );
        }
        workgroupBarrier();
        accumulate(&o, c, (sizes.x - d + 3u) / 4u, lx, ly);
      }
      if (TOTAL) {
        let row = d + lx * 4u;
        let z = vec4f(
          state_number(base, row, sizes.y, sizes.stride), state_number(base, row + 1u, sizes.y, sizes.stride),
          state_number(base, row + 2u, sizes.y, sizes.stride), state_number(base, row + 3u, sizes.y, sizes.stride),
        );
        for (var r = 0u; r < 4u; r++) { total[r] += dot(cross[33u * ly + 8u * r + lx], z); }
      }
    }
  }
  if (!every) {
    let later = sizes.direction == 1u;
    let rows = streamed_rows(b);
    let begin = select(chunk * sizes.chunk, tile, later);
    let end = min(rows, select(tile + 32u, (chunk + 1u) * sizes.chunk, later));
    let tiles = (max(begin, end) - begin + 31u) / 32u;
    for (var n = 0u; n < sizes.streams * tiles; n++) {
      let share = n / tiles;
      let start = begin + n % tiles * 32u;
      var s: Products = Products();
      workgroupBarrier();
      for (var i = 0u; i < sizes.x; i += 32u) {
        if (i > 0u) { workgroupBarrier(); }
        for (var e = lane; e < 256u; e += LANES) {
          let m = i + e % 8u * 4u;
          let row = start + e / 8u;
          left_tile[place(e / 8u, e % 8u)] = owner_four(b, head, tile + e / 8u, m, last);
          right_tile[place(e / 8u, e % 8u)] = vec4f(
            left_number(b, key, share, row, m, end), left_number(b, key, share, row, m + 1u, end),
            left_number(b, key, share, row, m + 2u, end), left_number(b, key, share, row, m + 3u, end),
          );
        }
        workgroupBarrier();
        multiply(&s, (sizes.x - i + 3u) / 4u, lx, ly);
      }
      let number = vec4u(start + lx * 4u) + vec4u(0u, 1u, 2u, 3u);
      for (var r = 0u; r < 4u; r++) {
        let own = vec4u(tile + ly * 4u + r);
        let seen = select(number <= own, number >= own, later);
        s[r] = select(vec4f(), s[r], seen);
        cross[33u * ly + 8u * r + lx] = s[r];
        if (TOTAL) { total[r] += (s[r].x + s[r].y) + (s[r].z + s[r].w); }
      }
      for (var c = 0u; c < COLUMNS; c++) {
        if (c * 32u >= sizes.y) { break; }
        workgroupBarrier();
        for (var e = lane; e < 256u; e += LANES) {
          right_tile[place(e / 8u, e % 8u)] = right_four(b, key, share, start + e / 8u, c * 32u + e % 8u * 4u, end);
        }
        workgroupBarrier();
        accumulate(&o, c, (end - start + 3u) / 4u, lx, ly);
      }
    }
  }
  workgroupBarrier();
  if (TOTAL) {
    for (var r = 0u; r < 4u; r++) { cross[33u * ly + 8u * r + lx].x = total[r]; }
  }
  workgroupBarrier();
  for (var r = 0u; r < 4u; r++) {
    let row = tile + ly * 4u + r;
    if (row >= owned_rows()) { continue; }
    var sum = 0.0;
    if (TOTAL) {
      for (var n = 0u; n < 8u; n++) { sum += cross[33u * ly + 8u * r + n].x; }
    }
    for (var c = 0u; c < COLUMNS; c++) {
      for (var n = 0u; n < 4u; n++) {
        let i = c * 32u + lx * 4u + n;
        if (i < sizes.y) { finish(b, head, row, i, o[c * 4u + r][n], sum); }
      }
    }
  }
}
