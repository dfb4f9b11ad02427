import { withoutTokens } from '../../engine/shaders/banned_tokens/banned_tokens';
import { bestAllowedRef } from '../../engine/shaders/banned_tokens/banned_tokens.ref';
import { NO_TOKEN, sample } from '../../engine/shaders/sampling/sampling';
import { scale } from '../../engine/shaders/scale/scale';
import { describeOp, grid, normal, Random } from '../op';

export const ops = [
  describeOp('withoutTokens', {
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
  }),
];
