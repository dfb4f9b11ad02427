import {
  add,
  embedding,
  EngineError,
  LearnedPositions,
  textPositions,
  type Graph,
  type PositionsOptions,
  type Tensor,
} from '../../engine/index';

/**
 * Learned vectors for positions that count back from the newest item, which stands at the last one whatever the history's length: a history that is
 * one item longer than those of training meets no position that never learnt. As SASRec and BERT4Rec have it, which pad on the left.
 */
export class EndPositions extends LearnedPositions {
  /** x (B, T, C), of which `padded` rows, u32 (B), are real -> (B, T, C). */
  override forward(
    g: Graph,
    x: Tensor,
    options: PositionsOptions & { readonly after?: number; readonly padded?: Tensor | null } = {},
  ): Tensor {
    const { padded = null, after = 0, starts = null } = options;
    if (!padded || after > 0 || starts) {
      const what = padded ? 'rows stand before a history' : 'lengths are not given';
      throw new EngineError(
        g.where('EndPositions'),
        what,
        'Give lengths; caches and prefixes need positions from the start.',
      );
    }
    const [positions] = this.weight.shape;
    const at = textPositions(g, padded, {
      ...{ rows: x.shape[1], first: positions - 1, padding: positions - 1, back: true },
    });
    return add(g, x, embedding(g, at, g.use(this.weight)));
  }
}
