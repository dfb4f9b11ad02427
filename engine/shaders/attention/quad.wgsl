// Four consecutive invocations (a quad) stream the same four rows; each wants all of them. Here each loads all four;
// quad_subgroups.wgsl declares the same function with a quarter of the loads.
// Member c of a Four is row `row + (lane ^ c)`, so every lane has its own row first.
struct Four { a: F, b: F, c: F, d: F }

fn four_a(row: u32, lane: u32, i: u32, at: Rows) -> Four {
  return Four(
    a_at(row + lane, i, at), a_at(row + (lane ^ 1u), i, at),
    a_at(row + (lane ^ 2u), i, at), a_at(row + (lane ^ 3u), i, at),
  );
}

fn four_b(row: u32, lane: u32, i: u32, at: Rows) -> Four {
  return Four(
    b_at(row + lane, i, at), b_at(row + (lane ^ 1u), i, at),
    b_at(row + (lane ^ 2u), i, at), b_at(row + (lane ^ 3u), i, at),
  );
}
