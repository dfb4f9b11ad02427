/** Sizes of windows over x (B, C, …), channels last where said so; lists as long as the kernel. */
export interface WindowsRef {
  readonly shape: readonly number[];
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
  readonly last: boolean;
}

/** Windows along each axis. */
export const windowsRef = ({ shape, kernel, stride, padding, dilation, last }: WindowsRef): number[] =>
  kernel.map((k, i) => {
    const n = shape[i + (last ? 1 : 2)];
    let count = 0;
    while (count * stride[i] + (k - 1) * dilation[i] < n + 2 * padding[i]) count++;
    return count;
  });

/** For each number of the rows (B, …windows, C·…kernel) the place in x that it is read from; -1 for padding. */
export function unfoldIndices(sizes: WindowsRef): number[] {
  const { shape, kernel, stride, padding, dilation, last } = sizes;
  const [B, C] = [shape[0], last ? shape.at(-1)! : shape[1]];
  const axes = last ? shape.slice(1, -1) : shape.slice(2);
  /** Every place of a box, the last axis fastest. */
  const box = (ends: readonly number[]): number[][] =>
    ends.reduce<number[][]>((all, n) => all.flatMap((at) => Array.from({ length: n }, (_, i) => [...at, i])), [[]]); // prettier-ignore
  const out: number[] = [];
  for (let b = 0; b < B; b++)
    for (const window of box(windowsRef(sizes)))
      for (let c = 0; c < C; c++)
        for (const cell of box(kernel)) {
          const at = window.map((w, i) => w * stride[i] + cell[i] * dilation[i] - padding[i]);
          if (at.some((p, i) => p < 0 || p >= axes[i])) out.push(-1);
          else {
            const place = at.reduce((sum, p, i) => sum * axes[i] + p, 0);
            const all = axes.reduce((x, y) => x * y, 1);
            out.push(last ? (b * all + place) * C + c : (b * C + c) * all + place);
          }
        }
  return out;
}

export const unfoldRef = (x: Float64Array, sizes: WindowsRef): Float64Array =>
  Float64Array.from(unfoldIndices(sizes), (i) => (i < 0 ? 0 : x[i]));

/** Backward of `unfoldRef`, and what `fold` gives. */
export function foldRef(y: Float64Array, sizes: WindowsRef): Float64Array {
  const x = new Float64Array(sizes.shape.reduce((a, b) => a * b, 1));
  for (const [at, i] of unfoldIndices(sizes).entries()) if (i >= 0) x[i] += y[at];
  return x;
}
