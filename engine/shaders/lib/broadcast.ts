import { ShapeError } from '../../errors';
import { formatShape, type Tensor } from '../../graph/tensor';

/** Throws unless b has a's shape or its last axes, so that its memory repeats over a's. */
export function expectBroadcast(where: string, a: Tensor, b: Tensor): void {
  const skipped = a.shape.length - b.shape.length;
  if (skipped >= 0 && b.shape.every((n, i) => n === a.shape[skipped + i])) return;
  throw new ShapeError(
    where,
    `${b.name} ${formatShape(b.shape)} does not fit ${a.name} ${formatShape(a.shape)}`,
    'The second operand must have the same shape or its last axes.',
  );
}
