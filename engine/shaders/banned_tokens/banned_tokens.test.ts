import { expect, it } from 'vitest';
import { ops } from '../../../checks/ops/banned_tokens';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { testOps } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { withoutTokens } from './banned_tokens';

testOps(ops);

it('withoutTokens has no gradient and says so', () => {
  const g = new Graph(fakeDevice(), { train: true });
  const logits = g.input('logits', [2, 4], 'f32', { differentiable: true });
  const bans = g.input('bans', [2, 1], 'u32');
  expect(() => withoutTokens(g, logits, bans, () => null)).toThrow('wants a gradient, and this op has none');
});
