import { expect, it } from 'vitest';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { grid, normal, Random, testOp } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { NO_TOKEN, sample } from '../sampling/sampling';
import { scale } from '../scale/scale';
import { withoutTokens } from './banned_tokens';
import { bestAllowedRef } from './banned_tokens.ref';

testOp('withoutTokens', {
  cases: grid({ n: [1, 3, 67], v: [5, 70], m: [1, 4] }),
  inputs: ({ n, v, m }) => {
    const random = new Random(v);
    const bans = new Uint32Array(n * m).fill(NO_TOKEN);
    for (let r = 0; r < n; r++) {
      const ids = new Set(Array.from({ length: random.below(m + 1) }, () => random.below(v)));
      bans.set([...ids], r * m);
    }
    return { logits: normal([n, v], { std: 3 }), bans: { shape: [n, m], data: bans } };
  },
  op: (g, { logits, bans }) => {
    const x = scale(g, logits, 1); // inputs keep their data for the next run
    const ids = withoutTokens(g, x, bans, () => sample(g, x));
    return { ids, logits: x };
  },
  reference: ({ logits, bans }, { v }) => ({ ids: bestAllowedRef(logits, v, bans), logits }),
  step: { temperature: 0 },
  terms: () => 1,
});

it('withoutTokens has no gradient and says so', () => {
  const g = new Graph(fakeDevice(), { train: true });
  const logits = g.input('logits', [2, 4], 'f32', { differentiable: true });
  const bans = g.input('bans', [2, 1], 'u32');
  expect(() => withoutTokens(g, logits, bans, () => null)).toThrow('wants a gradient, and this op has none');
});
