import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import type { Kernel } from '../../runtime/kernel';
import type { Constants } from '../../runtime/shader';
import { elementwise } from './elementwise';

/**
 * y = f(x) of every element, in x's storage, with kernels of activation/forward.wgsl and backward.wgsl. `own` are the
 * constants of what declares f, by whether elements are taken four at a time.
 */
export function pointwise(
  g: Graph,
  name: string,
  x: Tensor,
  kernels: { readonly forward: Kernel; readonly backward: Kernel },
  own: (wide: boolean) => Constants,
): Tensor {
  const y = g.value(name, x.shape, x.dtype);
  const { constants, wide, n, grid } = elementwise(x, g.device.can);
  const chosen = { ...constants, ...own(wide) };
  g.dispatch(kernels.forward, { x, y }, { uniforms: { n }, constants: chosen, grid });

  g.backward(y, () => {
    const dx = g.sink(x);
    if (!dx) return;
    g.dispatch(
      kernels.backward,
      { x, dy: g.grad(y), dx: dx.tensor },
      { uniforms: { n }, constants: { ...chosen, ADD: dx.add }, grid },
    );
  });
  return y;
}
