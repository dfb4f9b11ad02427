import { ShapeError } from '../../errors';
import type { Graph, RunCheck } from '../../graph/graph';
import { expectDType, expectShape, type Tensor } from '../../graph/tensor';
import starts from './starts.wgsl';
import startsNone from './starts_none.wgsl';

/** Linked into kernels whose sequences stand at one position, or at positions of their own. */
export const STARTS = { none: startsNone, own: starts } as const;

/** Which of `STARTS`, and what a dispatch binds for it. */
export const startsOf = (given: Tensor | null | undefined) =>
  given
    ? ({ kind: 'own', bind: { starts: given } } as const)
    : ({ kind: 'none', bind: {} as Readonly<Record<string, Tensor>> } as const);

/** Checks `starts`, u32 (B). @throws ShapeError. */
export function expectStarts(where: string, starts: Tensor, sequences: number): void {
  expectShape(`${where} starts`, starts, [sequences]);
  expectDType(`${where} starts`, starts, 'u32');
}

/** T new rows of each of B sequences, and the places that there are for them. */
export interface Room {
  readonly sequences: number;
  readonly rows: number;
  /** Positions that there are. */
  readonly most: number;
  /** How far each sequence is ahead of `now.position`. */
  readonly starts?: Tensor | undefined;
  /** How many of its rows are real. */
  readonly lengths?: Tensor | undefined;
  /** What has these positions, for the error: 'the caches hold 10'. */
  readonly holder: string;
  readonly remedy: string;
}

/**
 * Has every run refused, with ShapeError, in which a real row would stand at position `most` or beyond. Real are
 * `now.length` rows (all, if that is 0), or `lengths` where those are fewer. Numbers that only the GPU knows (tensors that
 * are neither inputs nor constants) count as no start and as all rows; kernels bound them.
 */
export function expectRoom(g: Graph, where: string, room: Room): void {
  const { sequences, rows, most, holder, remedy } = room;
  const [starts, lengths] = [known(room.starts, sequences), known(room.lengths, sequences)];
  const test: RunCheck = ({ position = 0, length = 0 }, inputs) => {
    const [ahead, counts] = [starts.of(inputs), lengths.of(inputs)];
    const all = length > 0 ? Math.min(rows, length) : rows;
    for (let b = 0; b < (ahead || counts ? sequences : 1); b++) {
      const first = position + (ahead?.[b] ?? 0);
      const real = Math.min(all, counts?.[b] ?? all);
      if (real === 0 || first + real <= most) continue;
      const what = real === 1 ? '1 row' : `${real} rows`;
      const which = ahead ? ` in sequence ${b}` : '';
      throw new ShapeError(where, `${what} from position ${first} on${which}, but ${holder}`, remedy);
    }
  };
  g.check(test, (_, inputs) => {
    starts.remember(inputs);
    lengths.remember(inputs);
  });
}

/** The numbers of a tensor, as far as they are known before a run: inputs keep their last data when a run leaves them out. */
function known(tensor: Tensor | undefined, sequences: number) {
  const { source, name } = tensor?.root ?? { source: null, name: '' };
  const last = source?.kind === 'input' ? new Uint32Array(sequences) : null;
  const fixed = source?.kind === 'constant' ? (source.data as Uint32Array) : null;
  const given = (inputs: Readonly<Record<string, ArrayBufferView>>) =>
    last ? (inputs[name] as Uint32Array | undefined) : undefined;
  return {
    of: (inputs: Readonly<Record<string, ArrayBufferView>>): Uint32Array | null =>
      given(inputs) ?? last ?? fixed,
    remember: (inputs: Readonly<Record<string, ArrayBufferView>>): void => {
      const data = given(inputs);
      if (data) last!.set(data);
    },
  };
}
