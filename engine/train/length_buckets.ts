/** The extents of a batch of texts, hence of a compiled plan: B rows of T tokens. */
export interface TextShape {
  readonly B: number;
  readonly T: number;
}

/** Texts by their lengths. */
export interface LengthBuckets {
  /** Smallest T first. */
  readonly shapes: readonly TextShape[];
  /** For each text the shape that it is batched in. */
  readonly bucket: Uint8Array;
}

export interface LengthBucketOptions {
  /** B·T stays within this where one text does. */
  readonly tokens: number;
  /** At most this many shapes. */
  readonly maxShapes: number;
  /** No more shapes than it takes to bring the share of padding down to this. */
  readonly padding: number;
}

/**
 * Few lengths T that hold all texts with the least padding: exact, by dynamic programming over the histogram of lengths
 * (as many additions as there are shapes times different lengths squared).
 *
 * lengths: of each text, at least 1.
 */
export function lengthBuckets(lengths: ArrayLike<number>, options: LengthBucketOptions): LengthBuckets {
  const counts = new Map<number, number>();
  for (let i = 0; i < lengths.length; i++) counts.set(lengths[i], (counts.get(lengths[i]) ?? 0) + 1);
  const cells = [...counts].sort(([a], [b]) => a - b);
  // Texts and tokens of the first k lengths.
  const texts = [0];
  const real = [0];
  for (const [T, count] of cells) {
    texts.push(texts.at(-1)! + count);
    real.push(real.at(-1)! + count * T);
  }
  const n = cells.length;
  // least[k]: the fewest tokens, with padding, of the first k lengths in so many shapes; cuts: where the last one begins.
  let least = [0, ...cells.map(() => Infinity)];
  const cuts: number[][] = [];
  for (let shapes = 1; shapes <= Math.min(n, options.maxShapes); shapes++) {
    const cut = new Array<number>(n + 1).fill(0);
    const next = least.map((_, k) => {
      let best = Infinity;
      for (let from = 0; from < k; from++) {
        const tokens = least[from] + (texts[k] - texts[from]) * cells[k - 1][0];
        if (tokens < best) [best, cut[k]] = [tokens, from];
      }
      return best;
    });
    cuts.push(cut);
    least = next;
    if (1 - real[n] / least[n] <= options.padding) break;
  }
  const shapes: TextShape[] = [];
  for (let [k, at] = [n, cuts.length - 1]; k > 0; k = cuts[at--][k]) {
    const T = cells[k - 1][0];
    const count = texts[k] - texts[cuts[at][k]];
    // As few batches as the tokens allow, all of one size: the last lacks fewer rows than there are batches.
    const batches = Math.ceil(count / Math.max(1, Math.floor(options.tokens / T)));
    shapes.unshift({ B: Math.ceil(count / batches), T });
  }
  return bucketsIn(lengths, shapes);
}

/** The same for shapes that are given: those of other batches. Every text must fit one of them. */
export function bucketsIn(lengths: ArrayLike<number>, shapes: readonly TextShape[]): LengthBuckets {
  const bucket = Uint8Array.from(lengths, (length) => {
    let best = -1;
    for (const [k, { T }] of shapes.entries()) if (T >= length && (best < 0 || T < shapes[best].T)) best = k;
    return best;
  });
  return { shapes, bucket };
}
