interface Options {
  readonly v: number;
  readonly labelSmoothing: number;
  readonly ignoreIndex: number;
}

const has = (target: number, { v, ignoreIndex }: Options): boolean => target !== ignoreIndex && target < v;

/** Σ_c q_c (lse - logit_c) with q = (1 - ε) onehot + ε/V, by definition; `softmax` is each row's distribution. */
function parts(logits: Float64Array, targets: Float64Array, options: Options) {
  const { v, labelSmoothing } = options;
  const softmax = new Float64Array(logits.length);
  const rows = Float64Array.from(targets, (target, n) => {
    const x = logits.subarray(n * v, (n + 1) * v);
    const most = x.reduce((a, b) => Math.max(a, b), -Infinity);
    const sum = x.reduce((s, l) => s + Math.exp(l - most), 0);
    x.forEach((l, c) => (softmax[n * v + c] = Math.exp(l - most) / sum));
    if (!has(target, options)) return 0;
    const q = (c: number): number => (c === target ? 1 - labelSmoothing : 0) + labelSmoothing / v;
    return x.reduce((s, l, c) => s + q(c) * (most + Math.log(sum) - l), 0);
  });
  const count = targets.reduce((s, t) => s + (has(t, options) ? 1 : 0), 0);
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
  const { v, labelSmoothing } = options;
  const { softmax, count } = parts(logits, targets, options);
  return softmax.map((p, i) => {
    const target = targets[Math.floor(i / v)];
    if (!has(target, options)) return 0;
    return (dloss / count) * (p - (target === i % v ? 1 - labelSmoothing : 0) - labelSmoothing / v);
  });
}
