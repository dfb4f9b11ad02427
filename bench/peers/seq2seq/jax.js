// jax-js as a user writes an encoder-decoder: every case is one jit()-compiled function.
// ship: import * as jax from '@jax-js/jax'; globalThis.jax = jax;
import {
  blockUntilReady,
  defaultDevice,
  getWebGPUDevice,
  init as start,
  jit,
  nn,
  numpy as np,
  tree,
  valueAndGrad,
} from '@jax-js/jax';
import { BEGIN, END } from '../heed/seq2seq/cases.js';

export const info = { name: 'jax-js', version: '0.1.25', backend: 'webgpu' };
let device;
export async function init() {
  await start('webgpu');
  defaultDevice('webgpu');
  device = getWebGPUDevice();
}

const ints = (data, shape) => np.array(Int32Array.from(data), { dtype: np.int32, shape });
const upTo = (n) => np.arange(n, undefined, undefined, { dtype: np.int32 });

/** Matrices lie as (in, out), which matmul takes as they are; the embedding as (V, C). */
function upload(params) {
  const out = {};
  for (const [name, { shape, data }] of Object.entries(params)) {
    if (shape.length === 1 || name === 'embedding.weight') {
      out[name] = np.array(data, { shape });
      continue;
    }
    const [outputs, inputs] = shape;
    const turned = new Float32Array(data.length);
    for (let o = 0; o < outputs; o++) {
      for (let i = 0; i < inputs; i++) turned[i * outputs + o] = data[o * inputs + i];
    }
    out[name] = np.array(turned, { shape: [inputs, outputs] });
  }
  return out;
}

function sines({ context, width: C }) {
  const table = Float32Array.from({ length: context * C }, (_, i) => {
    const angle = Math.floor(i / C) / 10000 ** ((2 * ((i % C) >> 1)) / C);
    return i % 2 ? Math.cos(angle) : Math.sin(angle);
  });
  return np.array(table, { shape: [context, C] });
}

// Arrays are used up by what takes them: `.ref` keeps one for later.
const linear = (P, name, x) => np.matmul(x, P[`${name}.weight`].ref).add(P[`${name}.bias`].ref);
const inProjection = (P, name, x) =>
  np.matmul(x, P[`${name}.in_proj_weight`].ref).add(P[`${name}.in_proj_bias`].ref);
function norm(P, name, x) {
  const c = x.ref.sub(np.mean(x, -1, { keepdims: true }));
  const variance = np.mean(np.square(c.ref), -1, { keepdims: true });
  return c
    .mul(np.reciprocal(np.sqrt(variance.add(1e-5))))
    .mul(P[`${name}.weight`].ref)
    .add(P[`${name}.bias`].ref);
}
const feedForward = (P, at, x, name) =>
  x.ref.add(linear(P, `${at}.linear2`, nn.relu(linear(P, `${at}.linear1`, norm(P, `${at}.${name}`, x)))));

/** x (R·S, C) -> (R·S, C): R sequences of S rows. */
function encode(P, c, x, R, S, lengths) {
  const { width: C, heads: H } = c;
  for (let l = 0; l < c.layers; l++) {
    const at = `encoder.layers.${l}`;
    const qkv = np.split(inProjection(P, `${at}.self_attn`, norm(P, `${at}.norm1`, x.ref)), 3, 1);
    const [q, k, v] = qkv.map((t) => t.reshape([R, S, H, C / H]));
    const y = nn.dotProductAttention(q, k, v, { keyValueSeqLengths: lengths.ref }).reshape([R * S, C]);
    x = feedForward(P, at, x.add(linear(P, `${at}.self_attn.out_proj`, y)), 'norm2');
  }
  lengths.dispose();
  return norm(P, 'encoder.norm', x);
}

function decode(P, c, memory, x, { R, S, T }, lengths) {
  const { width: C, heads: H } = c;
  for (let l = 0; l < c.layers; l++) {
    const at = `decoder.layers.${l}`;
    const qkv = np.split(inProjection(P, `${at}.self_attn`, norm(P, `${at}.norm1`, x.ref)), 3, 1);
    const [q, k, v] = qkv.map((t) => t.reshape([R, T, H, C / H]));
    const own = nn.dotProductAttention(q, k, v, { isCausal: true }).reshape([R * T, C]);
    x = x.add(linear(P, `${at}.self_attn.out_proj`, own));
    const cross = `${at}.multihead_attn`;
    const q2 = linear(P, `${cross}.q_proj`, norm(P, `${at}.norm2`, x.ref)).reshape([R, T, H, C / H]);
    const [k2, v2] = np
      .split(linear(P, `${cross}.kv_proj`, memory.ref), 2, 1)
      .map((t) => t.reshape([R, S, H, C / H]));
    const y = nn.dotProductAttention(q2, k2, v2, { keyValueSeqLengths: lengths.ref }).reshape([R * T, C]);
    x = feedForward(P, at, x.add(linear(P, `${cross}.out_proj`, y)), 'norm3');
  }
  memory.dispose();
  lengths.dispose();
  return norm(P, 'decoder.norm', x);
}

