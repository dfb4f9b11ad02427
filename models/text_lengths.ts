/** Where texts end that say it by an id of padding. */
import { argmax, concat, DataError, embedding, multiply, type Graph, type Tensor } from '../engine/index';

/**
 * How many tokens each text has up to its last that is not `padding`, as Transformers counts them; 0 where all are. ids
 * (B, T) u32 below `vocabulary` -> u32 (B). Where `lengths`, u32 (B), are given, too, runs whose ids beyond them are not
 * `padding` throw `DataError`.
 */
export function lengthsUpToPadding(
  g: Graph,
  ids: Tensor,
  padding: number,
  vocabulary: number,
  lengths: Tensor | null,
): Tensor {
  if (lengths) expectPadding(g, ids, padding, lengths);
  return lengthsUpToMarked(g, ids, new Float32Array(vocabulary).fill(1).fill(0, padding, padding + 1));
}

/**
 * How many tokens each text has up to the last that is `end`, itself counted. ids (B, T) u32 below `vocabulary` -> u32 (B). Runs
 * throw `DataError` for texts of `lengths`, u32 (B), default all T, that have none, or have one in their padding; those of one token may
 * be anything.
 */
export function lengthsUpToEnd(
  g: Graph,
  ids: Tensor,
  end: number,
  vocabulary: number,
  lengths: Tensor | null,
): Tensor {
  expectEnds(g, ids, end, lengths);
  return lengthsUpToMarked(g, ids, new Float32Array(vocabulary).fill(1, end, end + 1));
}

/** How many tokens each text has up to its last id that is marked by 1, and not 0; 0 where none is. */
function lengthsUpToMarked(g: Graph, ids: Tensor, marked: Float32Array): Tensor {
  const [B, T] = ids.shape;
  const marks = embedding(g, ids, g.constant('marked ids', [marked.length, 1], marked), { dtype: 'f32' });
  const counts = g.constant(
    'counts',
    [T],
    Float32Array.from({ length: T }, (_, t) => t + 1),
  );
  const none = g.constant('none', [B, 1], new Float32Array(B));
  return argmax(g, concat(g, [none, multiply(g, g.view(marks, [B, T]), counts)], 1), 1);
}

/** What a run is given as this tensor; undefined where it is no input, or stays as it was. */
const givenAs = (
  { root: { source, name } }: Tensor,
  inputs: Readonly<Record<string, ArrayBufferView>>,
): Uint32Array | undefined => (source.kind === 'input' ? inputs[name] : undefined) as Uint32Array | undefined;

function expectEnds(g: Graph, ids: Tensor, end: number, lengths: Tensor | null): void {
  const [B, T] = ids.shape;
  const all = new Uint32Array(B).fill(T);
  g.check((_, inputs) => {
    const tokens = givenAs(ids, inputs);
    const counts = lengths ? givenAs(lengths, inputs) : all;
    if (!tokens || !counts) return;
    for (const [b, length] of counts.entries()) {
      if (length <= 1) continue; // what fills up a batch, and has one row in any case
      const row = tokens.subarray(b * T, (b + 1) * T);
      const last = row.lastIndexOf(end);
      if (last >= 0 && last < length) continue;
      const what = `row ${b} ${last < 0 ? `has no end, id ${end}` : `is padded with id ${end}, its end`}`;
      const todo = last < 0 ? 'Encode texts with their special tokens.' : 'Pad with another id.';
      throw new DataError(g.where('ids'), what, todo);
    }
  });
}

function expectPadding(g: Graph, ids: Tensor, padding: number, lengths: Tensor): void {
  const [, T] = ids.shape;
  g.check((_, inputs) => {
    const [tokens, counts] = [ids, lengths].map((tensor) => givenAs(tensor, inputs));
    if (!tokens || !counts) return;
    for (const [b, length] of counts.entries()) {
      const other = tokens.subarray(b * T + length, (b + 1) * T).find((id) => id !== padding);
      if (other === undefined) continue;
      const what = `row ${b} is padded with id ${other}, but the model's padding is ${padding}`;
      throw new DataError(g.where('lengths'), what, `Give pad: ${padding}, or set pad_token_id.`);
    }
  });
}
