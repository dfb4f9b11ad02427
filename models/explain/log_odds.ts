import { add, crossEntropy, matmul, scale, subtract, sum, type Graph, type Tensor } from '../../engine/index';
import type { Problem } from '../problem';

/**
 * What is explained, one number of a text: of one label among several ln p / (1 - p), of labels that hold or not by themselves that label's logit,
 * which is the same, and of a number the number. In float64, from logits (K).
 */
export function logOdds(logits: ArrayLike<number>, target: number, problem: Problem): number {
  if (problem !== 'single_label_classification') return logits[target];
  let most = -Infinity;
  for (let k = 0; k < logits.length; k++) if (k !== target) most = Math.max(most, logits[k]);
  let others = 0;
  for (let k = 0; k < logits.length; k++) if (k !== target) others += Math.exp(logits[k] - most);
  return logits[target] - most - Math.log(others);
}

/**
 * The sum of it over a batch, for the backward pass: logits (B, K) -> scalar. With another class j than the target, ln Σ of the others' exponentials is
 * the cross-entropy of j among them, plus j's logit. Inputs: see `logOddsInputs`.
 */
export function recordLogOdds(g: Graph, logits: Tensor, problem: Problem): Tensor {
  const [B, K] = logits.shape;
  const picked = sum(g, g.view(matmul(g, logits, g.input('pick', [K, 1], 'f32')), [1, B]), 1);
  const total = g.view(picked, []);
  if (problem !== 'single_label_classification') return total;
  const hidden = add(g, logits, g.input('hide', [B, K], 'f32'));
  const rest = crossEntropy(g, hidden, g.input('other', [B], 'u32', { below: K }));
  return subtract(g, total, scale(g, rest, B));
}

/** Far below every logit, and finite. */
const HIDDEN = -1e9;

export function logOddsInputs(
  B: number,
  K: number,
  target: number,
  problem: Problem,
): Readonly<Record<string, ArrayBufferView>> {
  const pick = new Float32Array(K);
  pick[target] = 1;
  if (problem !== 'single_label_classification') return { pick };
  const j = target === 0 ? 1 : 0;
  pick[j] = -1;
  const hide = new Float32Array(B * K);
  for (let b = 0; b < B; b++) hide[b * K + target] = HIDDEN;
  return { pick, hide, other: new Uint32Array(B).fill(j) };
}
