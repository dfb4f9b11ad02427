import { DataError } from '../../errors';
import type { Graph } from '../../graph/graph';
import { expectDType, expectShape, type Tensor } from '../../graph/tensor';

/** What there is one count of for each sequence, and how many of it exist at most. */
export interface Counted {
  /** B, sequences. */
  readonly sequences: number;
  readonly most: number;
  /** 'keys' by default. */
  readonly of?: string;
}

/**
 * Checks `lengths`, u32 (B): counts beyond what there is are refused, of constants now, of inputs at each run that brings
 * them. Counts that a kernel computes are not known here; kernels bound them.
 *
 * @throws ShapeError, DataError.
 */
export function expectCounts(
  g: Graph,
  where: string,
  lengths: Tensor,
  { sequences, most, of = 'keys' }: Counted,
): void {
  expectShape(`${where} lengths`, lengths, [sequences]);
  expectDType(`${where} lengths`, lengths, 'u32');
  const { source, name } = lengths.root;
  const expectEach = (counts: ArrayLike<number>): void => {
    for (let b = 0; b < counts.length; b++) {
      if (counts[b] <= most) continue;
      throw new DataError(
        where,
        `lengths[${b}] is ${counts[b]}, but there are ${most} ${of}`,
        `Give the number of ${of} that exist in each sequence.`,
      );
    }
  };
  if (source.kind === 'constant') expectEach(source.data as Uint32Array);
  if (source.kind !== 'input') return;
  g.check((_, inputs) => {
    if (inputs[name]) expectEach(inputs[name] as Uint32Array);
  });
}
