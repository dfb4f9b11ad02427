// jax-js as a user writes these attentions; every case is one jit()-compiled function.
// ship: import * as jax from '@jax-js/jax'; globalThis.jax = jax;
import { init as start, defaultDevice, getWebGPUDevice, numpy as np, nn, jit, grad, tree } from '@jax-js/jax';

export const info = { name: 'jax-js', version: '0.1.25', backend: 'webgpu' };
let device;
export async function init() {
  await start('webgpu');
  defaultDevice('webgpu');
  device = getWebGPUDevice();
}

/** elu + 1 features, all pairs: keys and values are summed up once (Katharopoulos et al. 2020). */
function linear(q, k, v) {
  const [fq, fk] = [feature(q), feature(k)];
  const states = np.einsum('bshd,bshe->bhde', fk.ref, v);
  const total = np.einsum('bthd,bhd->bth', fq.ref, fk.sum(1)).add(EPSILON);
  return np.einsum('bthd,bhde->bthe', fq, states).div(np.expandDims(total, -1));
}

/** Causal, by chunks: pairs within a chunk, and the sums of all chunks before, which a triangular product adds up. */
function linearCausal(q, k, v) {
  const [B, T, H, D] = q.shape;
  const N = T / CHUNK;
  const chunks = (x) => x.reshape([B, N, CHUNK, H, D]);
  const [fq, fk, w] = [chunks(feature(q)), chunks(feature(k)), chunks(v)];
  const before = () => np.tri(N, N, -1);
  const states = np.einsum('bnchd,bnche->bnhde', fk.ref, w.ref);
  const past = np.einsum('mn,bnx->bmx', before(), states.reshape([B, N, H * D * D])).reshape([B, N, H, D, D]);
  const pastKeys = np
    .einsum('mn,bnx->bmx', before(), fk.ref.sum(2).reshape([B, N, H * D]))
    .reshape([B, N, H, D]);
  const pairs = np.einsum('bnchd,bnjhd->bnhcj', fq.ref, fk).mul(np.tri(CHUNK, CHUNK));
  const total = np
    .transpose(pairs.ref.sum(-1), [0, 1, 3, 2])
    .add(np.einsum('bnchd,bnhd->bnch', fq.ref, pastKeys));
  return np
    .einsum('bnhcj,bnjhe->bnche', pairs, w)
    .add(np.einsum('bnchd,bnhde->bnche', fq, past))
    .div(np.expandDims(total.add(EPSILON), -1))
    .reshape([B, T, H, D]);
}
const feature = (x) => nn.elu(x).add(1);
const [CHUNK, EPSILON] = [64, 1e-6];

export const kinds = {
  'attention-options'(cs, inp) {
    const { B, T, S, H, G, D } = cs;
    const parts = [np.array(inp.q, { shape: [B, T, H, D] })];
    for (const x of [inp.k, inp.v]) parts.push(np.array(x, { shape: [B, S, G, D] }));
    const extra = {};
    if (cs.bias) extra.bias = np.array(inp.bias, { shape: [1, H, T, S] });
    if (cs.buckets) {
      extra.table = np.array(inp.table, { shape: [cs.buckets, H] });
      const at = Int32Array.from(
        { length: T * S },
        (_, i) => inp.bucketsBack[Math.max(0, Math.floor(i / S) - (i % S))],
      );
      extra.at = np.array(at, { shape: [T * S], dtype: np.int32 });
      // The gradient of `take` does not compile: picking by a product does.
      if (cs.grad) extra.at = nn.oneHot(extra.at, cs.buckets);
    }
    if (cs.lengths) extra.keyValueSeqLengths = np.array(Int32Array.from(cs.lengths), { dtype: np.int32 });
    if (cs.grad) extra.dy = np.array(inp.dy, { shape: [B, T, H, D] });
    const fixed = { isCausal: !!cs.causal, ...(cs.window ? { localWindowSize: [cs.window - 1, 0] } : {}) };
    const attend = (q, k, v, { table, at, ...x }) => {
      if (cs.linear) return (cs.causal ? linearCausal : linear)(q, k, v);
      if (table) {
        const picked = cs.grad ? np.matmul(at, table) : np.take(table, at, 0);
        x.bias = np.transpose(picked.reshape([1, T, S, H]), [0, 3, 1, 2]);
      }
      return nn.dotProductAttention(q, k, v, { ...fixed, ...x });
    };
    // What the gradient is of comes first; the rest is given.
    const learned = cs.learned ? (cs.bias ? 'bias' : 'table') : null;
    const { [learned]: more, ...given } = extra;
    if (more) parts.push(more);
    const loss = ([q, k, v, own], { dy, ...x }) =>
      attend(q, k, v, learned ? { ...x, [learned]: own } : x)
        .mul(dy)
        .sum();
    const step = jit((all, x) => (cs.grad ? grad(loss)(all, x) : [attend(...all, x)]));
    let held = [];
    return {
      variant: cs.linear ? 'einsum' : 'nn.dotProductAttention',
      run() {
        held.push(step(tree.ref(parts), tree.ref(given)));
      },
      // jax-js is lazy: what is freed before anything waits for it is never computed.
      async sync() {
        for (const list of held) for (const o of list) await o.blockUntilReady();
        await device.queue.onSubmittedWorkDone();
        const kept = held.pop();
        for (const list of held) tree.dispose(list);
        held = [kept];
      },
      async output() {
        const out = [];
        for (const o of held.at(-1)) for (const x of await o.ref.data()) out.push(x);
        return out;
      },
      dispose() {
        for (const list of held) tree.dispose(list);
        tree.dispose([parts, given]);
      },
    };
  },
};
