import { linearGrid, type Graph } from '../../graph/graph';
import { expectDType, expectShape, rows, type Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import { leastOf } from '../lib/hidden';
import { expectNoGradient } from '../lib/inference';
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
  expectNoGradient(g, where, logits);
  const saved = g.value('hidden logits', [n, m], logits.dtype);
  const dispatch = (hide: boolean): void => {
    for (const { tensor, from } of g.parts(logits)) {
      const own = tensor.size / v;
      g.dispatch(
        kernel,
        { logits: tensor, saved, bans },
        {
          uniforms: { n: own, v, first: from, m, lowest: leastOf(logits) },
          constants: { LANES, HIDE: hide, T: logits.dtype },
          grid: linearGrid(Math.ceil((own * m) / LANES)),
          bytes: 3 * saved.bytes,
        },
      );
    }
  };
  dispatch(true);
  const result = body();
  dispatch(false);
  return result;
}
