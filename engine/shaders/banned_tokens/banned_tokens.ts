import { KernelError } from '../../errors';
import { linearGrid, type Graph } from '../../graph/graph';
import { expectDType, expectShape, rows, type Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import bannedTokensWgsl from './banned_tokens.wgsl';

const kernel = defineKernel({ name: 'banned_tokens', wgsl: [bannedTokensWgsl] });
const LANES = 64;

/**
 * Runs `body` while the logits (N, V) of bans (N, M), u32, are the lowest there are, so that what it records (`sample`)
 * does not choose them; then they are what they were. A row's bans are different ids, ended by `NO_TOKEN` where there are
 * fewer than M. For inference: throws `KernelError` where logits want a gradient.
 */
export function withoutTokens<R>(g: Graph, logits: Tensor, bans: Tensor, body: () => R): R {
  const where = g.where('withoutTokens');
  const [n, v] = rows(logits);
  expectDType(where, logits, 'f32', 'f16');
  expectDType(where, bans, 'u32');
  const m = bans.size / n;
  expectShape(where, bans, [n, m]);
  if (g.differentiable(logits)) {
    throw new KernelError(where, `${logits.name} wants a gradient, and this op has none`);
  }
  const saved = g.value('hidden logits', [n, m], logits.dtype);
  const dispatch = (hide: boolean): void =>
    g.dispatch(
      kernel,
      { logits, saved, bans },
      {
        uniforms: { n, v, m, lowest: logits.dtype === 'f16' ? -65_504 : -3e38 },
        constants: { LANES, HIDE: hide, T: logits.dtype },
        grid: linearGrid(Math.ceil((n * m) / LANES)),
        bytes: 3 * saved.bytes,
      },
    );
  dispatch(true);
  const result = body();
  dispatch(false);
  return result;
}
