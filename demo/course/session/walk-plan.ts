import {
  add,
  addPositions,
  Graph,
  matmul,
  multiply,
  normalize,
  selfAttention,
  slice,
  type Device,
  type Linear,
  type Plan,
  type Tensor,
} from '../../../engine/index';
import type { GPT } from '../../../models/index';
import { largest, likeliest } from '../../session/likeliest';
import { part, type Maps } from '../../session/maps';
import { MOST, POSITIONS, type Stage, type Switches, type Walk } from './protocol';

/** Tokens that are told of a place, best first. */
const GUESSES = 5;
const NEAR = 8;

/**
 * A GPT written out, block by block, so that each number on the way is an output, and each part can be left out. It has the weights,
 * the kernels and the order of `GPT.forward`. Texts have MOST rows: what stands behind their end is seen by no token of theirs.
 */
export class WalkPlan implements Disposable {
  readonly #plan: Plan;
  readonly #model: GPT;

  private constructor(plan: Plan, model: GPT) {
    [this.#plan, this.#model] = [plan, model];
  }

  static async record(device: Device, model: GPT): Promise<WalkPlan> {
    const { stack, tokens, positions, head, config } = model;
    const g = new Graph(device, { label: 'course' });
    const outputs: Record<string, Tensor> = {};
    const give = (name: string, x: Tensor): Tensor => (outputs[name] = x);
    /** What the head makes of a place of the residual stream. */
    const guess = (name: string, x: Tensor): Tensor =>
      give(name, head.forward(g, stack.norm!.forward(g, x), tokens.weight));
    /** `x` + what a block gives, unless its switch, 1 or 0, leaves it out. */
    const block = (name: string, x: Tensor, of: (x: Tensor) => Tensor): Tensor => {
      const added = give(`${name} added`, multiply(g, of(x), g.input(`${name} on`, [], 'f32')));
      const after = give(name, add(g, x, added));
      guess(`${name} guess`, after);
      return after;
    };

    const words = give('tokens', tokens.forward(g, g.input('ids', [1, MOST], 'u32')));
    const table = g.use(positions!.weight);
    const places = slice(g, table, 0, 0, MOST);
    const switched = give('positions', multiply(g, places, g.input('positions on', [], 'f32')));
    let x = give('start', addPositions(g, words, switched));
    guess('start guess', x);
    stack.layers.forEach((layer, i) => {
      x = block(`attention ${i}`, x, (x) => {
        const { qkv, output } = layer.attention as (typeof layer)['attention'] & Projections;
        const rows = give(`qkv ${i}`, qkv.forward(g, layer.attentionNorm.forward(g, x)));
        const mixed = g.scope(`layer ${i}`, () =>
          selfAttention(g, rows, { heads: config.heads, causal: true }),
        );
        return output.forward(g, mixed);
      });
      x = block(`feed-forward ${i}`, x, (x) =>
        layer.feedForward.forward(g, layer.feedForwardNorm!.forward(g, x)),
      );
    });
    const alike = (a: Tensor, b: Tensor): Tensor =>
      matmul(g, normalize(g, a), normalize(g, b), { transposeB: true });
    give('near', alike(words, g.use(tokens.weight)));
    const first = slice(g, table, 0, 0, POSITIONS);
    give('alike positions', alike(first, first));
    return new WalkPlan(await g.compile(outputs), model);
  }

  /** Cosines between the vectors of the first positions, (POSITIONS, POSITIONS). */
  async positions(): Promise<Float32Array> {
    this.#run(new Uint32Array(), { positions: true, blocks: [] });
    return this.#plan.read('alike positions');
  }

  /** Of at most MOST ids. */
  async walk(
    ids: Uint32Array,
    switches: Switches,
  ): Promise<Omit<Walk, 'ids' | 'text' | 'cut' | 'difference'>> {
    const { layers, vocabulary, width } = this.#model.config;
    const T = ids.length;
    this.#run(ids, switches);
    const read = async (name: string, columns = width): Promise<Float32Array> =>
      (await this.#plan.read(name)).subarray(0, T * columns);
    const near = await read('near', vocabulary);
    const stages: Stage[] = [];
    for (const name of ['start', ...this.#blocks]) stages.push(await this.#stage(name, read));
    const maps: Maps[] = [];
    for (const [layer, { heads }] of this.#plan.attentions.entries()) {
      const { probabilities } = await this.#plan.attention(layer, 'all');
      const all = { heads, rows: MOST, columns: MOST, probabilities };
      maps.push(part(all, { from: 0, count: T }, { from: 0, count: T }));
    }
    const last = await read(`${this.#blocks.at(-1)} guess`, vocabulary);
    return {
      tokens: await read('tokens'),
      positions: await read('positions'),
      near: Array.from({ length: T }, (_, t) => nearest(near, t, vocabulary, ids[t])),
      qkv: await Promise.all(Array.from({ length: layers }, (_, i) => read(`qkv ${i}`, 3 * width))),
      ...{ maps, stages },
      logits: last.slice((T - 1) * vocabulary),
    };
  }

  [Symbol.dispose](): void {
    this.#plan[Symbol.dispose]();
  }

  /** Names of the blocks, in the order of computation. */
  get #blocks(): string[] {
    const { layers } = this.#model.config;
    return Array.from({ length: layers }, (_, i) => [`attention ${i}`, `feed-forward ${i}`]).flat();
  }

  #run(ids: Uint32Array, { positions, blocks }: Switches): void {
    const padded = new Uint32Array(MOST);
    padded.set(ids);
    const on = (wanted = true): Float32Array<ArrayBuffer> => Float32Array.of(wanted ? 1 : 0);
    this.#plan.run({
      ids: padded,
      'positions on': on(positions),
      ...Object.fromEntries(this.#blocks.map((name, i) => [`${name} on`, on(blocks[i])])),
    });
  }

  async #stage(
    name: string,
    read: (name: string, columns?: number) => Promise<Float32Array>,
  ): Promise<Stage> {
    const { width, vocabulary } = this.#model.config;
    const added = name === 'start' ? null : lengthsOf(await read(`${name} added`), width);
    const guesses = await read(`${name} guess`, vocabulary);
    const of = (t: number): Float32Array => guesses.subarray(t * vocabulary, (t + 1) * vocabulary);
    return {
      ...{ added, lengths: lengthsOf(await read(name), width) },
      guesses: Array.from({ length: guesses.length / vocabulary }, (_, t) => likeliest(of(t), GUESSES)),
    };
  }
}

interface Projections {
  readonly qkv: Linear;
  readonly output: Linear;
}

/** Euclidean lengths of rows. */
function lengthsOf(rows: Float32Array, width: number): Float32Array {
  return Float32Array.from({ length: rows.length / width }, (_, t) =>
    Math.hypot(...rows.subarray(t * width, (t + 1) * width)),
  );
}

/** Of row t of cosines (T, V), the largest besides the token's own. */
function nearest(cosines: Float32Array, t: number, vocabulary: number, own: number): Walk['near'][number] {
  const row = cosines.subarray(t * vocabulary, (t + 1) * vocabulary);
  return largest(row, NEAR + 1)
    .filter((id) => id !== own)
    .slice(0, NEAR)
    .map((id) => ({ id, share: row[id] }));
}
