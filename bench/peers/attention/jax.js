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

export const kinds = {
  'attention-options'(cs, inp) {
    const { B, T, S, H, G, D } = cs;
    const q = np.array(inp.q, { shape: [B, T, H, D] });
    const [k, v] = [inp.k, inp.v].map((x) => np.array(x, { shape: [B, S, G, D] }));
    const extra = {};
    if (cs.bias) extra.bias = np.array(inp.bias, { shape: [1, H, T, S] });
    if (cs.lengths) extra.keyValueSeqLengths = np.array(Int32Array.from(cs.lengths), { dtype: np.int32 });
    const dy = cs.grad ? np.array(inp.dy, { shape: [B, T, H, D] }) : null;
    const fixed = { isCausal: !!cs.causal, ...(cs.window ? { localWindowSize: [cs.window - 1, 0] } : {}) };
    const attend = (q, k, v, x) => nn.dotProductAttention(q, k, v, { ...fixed, ...x });
    const step = cs.grad
      ? jit((q, k, v, dy) => {
          const loss = (parts, dy) => attend(parts[0], parts[1], parts[2], {}).mul(dy).sum();
          return grad(loss)([q, k, v], dy);
        })
      : jit((q, k, v, x) => [attend(q, k, v, x)]);
    const last = cs.grad ? dy : extra;
    let held = [];
    return {
      variant: 'nn.dotProductAttention',
      run() {
        held.push(step(q.ref, k.ref, v.ref, tree.ref(last)));
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
        const parts = [];
        for (const o of held.at(-1)) for (const x of await o.ref.data()) parts.push(x);
        return parts;
      },
      dispose() {
        for (const list of held) tree.dispose(list);
        tree.dispose([q, k, v, last]);
      },
    };
  },
};
