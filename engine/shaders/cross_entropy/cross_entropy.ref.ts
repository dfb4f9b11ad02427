interface Options {
  readonly v: number;
  readonly labelSmoothing: number;
  readonly ignoreIndex: number;
  /** (V); default all 1. */
  readonly weights?: Float64Array;
}

const has = (target: number, { v, ignoreIndex }: Options): boolean => target !== ignoreIndex && target < v;

/** What a row asks of class c: w_c ((1 - ε) [c = target] + ε/V). */
const asked = (c: number, target: number, { v, labelSmoothing, weights }: Options): number =>
  (weights?.[c] ?? 1) * ((c === target ? 1 - labelSmoothing : 0) + labelSmoothing / v);

/** Σ_c q_c (lse - logit_c) with q as `asked`, by definition; `softmax` is each row's distribution. */
function parts(logits: Float64Array, targets: Float64Array, options: Options) {
  const { v, weights } = options;
  const softmax = new Float64Array(logits.length);
  const rows = Float64Array.from(targets, (target, n) => {
    const x = logits.subarray(n * v, (n + 1) * v);
    const most = x.reduce((a, b) => Math.max(a, b), -Infinity);
    const sum = x.reduce((s, l) => s + Math.exp(l - most), 0);
    x.forEach((l, c) => (softmax[n * v + c] = Math.exp(l - most) / sum));
    if (!has(target, options)) return 0;
    const q = (c: number): number => asked(c, target, options);
    // What is not asked for costs nothing, even where it is impossible: 0 · ∞ would be NaN.
    return x.reduce((s, l, c) => (q(c) === 0 ? s : s + q(c) * (most - l + Math.log(sum))), 0);
  });
  const count = targets.reduce((s, t) => s + (has(t, options) ? (weights?.[t] ?? 1) : 0), 0);
  return { softmax, rows, count };
}

export function crossEntropyRef(
  logits: Float64Array,
  targets: Float64Array,
  options: Options,
): { loss: Float64Array; rows: Float64Array } {
  const { rows, count } = parts(logits, targets, options);
  return { loss: Float64Array.of(count > 0 ? rows.reduce((a, b) => a + b, 0) / count : 0), rows };
}

export function crossEntropyRefGrad(
  logits: Float64Array,
  targets: Float64Array,
  dloss: number,
  options: Options,
): Float64Array {
  const { v } = options;
  const { softmax, count } = parts(logits, targets, options);
  const all = targets.map((target) => {
    let sum = 0;
    for (let c = 0; c < v; c++) sum += asked(c, target, options);
    return sum;
  });
  return softmax.map((p, i) => {
    const row = Math.floor(i / v);
    if (!has(targets[row], options)) return 0;
    return (dloss / count) * (p * all[row] - asked(i % v, targets[row], options));
  });
}
