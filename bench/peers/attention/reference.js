// What the attention cases must give, in float64: each query row with all keys that it sees.
import { seen } from './cases.js';

const FEATURES = {
  value: (x) => (x > 0 ? x + 1 : Math.exp(x)),
  slope: (x) => (x > 0 ? 1 : Math.exp(x)),
};
const EPSILON = 1e-6; // on linear attention's denominators

/**
 * [index, value] pairs: of every 37th row of the output; or of dq, dk, dv and the bias's gradient, one after the other,
 * for the heads that share the first and the last key head.
 */
export function attentionExpected(cs, inputs) {
  const { B, T, S, H, G, D, grad } = cs;
  const features = (x) => Float64Array.from(x, cs.linear ? FEATURES.value : (y) => y);
  const [q, k] = [features(inputs.q), features(inputs.k)];
  const { v, bias, table, bucketsBack, dy } = inputs;
  const scale = cs.linear ? 1 : 1 / Math.sqrt(D);
  const out = new Float64Array(grad ? 0 : B * T * H * D);
  const [dq, dk, dv] = [q.length, k.length, v.length].map((n) => new Float64Array(grad ? n : 0));
  const dbias = new Float64Array(cs.learned ? (bias ?? table).length : 0);
  const chosen = Array.from({ length: H }, (_, h) => h).filter(
    (h) => !grad || [0, G - 1].includes(Math.floor((h * G) / H)),
  );
  const step = grad || T < 37 ? 1 : 37;
  const [p, dp] = [new Float64Array(S), new Float64Array(S)];
  for (let b = 0; b < B; b++) {
    for (const h of chosen) {
      const keyRow = (j) => ((b * S + j) * G + Math.floor((h * G) / H)) * D;
      const biasAt = (t, j) => (bias ? (h * T + t) * S + j : bucketsBack[t + S - T - j] * H + h);
      for (let t = 0; t < T; t += step) {
        const row = ((b * T + t) * H + h) * D;
        const [from, to] = seen(cs, b, t);
        let m = -Infinity;
        for (let j = from; j < to; j++) {
          const at = keyRow(j);
          [p[j], dp[j]] = [0, 0];
          for (let d = 0; d < D; d++) {
            p[j] += q[row + d] * k[at + d];
            if (grad) dp[j] += dy[row + d] * v[at + d];
          }
          p[j] *= scale;
          if (bias ?? table) p[j] += (bias ?? table)[biasAt(t, j)];
          m = Math.max(m, p[j]);
        }
        let [total, delta] = [cs.linear ? EPSILON : 0, 0];
        for (let j = from; j < to; j++) {
          if (!cs.linear) p[j] = Math.exp(p[j] - m);
          total += p[j];
        }
        for (let j = from; j < to; j++) {
          p[j] /= total;
          delta += p[j] * dp[j];
        }
        for (let j = from; j < to; j++) {
          const at = keyRow(j);
          if (!grad) {
            for (let d = 0; d < D; d++) out[row + d] += p[j] * v[at + d];
            continue;
          }
          const ds = (cs.linear ? 1 / total : p[j]) * (dp[j] - delta);
          if (cs.learned) dbias[biasAt(t, j)] += ds;
          for (let d = 0; d < D; d++) {
            dq[row + d] += ds * scale * k[at + d];
            dk[at + d] += ds * scale * q[row + d];
            dv[at + d] += p[j] * dy[row + d];
          }
        }
      }
    }
  }
  if (cs.linear && grad) {
    for (const [x, dx] of [
      [inputs.q, dq],
      [inputs.k, dk],
    ])
      dx.forEach((y, i) => (dx[i] = y * FEATURES.slope(x[i])));
  }
  const pairs = [];
  const rows = (values, start, heads, ofChosen, by = 1) => {
    for (let row = 0; row * heads * D < values.length; row += by)
      for (const h of ofChosen)
        for (let at = (row * heads + h) * D, d = 0; d < D; d++) pairs.push([start + at + d, values[at + d]]);
  };
  if (!grad) {
    for (let b = 0; b < B; b++)
      rows(out.subarray(b * T * H * D, (b + 1) * T * H * D), b * T * H * D, H, chosen, step);
    return pairs;
  }
  const keyHeads = [...new Set([0, G - 1])];
  rows(dq, 0, H, chosen);
  rows(dk, dq.length, G, keyHeads);
  rows(dv, dq.length + dk.length, G, keyHeads);
  const start = dq.length + dk.length + dv.length;
  for (let i = 0; i < dbias.length; i++) {
    const h = bias ? Math.floor(i / (T * S)) : i % H;
    if (chosen.includes(h)) pairs.push([start + i, dbias[i]]);
  }
  return pairs;
}
