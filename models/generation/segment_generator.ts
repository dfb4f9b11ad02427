/** Generation by models that remember segments instead of keys and values: Transformer-XL. */
import {
  expectOptions,
  Graph,
  Parameter,
  ParameterStore,
  Plans,
  sample,
  throwIfAborted,
  type Device,
  type Plan,
  type SegmentMemory,
  type Tensor,
} from '../../engine/index';
import { completeGeneration, type GenerateOptions } from './generate_options';
import { AHEAD, expectToken, Turns } from './turns';

/** What it needs of a model. */
export interface SegmentDecoder {
  readonly config: { readonly vocabulary: number };
  memories(batch: number): readonly SegmentMemory[];
  /** ids (B, T) u32 -> logits (B, V) of the last token; moves the memories on by T rows. */
  next(g: Graph, ids: Tensor, memories: readonly SegmentMemory[]): Tensor;
}

/** How `SegmentGenerator.generate` chooses tokens, and when a text ends. */
export type SegmentGenerateOptions = Pick<
  GenerateOptions,
  'tokens' | 'temperature' | 'topK' | 'topP' | 'minP' | 'seed' | 'stop' | 'signal'
>;

/** Tokens of a prompt that are read at a time; its rest goes token by token, since memories know no padding. */
const SEGMENT = 32;
const WHERE = 'generate';

/**
 * Goes on with texts of any length in constant memory: each token attends to the model's memory and to itself. Owns memories and
 * plans, made once and reused by every call, one call at a time. Dispose of it before the weights.
 */
export class SegmentGenerator implements Disposable {
  readonly #device: Device;
  readonly #model: SegmentDecoder;
  readonly #token = new Parameter([1], { trainable: false, decay: false, dtype: 'u32' });
  readonly #memories: readonly SegmentMemory[];
  readonly #state: ParameterStore;
  readonly #plans = new Plans<number>();
  readonly #turns = new Turns(WHERE);

  /** The model's parameters must have memory (a ParameterStore over it). */
  constructor(device: Device, model: SegmentDecoder) {
    this.#device = device;
    this.#model = model;
    this.#memories = model.memories(1);
    const state = { memories: this.#memories, token: this.#token };
    this.#state = new ParameterStore(device, state, { owner: 'segment memory' });
  }

  /**
   * Tokens that follow `prompt`, one by one as they are made. Stops at `tokens`, a stop id or an abort (which throws the
   * signal's reason). Throws for an empty prompt, ids outside the vocabulary, options that are unknown or out of range, and
   * disposal meanwhile.
   */
  async *generate(
    prompt: ArrayLike<number>,
    options: SegmentGenerateOptions = {},
  ): AsyncGenerator<number, void, undefined> {
    expectOptions(WHERE, options, {
      ...{ tokens: 0, temperature: 0, topK: 0, topP: 0, minP: 0, seed: 0, stop: 0, signal: 0 },
    });
    const { vocabulary } = this.#model.config;
    const o = completeGeneration(prompt, options, { config: { vocabulary, context: Infinity } });
    const { temperature, topK, topP, minP, seed, tokens, stop, signal } = o;
    this.#turns.begin();
    const waiting: Promise<Uint32Array>[] = [];
    const step = (index: number) => ({ index, seed, temperature, topK, topP, minP });
    try {
      await this.#state.ready();
      for (const [name, { size }] of this.#state.parameters) this.#state.write(name, new Float32Array(size));
      const single = await this.#plan(1);
      let at = 0;
      // The last token of the prompt is left to the first draw.
      for (; at + SEGMENT < prompt.length; at += SEGMENT) {
        throwIfAborted(signal);
        const ids = Uint32Array.from({ length: SEGMENT }, (_, i) => prompt[at + i]);
        (await this.#plan(SEGMENT)).run({ ids }, step(0));
      }
      for (; at < prompt.length; at++) {
        this.#state.write('token', Float32Array.of(prompt[at]));
        if (at < prompt.length - 1) single.run({}, step(0));
      }
      for (let made = 0, given = 0; given < tokens;) {
        throwIfAborted(signal);
        this.#turns.assertUsable();
        if (made < tokens && waiting.length < AHEAD) {
          single.run({}, step(made++));
          const token = single.readIntegers('token');
          token.catch(() => null); // told when its turn comes
          waiting.push(token);
          continue;
        }
        const [id] = await waiting.shift()!;
        throwIfAborted(signal);
        expectToken(WHERE, id < vocabulary);
        if (stop.includes(id)) return;
        given++;
        yield id;
      }
    } finally {
      await Promise.allSettled(waiting);
      this.#turns.end();
    }
  }

  /** The plan of T tokens; of one, it is the token drawn last, which never leaves the GPU. */
  #plan(T: number): Promise<Plan> {
    return this.#plans.get(T, () => {
      const g = new Graph(this.#device, { label: T === 1 ? 'decode' : `segment ${T}` });
      const token = g.use(this.#token);
      const below = this.#model.config.vocabulary;
      const ids = T === 1 ? g.view(token, [1, 1]) : g.input('ids', [1, T], 'u32', { below });
      sample(g, this.#model.next(g, ids, this.#memories), { out: token });
      return g.compile({ token });
    });
  }

  [Symbol.dispose](): void {
    this.#turns.dispose();
    this.#plans[Symbol.dispose]();
    this.#state[Symbol.dispose]();
  }
}
