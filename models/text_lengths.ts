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
  const [B, T] = ids.shape;
  if (lengths) expectPadding(g, ids, padding, lengths);
  const real = new Float32Array(vocabulary).fill(1).fill(0, padding, padding + 1);
  const marks = embedding(g, ids, g.constant('real ids', [vocabulary, 1], real), { dtype: 'f32' });
  const counts = g.constant(
    'counts',
    [T],
    Float32Array.from({ length: T }, (_, t) => t + 1),
  );
  const none = g.constant('none', [B, 1], new Float32Array(B));
  return argmax(g, concat(g, [none, multiply(g, g.view(marks, [B, T]), counts)], 1), 1);
}

function expectPadding(g: Graph, ids: Tensor, padding: number, lengths: Tensor): void {
  const [, T] = ids.shape;
  g.check((_, inputs) => {
    const [tokens, counts] = [ids, lengths].map(
      ({ root: { source, name } }) =>
        (source.kind === 'input' ? inputs[name] : undefined) as Uint32Array | undefined,
    );
    if (!tokens || !counts) return;
    for (const [b, length] of counts.entries()) {
      const other = tokens.subarray(b * T + length, (b + 1) * T).find((id) => id !== padding);
      if (other === undefined) continue;
      const what = `row ${b} is padded with id ${other}, but the model's padding is ${padding}`;
      throw new DataError(g.where('lengths'), what, `Give pad: ${padding}, or set pad_token_id.`);
    }
  });
}
