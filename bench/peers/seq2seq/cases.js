// The encoder-decoder Transformer as cases of the peer harness: one training step, and beam search with 4 beams. Sizes,
// inputs, and what the losses and the ids must be: PyTorch's in float64 (make_references.py).
import { gauss, rng } from '../../cases.js'; // of the harness, where extend.mjs puts this folder
import { references } from './references.js';

/** Heed's preset `small`: pre-norm, sinusoidal positions, one embedding for source, target and output. */
const SMALL = { layers: 4, width: 128, heads: 4, hidden: 256, vocabulary: 4000, context: 64 };
/** Ids of padding, begin and end. */
export const [PAD, BEGIN, END] = [0, 1, 2];

/** Multiply-adds of the matrices for one row of each side, whatever a peer computes. */
function work({ layers, width: C, hidden, vocabulary }) {
  const feedForward = 2 * C * hidden;
  return {
    source: layers * (4 * C * C + feedForward + 2 * C * C), // with the memory's keys and values
    target: layers * (6 * C * C + feedForward),
    output: vocabulary * C,
  };
}
const { source, target, output } = work(SMALL);

export const seq2seqCases = [
  {
    id: 'seq2seq-train-32x32',
    kind: 'seq2seq-train',
    cfg: SMALL,
    ...{ B: 32, S: 32, T: 32, lr: 1e-3, decay: 0.01, smoothing: 0.1, tol: 2e-4 },
    flop: 6 * 32 * 32 * (source + target + output),
  },
  {
    id: 'seq2seq-beam-8x4',
    kind: 'seq2seq-beam',
    cfg: SMALL,
    ...{ sentences: 8, beams: 4, S: 24, tokens: 32 },
    // Larger sublayers, and a last norm around 0: else every token follows itself.
    gain: { out_proj: 2, linear2: 3 },
    lastNorm: [4, 0],
    flop: 2 * (8 * 24 * source + 32 * 32 * (target + output)),
  },
];

/** [name, shape, standard deviation, mean]: names and layout (out, in) of nn.Transformer, cross-attention's cut in two. */
export function parameterSpecs({ layers, width: C, hidden, vocabulary }) {
  const specs = [['embedding.weight', [vocabulary, C], C ** -0.5, 0]];
  const linear = (name, inputs, outputs) => {
    const [weight, bias] = name.endsWith('in_proj') ? ['_weight', '_bias'] : ['.weight', '.bias'];
    specs.push([name + weight, [outputs, inputs], Math.sqrt(2 / (inputs + outputs)), 0]);
    specs.push([name + bias, [outputs], 0.02, 0]);
  };
  const norm = (name) => specs.push([`${name}.weight`, [C], 0.05, 1], [`${name}.bias`, [C], 0.02, 0]);
  for (const stack of ['encoder', 'decoder']) {
    for (let l = 0; l < layers; l++) {
      const at = `${stack}.layers.${l}`;
      linear(`${at}.self_attn.in_proj`, C, 3 * C);
      linear(`${at}.self_attn.out_proj`, C, C);
      norm(`${at}.norm1`);
      if (stack === 'decoder') {
        linear(`${at}.multihead_attn.q_proj`, C, C);
        linear(`${at}.multihead_attn.kv_proj`, C, 2 * C);
        linear(`${at}.multihead_attn.out_proj`, C, C);
        norm(`${at}.norm3`);
      }
      linear(`${at}.linear1`, C, hidden);
      linear(`${at}.linear2`, hidden, C);
      norm(`${at}.norm2`);
    }
    norm(`${stack}.norm`);
  }
  return specs;
}

/** Rows of real tokens, 80 to 100 % of `length`: 90 % on average. */
function rows(count, length, seed) {
  const random = rng(seed);
  const lengths = Int32Array.from({ length: count }, (_, b) =>
    Math.round(length * (0.8 + (0.2 * b) / (count - 1))),
  );
  for (let b = count - 1; b > 0; b--) {
    const other = Math.floor(random() * (b + 1));
    [lengths[b], lengths[other]] = [lengths[other], lengths[b]];
  }
  const ids = new Int32Array(count * length).fill(PAD);
  for (let b = 0; b < count; b++) {
    for (let t = 0; t < lengths[b]; t++)
      ids[b * length + t] = 3 + Math.floor(random() * (SMALL.vocabulary - 3));
  }
  return { ids, lengths };
}

/** Labels of padding are -1. */
export function seq2seqInputs(cs) {
  const params = {};
  for (const [i, [name, shape, deviation, mean]] of parameterSpecs(cs.cfg).entries()) {
    const size = shape.reduce((a, b) => a * b, 1);
    const drawn =
      cs.lastNorm && name === 'decoder.norm.weight' ? cs.lastNorm : [gainOf(cs, name) * deviation, mean];
    params[name] = { shape, data: gauss(size, 3000 + i, ...drawn) };
  }
  if (cs.kind === 'seq2seq-beam') {
    const { ids, lengths } = rows(cs.sentences, cs.S, 31);
    return { params, source: ids, sourceLengths: lengths };
  }
  const { B, S, T } = cs;
  const from = rows(B, S, 32);
  const to = rows(B, T, 33);
  const [ids, labels] = [new Int32Array(B * T).fill(PAD), new Int32Array(B * T).fill(-1)];
  for (let b = 0; b < B; b++) {
    ids[b * T] = BEGIN;
    for (let t = 0; t < to.lengths[b]; t++) {
      const last = t === to.lengths[b] - 1;
      labels[b * T + t] = last ? END : to.ids[b * T + t];
      if (!last) ids[b * T + t + 1] = to.ids[b * T + t];
    }
  }
  return { params, source: from.ids, sourceLengths: from.lengths, ids, labels, lengths: to.lengths };
}

const gainOf = ({ gain = {} }, name) =>
  gain[Object.keys(gain).find((part) => name.endsWith(`${part}.weight`))] ?? 1;

/** [index, value] pairs: losses of the first steps, or the ids of the best hypothesis of each sentence. */
export const seq2seqExpected = (cs) => [...references[cs.id].entries()];
