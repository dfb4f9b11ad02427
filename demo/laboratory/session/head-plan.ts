import {
  add,
  addPositions,
  embedding,
  Graph,
  matmul,
  RandomStream,
  scale,
  selfAttention,
  sinusoidalTable,
  softmax,
  type Device,
  type Plan,
  type Tensor,
} from '../../../engine/index';
import { farthest } from '../../session/farthest';
import {
  HEAD_STAGES,
  HEAD_WIDTH,
  TOKENS,
  WIDTH,
  type HeadInput,
  type HeadResult,
  type HeadStage,
  type Matrix,
} from './protocol';
import { idOf, PADDING_ID, VOCABULARY } from './tokens';

/** What a masked score gets added. Finite, because WGSL may assume that there are no infinities. */
const MASKED = -1e30;
const SEED = 7;
/** Stages that are inputs of the plan: the page gets them as they were sent. */
type InputStage = 'positions' | 'weightQ' | 'weightK' | 'weightV';
type OutputStage = Exclude<HeadStage, InputStage | 'fused'>;

/**
 * One attention head with nothing fused: every intermediate is an output. Beside it the fused op on the same X, full
 * and causal. X has TOKENS rows whatever the sentence; what is no word is padding.
 */
export class HeadPlan implements Disposable {
  readonly #plan: Plan;

  private constructor(plan: Plan) {
    this.#plan = plan;
  }

  static async record(device: Device): Promise<HeadPlan> {
    const g = new Graph(device, { label: 'attention laboratory' });
    const table = g.constant('words', [VOCABULARY, WIDTH], normal('words', VOCABULARY * WIDTH, 1));
    const ids = g.input('ids', [1, TOKENS], 'u32', { below: VOCABULARY });
    const positions = g.input('positions', [TOKENS, WIDTH], 'f32');
    const words = embedding(g, ids, table);
    const x = addPositions(g, words, positions);
    const project = (name: string): Tensor => matmul(g, x, g.input(name, [WIDTH, HEAD_WIDTH], 'f32'));
    const [q, k, v] = [project('weightQ'), project('weightK'), project('weightV')];
    const scores = matmul(g, q, k, { transposeB: true });
    const scaled = scale(g, scores, 1 / Math.sqrt(HEAD_WIDTH));
    const masked = add(g, scaled, g.input('bias', [TOKENS, TOKENS], 'f32'));
    const weights = softmax(g, masked, { mask: g.input('mask', [TOKENS, TOKENS], 'u32') });
    const out = matmul(g, weights, v);

    const qkv = matmul(g, x, g.input('weightQKV', [WIDTH, 3 * HEAD_WIDTH], 'f32'));
    const lengths = g.input('lengths', [1], 'u32');
    const fused = (causal: boolean): Tensor =>
      g.scope(causal ? 'causal' : 'full', () => selfAttention(g, qkv, { heads: 1, causal, lengths }));
    const outputs: Record<OutputStage | 'full' | 'causal', Tensor> = {
      ...{ embedding: words, x, q, k, v, scores, scaled, masked, weights, out },
      full: fused(false),
      causal: fused(true),
    };
    return new HeadPlan(await g.compile(outputs));
  }

  async run({ words, causal, positions, weights }: HeadInput): Promise<HeadResult> {
    const began = performance.now();
    const ids = new Uint32Array(TOKENS).fill(PADDING_ID);
    ids.set(words.map(idOf));
    const mask = Uint32Array.from({ length: TOKENS * TOKENS }, (_, at) => {
      const [query, key] = [Math.floor(at / TOKENS), at % TOKENS];
      return key < words.length && (!causal || key <= query) ? 1 : 0;
    });
    const given: Record<InputStage, Matrix> = {
      positions: matrix(
        TOKENS,
        WIDTH,
        positions ? sinusoidalTable(TOKENS, WIDTH) : new Float32Array(TOKENS * WIDTH),
      ),
      weightQ: projection('query', weights),
      weightK: projection('key', weights),
      weightV: projection('value', weights),
    };
    const { weightQ, weightK, weightV } = given;
    this.#plan.run({
      ids,
      mask,
      bias: Float32Array.from(mask, (sees) => (sees ? 0 : MASKED)),
      lengths: Uint32Array.of(words.length),
      positions: given.positions.values,
      ...{ weightQ: weightQ.values, weightK: weightK.values, weightV: weightV.values },
      weightQKV: sideBySide([weightQ, weightK, weightV]),
    });
    const read = async (stage: HeadStage): Promise<readonly [HeadStage, Matrix]> => {
      if (stage in given) return [stage, given[stage as InputStage]];
      const values = await this.#plan.read(stage === 'fused' ? (causal ? 'causal' : 'full') : stage);
      return [stage, matrix(TOKENS, values.length / TOKENS, values)];
    };
    const stages = Object.fromEntries(await Promise.all(HEAD_STAGES.map(read))) as HeadResult['stages'];
    const milliseconds = performance.now() - began;
    const shown = await this.#plan.attention(causal ? 'causal' : 'full', 0);
    return {
      stages,
      difference: farthest(stages.out.values, stages.fused.values),
      shownDifference: farthest(stages.weights.values, shown.probabilities),
      milliseconds,
    };
  }

  [Symbol.dispose](): void {
    this.#plan[Symbol.dispose]();
  }
}

const matrix = (rows: number, columns: number, values: Float32Array): Matrix => ({ rows, columns, values });

function normal(name: string, size: number, deviation: number): Float32Array {
  const random = new RandomStream(SEED, name);
  return Float32Array.from({ length: size }, () => deviation * random.normal());
}

function projection(name: string, weights: HeadInput['weights']): Matrix {
  const size = WIDTH * HEAD_WIDTH;
  const values =
    weights === 'random'
      ? normal(name, size, 1 / Math.sqrt(WIDTH))
      : Float32Array.from({ length: size }, (_, at) =>
          Math.floor(at / HEAD_WIDTH) === at % HEAD_WIDTH ? 1 : 0,
        );
  return matrix(WIDTH, HEAD_WIDTH, values);
}

/** The columns of all parts, row by row: what the fused op reads. */
function sideBySide(parts: readonly Matrix[]): Float32Array {
  const { rows } = parts[0];
  return Float32Array.from(
    Array.from({ length: rows }, (_, row) =>
      parts.flatMap(({ columns, values }) => [...values.subarray(row * columns, (row + 1) * columns)]),
    ).flat(),
  );
}