/** Rows of the embedding with positions: rows (R·T, C) -> (R·T, C). */
const positioned = (rows, table, { R, T, C }) =>
  rows
    .reshape([R, T, C])
    .mul(Math.sqrt(C))
    .add(table.slice([0, T]))
    .reshape([R * T, C]);

/** The K largest of each row of (N, K·V), best first -> their places (N, K) and values (N, K). topK would sort them all. */
function largest(all, N, K, V) {
  const [places, values] = [[], []];
  for (let k = 0; k < K; k++) {
    const place = np.argmax(all.ref, 1).reshape([N, 1]);
    values.push(np.max(all.ref, 1, { keepdims: true }));
    places.push(place.ref);
    all = np.where(np.equal(upTo(K * V).reshape([1, K * V]), place), -Infinity, all);
  }
  all.dispose();
  return [np.concatenate(places, 1), np.concatenate(values, 1)];
}

export const kinds = {
  // jit() compiles the gradient of everything here but that of take(), a scatter: so the rows that take() found are
  // arguments of the loss, and their gradients go back to the embedding by one matmul with the one-hot ids of both sides.
  'seq2seq-train'(cs, inp) {
    const { cfg: c, B: R, S, T, smoothing } = cs;
    const { width: C, vocabulary: V } = c;
    const table = sines(c);
    let P = upload(inp.params);
    let m = tree.map((x) => np.zerosLike(x.ref), P);
    let v = tree.map((x) => np.zerosLike(x.ref), P);
    let n = 0;
    let last = null;
    const labels = inp.labels.reduce((sum, id) => sum + (id >= 0 ? 1 : 0), 0);
    const batch = {
      ids: ints([...inp.source, ...inp.ids], [R * (S + T)]),
      lengths: ints(inp.sourceLengths, [R]),
      labels: ints(inp.labels, [R * T]), // the one-hot of -1 is all zeros
      weights: np.array(
        Float32Array.from(inp.labels, (id) => (id >= 0 ? 1 / labels : 0)),
        { shape: [R * T] },
      ),
    };
    const lossOf = ({ P, rows }, { lengths, labels, weights }, table) => {
      const source = positioned(rows.ref.slice([0, R * S]), table.ref, { R, T: S, C });
      const target = positioned(rows.slice([R * S, R * (S + T)]), table, { R, T, C });
      const memory = encode(P, c, source, R, S, lengths.ref);
      const hidden = decode(P, c, memory, target, { R, S, T }, lengths);
      const logits = np.matmul(hidden, np.transpose(P['embedding.weight'].ref));
      tree.dispose(P);
      const picked = logits.ref.mul(nn.oneHot(labels, V)).sum(-1);
      const likely = nn.logsumexp(logits.ref, -1);
      const even = np.mean(logits, -1);
      return likely
        .sub(picked.mul(1 - smoothing))
        .sub(even.mul(smoothing))
        .mul(weights)
        .sum();
    };
    const step = jit((P, m, v, batch, table, rate, second, decay) => {
      const { ids, ...rest } = batch;
      const rows = np.take(P['embedding.weight'].ref, ids.ref, 0);
      const [loss, grads] = valueAndGrad(lossOf)({ P: tree.ref(P), rows }, rest, table);
      const g = grads.P;
      // Turned twice: (C, V) is the faster of the two ways to lay that product.
      const scattered = np.matmul(np.transpose(grads.rows), nn.oneHot(ids, V));
      g['embedding.weight'] = g['embedding.weight'].add(np.transpose(scattered));
      const [nP, nm, nv] = [{}, {}, {}];
      for (const name in P) {
        const kept = P[name].shape.length > 1 ? P[name].mul(decay.ref) : P[name];
        nm[name] = m[name].mul(0.9).add(g[name].ref.mul(0.1));
        nv[name] = v[name].mul(0.999).add(np.square(g[name]).mul(0.001));
        const root = np.sqrt(nv[name].ref.mul(second.ref)).add(1e-8);
        nP[name] = kept.sub(nm[name].ref.mul(rate.ref).div(root));
      }
      tree.dispose([rate, second, decay]);
      return [loss, nP, nm, nv];
    });
    return {
      variant: 'one jit, take() outside of the gradient',
      run() {
        n++;
        last?.dispose();
        const scalars = [cs.lr / (1 - 0.9 ** n), 1 / (1 - 0.999 ** n), 1 - cs.lr * cs.decay].map((x) =>
          np.array(x),
        );
        [last, P, m, v] = step(P, m, v, tree.ref(batch), table.ref, ...scalars);
      },
      async sync() {
        await blockUntilReady([last.ref, tree.ref(P)]).then((x) => tree.dispose(x));
      },
      output: async () => [(await last.ref.data())[0]],
      dispose() {
        tree.dispose([P, m, v, batch, table]);
        last?.dispose();
      },
    };
  },

  // Beam search that never leaves the device: hypotheses, their sums and caches are arrays, and the ids are read once, at
  // the end. jit() has static shapes and no dynamic update, so caches of keys and values hold all positions: where() puts
  // the new row in, take() moves rows to where hypotheses went, and attention masks what is not there yet. The memory's
  // keys and values are made once; hypotheses of a sentence share them.
  'seq2seq-beam'(cs, inp) {
    const { cfg: c, sentences: N, beams: K, S, tokens: T } = cs;
    const { width: C, heads: H, vocabulary: V } = c;
    const R = N * K;
    const P = upload(inp.params);
    const table = sines(c);
    const source = ints(inp.source, [N * S]);
    const lengths = ints(inp.sourceLengths, [N]);

    const remember = jit((P, ids, table, lengths) => {
      const rows = positioned(np.take(P['embedding.weight'].ref, ids, 0), table, { R: N, T: S, C });
      const memory = encode(P, c, rows, N, S, lengths);
      const made = [];
      for (let l = 0; l < c.layers; l++) {
        const kv = linear(P, `decoder.layers.${l}.multihead_attn.kv_proj`, memory.ref);
        const [k, v] = np.split(kv, 2, 1).map((t) => t.reshape([N, S, H, C / H]));
        made.push({ k, v });
      }
      memory.dispose();
      tree.dispose(P);
      return made;
    });

    const step = jit((P, table, lengths, memory, { caches, history, ids, order, sums }, position) => {
      const here = np.equal(upTo(T), position.ref);
      const seen = np.lessEqual(upTo(T), position.ref).reshape([1, 1, 1, T]);
      const E = P['embedding.weight'];
      let x = np
        .take(E.ref, ids, 0)
        .mul(Math.sqrt(C))
        .add(np.take(table, position, 0));
      const next = [];
      for (let l = 0; l < c.layers; l++) {
        const at = `decoder.layers.${l}`;
        const qkv = np.split(inProjection(P, `${at}.self_attn`, norm(P, `${at}.norm1`, x.ref)), 3, 1);
        const [q, k, v] = qkv.map((t) => t.reshape([R, 1, H, C / H]));
        const put = (old, row) => np.where(here.ref.reshape([1, T, 1, 1]), row, np.take(old, order.ref, 0));
        const [keys, values] = [put(caches[l].k, k), put(caches[l].v, v)];
        next.push({ k: keys.ref, v: values.ref });
        const own = nn.dotProductAttention(q, keys, values, { mask: seen.ref }).reshape([R, C]);
        x = x.add(linear(P, `${at}.self_attn.out_proj`, own));
        const cross = `${at}.multihead_attn`;
        const q2 = linear(P, `${cross}.q_proj`, norm(P, `${at}.norm2`, x.ref)).reshape([N, K, H, C / H]);
        const y = nn.dotProductAttention(q2, memory[l].k, memory[l].v, { keyValueSeqLengths: lengths.ref });
        x = feedForward(P, at, x.add(linear(P, `${cross}.out_proj`, y.reshape([R, C]))), 'norm3');
      }
      const logits = np.matmul(norm(P, 'decoder.norm', x), np.transpose(E.ref));
      const log = logits.ref.sub(nn.logsumexp(logits, -1, { keepdims: true }));
      const ended = np.equal(upTo(V), END).reshape([1, V]);
      let all = np.where(ended, -1e30, log.add(sums.reshape([R, 1]))).reshape([N, K * V]);
      const [where, values] = largest(all, N, K, V);
      const first = upTo(N).mul(K).reshape([N, 1]);
      const parents = np.floorDivide(where.ref, V).add(first).reshape([R]);
      const chosen = np.remainder(where, V).reshape([R]);
      const moved = np.take(history, parents.ref, 0);
      const written = np.where(here.reshape([1, T]), chosen.ref.reshape([R, 1]), moved);
      tree.dispose([P, lengths, order, seen]);
      return { caches: next, history: written, ids: chosen, order: parents, sums: values };
    });

    let found = [];
    return {
      variant: 'on the device throughout, caches by where()',
      async run() {
        const memory = remember(tree.ref(P), source.ref, table.ref, lengths.ref);
        const zeros = () => np.zeros([R, T, H, C / H]);
        let state = {
          caches: Array.from({ length: c.layers }, () => ({ k: zeros(), v: zeros() })),
          history: ints(new Int32Array(R * T), [R, T]),
          ids: ints(new Int32Array(R).fill(BEGIN), [R]),
          order: ints(
            Int32Array.from({ length: R }, (_, r) => r),
            [R],
          ),
          // All beams begin alike: only the first counts.
          sums: np.array(
            Float32Array.from({ length: R }, (_, r) => (r % K ? -1e30 : 0)),
            { shape: [N, K] },
          ),
        };
        for (let t = 0; t < T; t++) {
          const position = np.array(Int32Array.of(t), { dtype: np.int32, shape: [] });
          state = step(tree.ref(P), table.ref, lengths.ref, tree.ref(memory), state, position);
        }
        const { history, ...rest } = state;
        const ids = await history.data();
        found = Array.from({ length: N }, (_, n) => [...ids.subarray(n * K * T, (n * K + 1) * T)]).flat();
        tree.dispose([memory, rest]);
      },
      sync: () => device.queue.onSubmittedWorkDone(),
      output: async () => found,
      dispose: () => tree.dispose([P, table, source, lengths]),
    };
  },
};
