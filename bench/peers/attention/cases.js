// Attention with options, forward and with gradients, as cases of the peer harness: sizes and inputs; reference.js says
// what they must give. One kind, `attention-options`; all tensors in logical [B, T, H, D].
import { gauss } from '../../cases.js'; // of the harness, where extend.mjs puts this folder

export { attentionExpected } from './reference.js';

/**
 * A case's options: `causal`, `window` (keys seen, the row's own the last), `lengths` (keys that exist in each
 * sequence), `bias` (dense, [1, H, T, S]), `buckets` (of T5, one direction), `linear` (elu + 1 instead of softmax),
 * `decode` (the queries stand at the last keys of a cache). With `grad`, the answer is dq, dk, dv, one after the other,
 * and with `learned` the gradient of the bias or of the buckets' table besides.
 */
const make = (id, options) => {
  const cs = { kind: 'attention-options', B: 1, H: 12, G: 12, D: 64, ...options };
  cs.S ??= cs.T;
  cs.tol ??= cs.grad ? 1e-3 : 2e-4;
  let pairs = 0;
  for (let b = 0; b < cs.B; b++)
    for (let t = 0; t < cs.T; t++) pairs += cs.H * Math.max(0, seen(cs, b, t)[1] - seen(cs, b, t)[0]);
  // Pairs that see each other, whatever a peer computes: two products forward, five more with gradients. Linear
  // attention has D (D + 1) products for each row instead, twice, and as many again for each gradient.
  if (cs.linear) pairs = cs.B * cs.H * cs.T * (cs.D + 1);
  return { id, ...cs, flop: 2 * cs.D * pairs * (cs.grad ? (cs.linear ? 8 : 7) : 2) };
};

/** Keys [from, to) that query row t of sequence b sees. */
export function seen({ T, S, causal, window, lengths }, b, t) {
  const end = Math.min(lengths ? lengths[b] : S, causal ? t + S - T + 1 : S);
  return [window ? Math.max(0, t + S - T - window + 1) : 0, end];
}

const cross = { T: 128, S: 1024 };
const grouped = { T: 512, G: 4, causal: true };
const window = { T: 1024, causal: true, window: 128 };
const padded = { B: 4, T: 256, lengths: [256, 200, 120, 64] };
const bias = { T: 512, causal: true, bias: true };
const buckets = { T: 512, causal: true, buckets: 32 };
const linear = { T: 2048, linear: true };
const decode = { T: 1, S: 1024, decode: true };

export const attentionCases = [
  make('attn-full-512', { T: 512 }),
  make('attn-cross-128x1024', cross),
  make('attn-grouped-512', grouped),
  make('attn-window-1024', window),
  make('attn-padded-4x256', padded),
  make('attn-bias-512', bias),
  make('attn-buckets-512', buckets),
  make('attn-linear-2048', linear),
  make('attn-linear-causal-2048', { ...linear, causal: true }),
  make('attn-decode-1024', decode),
  make('attn-decode-grouped-8x1024', {
    ...{ ...decode, B: 8, G: 4 },
    lengths: [1024, 960, 832, 704, 576, 448, 320, 192],
  }),
  make('attn-grad-512', { T: 512, causal: true, grad: true }),
  make('attn-full-grad-512', { T: 512, grad: true }),
  make('attn-cross-grad-128x1024', { ...cross, grad: true }),
  make('attn-grouped-grad-512', { ...grouped, grad: true }),
  make('attn-window-grad-1024', { ...window, grad: true }),
  make('attn-padded-grad-4x256', { ...padded, grad: true }),
  make('attn-bias-grad-512', { ...bias, grad: true }),
  make('attn-bias-learned-grad-512', { ...bias, grad: true, learned: true }),
  make('attn-buckets-learned-grad-512', { ...buckets, grad: true, learned: true }),
  make('attn-linear-grad-2048', { ...linear, grad: true }),
  make('attn-linear-causal-grad-2048', { ...linear, causal: true, grad: true }),
];

/** T5's bucket of a key that stands `back` positions before its query, with 32 buckets up to 128 positions. */
const bucket = (back) =>
  back < 16 ? back : Math.min(31, 16 + Math.floor((Math.log(back / 16) / Math.log(8)) * 16));

/** `bucketsBack[n]` is the bucket of distance n back. */
export function attentionInputs(cs) {
  const { B, T, S, H, G, D } = cs;
  return {
    q: gauss(B * T * H * D, 8),
    k: gauss(B * S * G * D, 9),
    v: gauss(B * S * G * D, 10),
    ...(cs.bias ? { bias: gauss(H * T * S, 16) } : {}),
    ...(cs.buckets
      ? { table: gauss(cs.buckets * H, 18), bucketsBack: Int32Array.from({ length: S }, (_, n) => bucket(n)) }
      : {}),
    ...(cs.grad ? { dy: gauss(B * T * H * D, 17) } : {}),
  };
}
