// TensorFlow.js as a user writes these attentions: two products and a softmax.
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
    let mask = masked ? tf.tensor4d(add, [B, 1, T, S]) : null;
    if (cs.bias) mask = tf.tidy(() => tf.add(mask, tf.tensor4d(inp.bias, [1, H, T, S])));
    const attend = (q, k, v) => {
      let s = tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(D));
      if (mask) s = tf.add(s, mask);
      return tf.matMul(tf.softmax(s), v);
    };
    const dy = cs.grad ? lay(inp.dy, T, H) : null;
    const gradients = tf.grads(attend);
    let out = [];
    return {
      variant: 'matMul + mask + softmax + matMul',
      run() {
        const next = tf.tidy(() => (cs.grad ? gradients([q, k, v], dy) : [attend(q, k, v)]));
        tf.dispose(out);
        out = next;
      },
      sync,
      async output() {
        const parts = [];
        for (const o of out) {
          const t = tf.transpose(o, [0, 2, 1, 3]);
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
