import { attentionRef } from '../../engine/shaders/attention/attention.ref';
import { decodeCrossAttention } from '../../engine/shaders/attention/cache/decode';
import { describeOp, normal } from '../op';

export const ops = [
  describeOp('decodeCrossAttention', {
    cases: [
      { B: 2, S: 9, H: 2, G: 1, D: 8 },
      { B: 1, S: 131, H: 4, G: 2, D: 16 },
    ],
    rungs: ['software', 'hardware'],
    inputs: ({ B, S, H, G, D }) => ({
      q: normal([B, 1, H * D]),
      k: normal([B, S, G * D]),
      v: normal([B, S, G * D]),
    }),
    op: (g, { q, k, v }, { H, G }) => decodeCrossAttention(g, q, k, v, { heads: H, keyValueHeads: G }),
    reference: ({ q, k, v }, { B, S, H, G, D }) => ({
      y: attentionRef(q, k, v, { B, T: 1, S, heads: H, keyValueHeads: G, D, causal: false }),
    }),
    terms: ({ S, D }) => S + D,
    races: false, // decode.test.ts looks for them
  }),
];
