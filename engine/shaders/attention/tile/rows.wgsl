// Rows of heads in memory, as tiles of GPUs load them. Link a main file, turn_table or turn_none.

// Where a head's rows are: element of row 0, elements from row to row (both in F), and the last row there is.
struct Rows { base: u32, stride: u32, last: u32 }

// Rows of operand A, turned on load where turn_table.wgsl is linked.
fn own_a(row: u32, i: u32, rows: Rows) -> F {
  let n = min(row, rows.last);
  let head = rows.base + n * rows.stride;
  return turned(mine_a(head + i), mine_a(head + partner_of(i)), i, place_of(n, OWNS_KEYS));
}
fn other_a(row: u32, i: u32, rows: Rows) -> F {
  let n = min(row, rows.last);
  return turned(a_at(n, i, rows), a_at(n, partner_of(i), rows), i, place_of(n, !OWNS_KEYS));
}
