/** Sizes of a reference call; q is (B, T, H, D), k (B, T, K, D), v (B, T, N, E), decay (B, T, N, D) or (B, T, N), beta (B, T, N). */
export interface GatedLinearAttentionSizes {
  readonly B: number;
  readonly T: number;
  readonly heads: number;
  readonly keyHeads: number;
  readonly valueHeads: number;
  readonly D: number;
  readonly E: number;
  readonly scale?: number;
}

export interface GatedLinearAttentionInputs {
  readonly q: Float64Array;
  readonly k: Float64Array;
  readonly v: Float64Array;
  readonly decay?: Float64Array;
  readonly beta?: Float64Array;
}

type Gradients = { -readonly [K in keyof GatedLinearAttentionInputs]: Float64Array };

/** Walks the rows of each state, and back with `dout`. The state is kept at every row: this is a reference. */
function eachState(
  x: GatedLinearAttentionInputs,
  z: GatedLinearAttentionSizes,
  dout?: Float64Array,
): { out: Float64Array; state: Float64Array; gradients: Gradients } {
  const { B, T, heads: H, keyHeads: K, valueHeads: N, D, E, scale = 1 / Math.sqrt(D) } = z;
  const outs = Math.max(H, N);
  const each = x.decay !== undefined && x.decay.length === B * T * N * D && D > 1;
  const out = new Float64Array(B * T * outs * E);
  const last = new Float64Array(B * N * D * E);
  const zeros = (y?: Float64Array) => y && new Float64Array(y.length);
  const gradients = {
    q: zeros(x.q)!,
    k: zeros(x.k)!,
    v: zeros(x.v)!,
    decay: zeros(x.decay),
    beta: zeros(x.beta),
  };
  for (let b = 0; b < B; b++) {
    for (let n = 0; n < N; n++) {
      const row = (t: number) => b * T + t;
      const k = (t: number, d: number) => (row(t) * K + Math.floor((n * K) / N)) * D + d;
      const v = (t: number, e: number) => (row(t) * N + n) * E + e;
      const gate = (t: number, d: number) => (each ? (row(t) * N + n) * D + d : row(t) * N + n);
      const readers = Array.from({ length: outs / N }, (_, share) => n * (outs / N) + share);
      const q = (t: number, o: number, d: number) => (row(t) * H + Math.floor((o * H) / outs)) * D + d;
      const faded: Float64Array[] = []; // the state before a row writes
      const errors: Float64Array[] = []; // v less what the state holds for the key
      const states: Float64Array[] = [];
      let state = new Float64Array(D * E);
      for (let t = 0; t < T; t++) {
        state = state.map((s, i) => s * Math.exp(x.decay?.[gate(t, Math.floor(i / E))] ?? 0));
        faded.push(state);
        const error = Float64Array.from({ length: E }, (_, e) => {
          let held = 0;
          if (x.beta) for (let d = 0; d < D; d++) held += state[d * E + e] * x.k[k(t, d)];
          return x.v[v(t, e)] - held;
        });
        errors.push(error);
        const rate = x.beta?.[row(t) * N + n] ?? 1;
        state = state.map((s, i) => s + x.k[k(t, Math.floor(i / E))] * rate * error[i % E]);
        states.push(state);
        for (const o of readers)
          for (let e = 0; e < E; e++)
            for (let d = 0; d < D; d++)
              out[(row(t) * outs + o) * E + e] += scale * x.q[q(t, o, d)] * state[d * E + e];
      }
      last.set(state, (b * N + n) * D * E);
      if (!dout) continue;
      const carried = new Float64Array(D * E);
      for (let t = T - 1; t >= 0; t--) {
        for (const o of readers)
          for (let d = 0; d < D; d++)
            for (let e = 0; e < E; e++) {
              const dy = scale * dout[(row(t) * outs + o) * E + e];
              gradients.q[q(t, o, d)] += dy * states[t][d * E + e];
              carried[d * E + e] += dy * x.q[q(t, o, d)];
            }
        const rate = x.beta?.[row(t) * N + n] ?? 1;
        for (let e = 0; e < E; e++) {
          let dwritten = 0;
          for (let d = 0; d < D; d++) {
            dwritten += carried[d * E + e] * x.k[k(t, d)];
            gradients.k[k(t, d)] += carried[d * E + e] * rate * errors[t][e];
          }
          gradients.v[v(t, e)] += rate * dwritten;
          if (!x.beta) continue;
          gradients.beta![row(t) * N + n] += dwritten * errors[t][e];
          for (let d = 0; d < D; d++) {
            gradients.k[k(t, d)] -= rate * dwritten * faded[t][d * E + e];
            carried[d * E + e] -= rate * dwritten * x.k[k(t, d)];
          }
        }
        for (let i = 0; x.decay && i < D * E; i++) {
          const at = gate(t, Math.floor(i / E));
          gradients.decay![at] += carried[i] * faded[t][i];
          carried[i] *= Math.exp(x.decay[at]);
        }
      }
    }
  }
  return { out, state: last, gradients };
}

/** (B, T, max(H, N), E), and the state (B, N, D, E) after the last row. */
export function gatedLinearAttentionRef(
  x: GatedLinearAttentionInputs,
  z: GatedLinearAttentionSizes,
): { out: Float64Array; state: Float64Array } {
  return eachState(x, z);
}

/** Back through time, row by row. */
export function gatedLinearAttentionRefGrad(
  x: GatedLinearAttentionInputs,
  dout: Float64Array,
  z: GatedLinearAttentionSizes,
): Gradients {
  return eachState(x, z, dout).gradients;
}
