import { sigmoid } from '../../shaders/activation/activation';
import { multiply } from '../../shaders/multiply/multiply';
import type { OutputGate } from './attention';

/** y · sigmoid(gate): the `outputGate` of Qwen3-Next's attention (Qiu et al. 2025). */
export const sigmoidGate: OutputGate = (g, y, gate) => multiply(g, y, sigmoid(g, gate));
