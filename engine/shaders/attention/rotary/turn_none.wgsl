// The functions of turn.wgsl and turn_pairs.wgsl where nothing turns.
fn partner_of(i: u32) -> u32 { return i; }
fn turned(x: F, partner: F, i: u32, position: u32) -> F { return x; }
