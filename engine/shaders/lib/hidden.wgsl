// What softmax leaves out besides masks: a number that is -∞ or the lowest of the type that it is stored in (LEAST), as
// additive masks are written. Every other number counts, -1e30 too. Code compares with `<= LOWEST`, so that NaN, of which
// that is never true, goes on; running maxima start at LOWEST, so that none is -∞ and no difference is (-∞) - (-∞).
const LOWEST: f32 = -3.4028234663852886e38;
const LEAST: f32 = -3.4028234663852886e38; // -65504 where storage is f16, see hidden.ts
