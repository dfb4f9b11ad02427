// Attention with options, forward and with gradients, as cases of the peer harness: sizes, inputs, and what a few
// output numbers must be in float64. One kind, `attention-options`; all tensors in logical [B, T, H, D].
import { gauss } from '../../cases.js'; // of the harness, where extend.mjs puts this folder

const make = (id, options) => {
  const cs = { kind: 'attention-options', B: 1, H: 12, G: 12, D: 64, tol: 2e-4, ...options };
  cs.S ??= cs.T;
  let pairs = 0;
  for (let b = 0; b < cs.B; b++)
    for (let t = 0; t < cs.T; t++) pairs += cs.H * Math.max(0, seen(cs, b, t)[1] - seen(cs, b, t)[0]);
  // Pairs that see each other, whatever a peer computes: two products forward, five more with gradients.
  return { id, ...cs, flop: 2 * cs.D * pairs * (cs.grad ? 7 : 2) };
};

/** Keys [from, to) that query row t of sequence b sees. */
export function seen({ T, S, causal, window, lengths }, b, t) {
  const end = Math.min(lengths ? lengths[b] : S, causal ? t + S - T + 1 : S);
  return [window ? Math.max(0, t + S - T - window + 1) : 0, end];
}

export const attentionCases = [
  make('attn-full-512', { T: 512 }),
  make('attn-cross-128x1024', { T: 128, S: 1024 }),
  make('attn-grouped-512', { T: 512, G: 4, causal: true }),
  make('attn-window-1024', { T: 1024, causal: true, window: 128 }),
  make('attn-padded-4x256', { B: 4, T: 256, lengths: [256, 200, 120, 64] }),
  make('attn-bias-512', { T: 512, causal: true, bias: true }),
  make('attn-grad-512', { T: 512, causal: true, grad: true, tol: 1e-3 }),
  make('attn-full-grad-512', { T: 512, grad: true, tol: 1e-3 }),
];

export function attentionInputs(cs) {
  const { B, T, S, H, G, D } = cs;
  return {
    q: gauss(B * T * H * D, 8),
    k: gauss(B * S * G * D, 9),
    v: gauss(B * S * G * D, 10),
    ...(cs.bias ? { bias: gauss(H * T * S, 16) } : {}),
    ...(cs.grad ? { dy: gauss(B * T * H * D, 17) } : {}),
  };
}

/** [index, value] pairs: of the output, or of dq, dk and dv one after the other, for the first and the last head. */
export function attentionExpected(cs, { q, k, v, bias, dy }) {
  const { B, T, S, H, G, D } = cs;
  const sizes = [B * T * H * D, B * S * G * D];
  const out = new Map();
  const add = (at, x) => out.set(at, (out.get(at) ?? 0) + x);
  for (let b = 0; b < B; b++) {
    for (const h of cs.grad ? [0, H - 1] : Array.from({ length: H }, (_, i) => i)) {
      const g = Math.floor((h * G) / H);
      for (let t = 0; t < T; t += cs.grad ? 1 : 37) {
        const row = ((b * T + t) * H + h) * D;
        const [from, to] = seen(cs, b, t);
        const p = new Float64Array(S),
          dp = new Float64Array(S);
        let m = -Infinity,
          l = 0,
          delta = 0;
        for (let j = from; j < to; j++) {
          const at = ((b * S + j) * G + g) * D;
          let s = 0;
          for (let d = 0; d < D; d++) {
            s += q[row + d] * k[at + d];
            if (dy) dp[j] += dy[row + d] * v[at + d];
          }
          p[j] = s / Math.sqrt(D) + (bias ? bias[(h * T + t) * S + j] : 0);
          m = Math.max(m, p[j]);
        }
        for (let j = from; j < to; j++) l += p[j] = Math.exp(p[j] - m);
        for (let j = from; j < to; j++) {
          p[j] /= l;
          delta += p[j] * dp[j];
        }
        for (let j = from; j < to; j++) {
          const at = ((b * S + j) * G + g) * D;
          const ds = (p[j] * (dp[j] - delta)) / Math.sqrt(D);
          for (let d = 0; d < D; d++) {
            if (!cs.grad) {
              add(row + d, p[j] * v[at + d]);
              continue;
            }
            add(row + d, ds * k[at + d]);
            add(sizes[0] + at + d, ds * q[row + d]);
            add(sizes[0] + sizes[1] + at + d, p[j] * dy[row + d]);
          }
        }
      }
    }
  }
  return [...out];
}
