// TensorFlow.js as a user writes these attentions: two products and a softmax, or elu + 1 features and sums.
// ship: import * as tf from '@tensorflow/tfjs-core'; import '@tensorflow/tfjs-backend-webgpu'; globalThis.tf = tf;
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import '@tensorflow/tfjs-backend-webgpu';
import { seen } from '../heed/attention/cases.js';

export const info = { name: 'tfjs', version: tf.version_core, backend: 'webgpu' };
let backend;
export async function init() {
  await tf.setBackend('webgpu');
  await tf.ready();
  backend = tf.backend();
  tf.env().set('CHECK_COMPUTATION_FOR_ERRORS', false);
}
async function sync() {
  if (backend.commandEncoder) {
    backend.endComputePassEncoder();
    backend.submitQueue();
  }
  await backend.device.queue.onSubmittedWorkDone();
}

/** All pairs: keys and values are summed up once. */
function linear(q, k, v) {
  const [fq, fk] = [feature(q), feature(k)];
  const total = tf.matMul(fq, tf.sum(fk, 2, true), false, true);
  return tf.div(tf.matMul(fq, tf.matMul(fk, v, true)), tf.add(total, EPSILON));
}

/** By chunks: pairs within a chunk, and the sums of all chunks before, which a triangular product adds up. */
function linearCausal(q, k, v) {
  const [B, H, T, D] = q.shape;
  const N = T / CHUNK;
  const chunks = (x) => tf.reshape(x, [B * H, N, CHUNK, D]);
  const [fq, fk, w] = [chunks(feature(q)), chunks(feature(k)), chunks(v)];
  const lower = (n, above) =>
    tf.tensor2d(
      Float32Array.from({ length: n * n }, (_, i) => (i % n < Math.floor(i / n) + above ? 1 : 0)),
      [n, n],
    );
  const before = tf.tile(tf.expandDims(lower(N, 0), 0), [B * H, 1, 1]);
  const past = (x, shape) =>
    tf.reshape(tf.matMul(before, tf.reshape(x, [B * H, N, -1])), [B * H, N, ...shape]);
  const pairs = tf.mul(tf.matMul(fq, fk, false, true), lower(CHUNK, 1));
  const states = past(tf.matMul(fk, w, true), [D, D]);
  const keys = past(tf.sum(fk, 2), [1, D]);
  const total = tf.add(tf.sum(pairs, -1, true), tf.matMul(fq, keys, false, true));
  const sums = tf.add(tf.matMul(pairs, w), tf.matMul(fq, states));
  return tf.reshape(tf.div(sums, tf.add(total, EPSILON)), [B, H, T, D]);
}
const feature = (x) => tf.add(tf.elu(x), 1);
const [CHUNK, EPSILON] = [64, 1e-6];

export const kinds = {
  'attention-options'(cs, inp) {
    const { B, T, S, H, G, D } = cs;
    // [B, H, rows, D], grouped heads spelled out: tfjs has no other way.
    const lay = (x, rows, heads) => {
      const all = new Float32Array(B * H * rows * D);
      for (let b = 0; b < B; b++) {
        for (let h = 0; h < H; h++) {
          for (let row = 0; row < rows; row++) {
            const at = ((b * rows + row) * heads + Math.floor((h * heads) / H)) * D;
            all.set(x.subarray(at, at + D), ((b * H + h) * rows + row) * D);
          }
        }
      }
      return tf.tensor4d(all, [B, H, rows, D]);
    };
    const [q, k, v] = [lay(inp.q, T, H), lay(inp.k, S, G), lay(inp.v, S, G)];
    const masked = cs.causal || cs.window || cs.lengths;
    const add = new Float32Array(B * T * S);
    for (let b = 0; b < B; b++)
      for (let t = 0; t < T; t++) {
        const [first, end] = seen(cs, b, t);
        for (let j = 0; j < S; j++) if (j < first || j >= end) add[(b * T + t) * S + j] = -1e9;
      }
    const mask = masked && !cs.linear ? tf.tensor4d(add, [B, 1, T, S]) : null;
    // The mask shows; the bias or the table of buckets may learn.
    const bias = cs.bias && tf.tensor4d(inp.bias, [1, H, T, S]);
    const table = cs.buckets && tf.tensor2d(inp.table, [cs.buckets, H]);
    const at =
      cs.buckets &&
      tf.tensor1d(
        Int32Array.from(
          { length: T * S },
          (_, i) => inp.bucketsBack[Math.max(0, Math.floor(i / S) - (i % S))],
        ),
        'int32',
      );
    const spread = (t) => tf.reshape(tf.transpose(tf.gather(t, at)), [1, H, T, S]);
    const attend = (q, k, v, more = bias ?? table) => {
      if (cs.linear) return (cs.causal ? linearCausal : linear)(q, k, v);
      let s = tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(D));
      if (more) s = tf.add(s, table ? spread(more) : more);
      if (mask) s = tf.add(s, mask);
      return tf.matMul(tf.softmax(s), v);
    };
    const dy = cs.grad ? lay(inp.dy, T, H) : null;
    const gradients = tf.grads(attend);
    const learned = cs.learned ? [bias ?? table] : [];
    let out = [];
    return {
      variant: cs.linear ? 'elu + 1, matMul' : 'matMul + mask + softmax + matMul',
      run() {
        const next = tf.tidy(() => (cs.grad ? gradients([q, k, v, ...learned], dy) : [attend(q, k, v)]));
        tf.dispose(out);
        out = next;
      },
      sync,
      async output() {
        const parts = [];
        for (const [n, o] of out.entries()) {
          // Of k and v spelled out, a key head's gradient is the sum of its query heads'.
          const t = tf.tidy(() => {
            if (n > 2) return tf.clone(o);
            const rows = tf.transpose(o, [0, 2, 1, 3]);
            if (!cs.grad || n === 0 || G === H) return rows;
            return tf.sum(tf.reshape(rows, [B * S, G, H / G, D]), 2);
          });
          for (const x of await t.data()) parts.push(x);
          t.dispose();
        }
        return parts;
      },
      dispose() {
        tf.dispose(out);
      },
    };
  },
};
