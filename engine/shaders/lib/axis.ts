import { ShapeError } from '../../errors';
import { formatShape, sizeOf, type Tensor } from '../../graph/tensor';

/** x seen as (outer, size, inner) around one of its axes; -1 is the last. Throws `ShapeError` for one that it has not. */
export function around(
  where: string,
  x: Tensor,
  axis: number,
): { readonly axis: number; readonly outer: number; readonly size: number; readonly inner: number } {
  const rank = x.shape.length;
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw new ShapeError(
      where,
      `${x.name} ${formatShape(x.shape)} has no axis ${axis}`,
      'Axes count from 0, or back from -1.',
    );
  }
  const at = axis < 0 ? axis + rank : axis;
  const [before, after] = [x.shape.slice(0, at), x.shape.slice(at + 1)];
  return { axis: at, outer: sizeOf(before), size: x.shape[at], inner: sizeOf(after) };
}
