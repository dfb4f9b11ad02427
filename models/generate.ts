import {
  DataError,
  EngineError,
  Graph,
  IGNORE_INDEX,
  Parameter,
  ParameterStore,
  sample,
  ShapeError,
  throwIfAborted,
} from '../engine/index';
import type { Device, Plan } from '../engine/index';
import type { GPT, LayerCache } from './gpt';

export interface GenerateOptions {
  /** Most tokens to make. Default 256. */
  readonly tokens?: number;
  /** 0 is greedy. Default 1. */
  readonly temperature?: number;
  /** Only the k likeliest tokens; 0 means all. Default 0. */
  readonly topK?: number;
  /** Only the smallest set whose probabilities reach p; 1 means all. Default 1. */
  readonly topP?: number;
  /** The same seed gives the same text. Default 0. */
  readonly seed?: number;
  /** Ids that end the text; the one met is not given out. */
  readonly stop?: readonly number[];
  /**
   * What happens when the context is full: 'stop' ends, 'slide' starts over from the later half of the context.
   * Default 'stop'.
   */
  readonly overflow?: 'stop' | 'slide';
  readonly signal?: AbortSignal;
}

/** Lengths that prompts are padded to: one plan each, compiled when first needed. */
const BUCKETS = [16, 64, 256, 1024];
/** Decode steps submitted before the oldest token is read, so that the GPU never waits for the page. */
const AHEAD = 2;

/**
 * Generates with one set of weights: owns the KV caches and plans, made once and reused by every call, one call at a
 * time. Dispose of it before the weights.
 */
export class Generator implements Disposable {
  readonly #device: Device;
  readonly #model: GPT;
  readonly #state: ParameterStore;
  readonly #caches: readonly LayerCache[];
  readonly #token: Parameter;
  readonly #plans = new Map<number, Promise<Plan>>();
  /** Plans that are ready, so that disposing needs to wait for nothing: the device may go next. */
  readonly #ready: Plan[] = [];
  #newest: Plan | null = null;
  #disposed = false;
  #busy = false;

  /** The model's parameters must have memory (a ParameterStore over it). */
  constructor(device: Device, model: GPT) {
    this.#device = device;
    this.#model = model;
    this.#caches = model.caches(1);
    this.#token = new Parameter([1], { trainable: false, decay: false, dtype: 'u32' });
    this.#state = new ParameterStore(
      device,
      { caches: this.#caches, token: this.#token },
      { owner: 'KV cache' },
    );
  }

  /**
   * Tokens that follow `prompt`, one by one as they are made. Stops at `tokens`, a stop id, the end of the context or
   * an abort (which throws the signal's reason). Errors: an empty or too long prompt, ids outside the vocabulary.
   */
  async *generate(
    prompt: ArrayLike<number>,
    options: GenerateOptions = {},
  ): AsyncGenerator<number, void, undefined> {
    const { tokens = 256, overflow = 'stop', stop = [], signal } = options;
    const { context, vocabulary } = this.#model.config;
    this.#check(prompt, options);
    if (this.#busy)
      throw new EngineError(
        'generate',
        'this generator is busy',
        'Await the other call or make a second one.',
      );
    this.#busy = true;
    const waiting: Promise<Uint32Array>[] = [];
    try {
      const text: number[] = Array.from(prompt);
      let position = 0; // rows that the caches hold
      let fresh = text.slice(); // tokens to feed next; empty when the last sample, still on the GPU, is next
      let made = 0;
      for (let given = 0; given < tokens;) {
        throwIfAborted(signal);
        const full = position + Math.max(1, fresh.length) > context;
        if (full && waiting.length === 0) {
          if (overflow === 'stop') return;
          fresh = text.slice(-Math.max(1, Math.floor(context / 2)));
          position = 0;
        }
        if (made < tokens && waiting.length < AHEAD && !(full && waiting.length > 0)) {
          position += await this.#advance(fresh, position, options, made);
          fresh = [];
          made++;
          const plan = await this.#plan(1);
          waiting.push(plan.readIntegers('token'));
          continue;
        }
        const id = (await waiting.shift()!)[0];
        throwIfAborted(signal);
        if (id >= vocabulary) {
          throw new DataError(
            'generate',
            'the logits are not finite',
            'These weights are damaged or have diverged.',
          );
        }
        if (stop.includes(id)) return;
        text.push(id);
        given++;
        yield id;
      }
    } finally {
      await Promise.allSettled(waiting); // tokens made ahead that nobody wants
      this.#busy = false;
    }
  }

  /**
   * The plan of the newest step, to look at: `plan.attention(layer, head)` shows what the token that it fed attended to
   * (after a prompt, what all its tokens did). Steps are made ahead of the tokens given out. Null before the first.
   */
  get plan(): Plan | null {
    return this.#newest;
  }

  /** Feeds tokens (or, when there are none, the token sampled last) and samples the next. Returns how many rows. */
  async #advance(
    fresh: readonly number[],
    position: number,
    options: GenerateOptions,
    index: number,
  ): Promise<number> {
    const { temperature = 1, topK = 0, topP = 1, seed = 0 } = options;
    const step = { index, seed, position, temperature, topK, topP };
    if (fresh.length === 0) {
      this.#newest = await this.#plan(1);
      this.#newest.run({}, { ...step, length: 1 });
      return 1;
    }
    const { context } = this.#model.config;
    const length = [...BUCKETS.filter((n) => n < context), context].find((n) => n >= fresh.length)!;
    const ids = new Uint32Array(length);
    ids.set(fresh);
    this.#newest = await this.#plan(Math.max(2, length));
    this.#newest.run({ ids }, { ...step, length: fresh.length });
    return fresh.length;
  }

  /** The plan for T = `length`; for 1 the input is the token sampled last, which never leaves the GPU. */
  #plan(length: number): Promise<Plan> {
    let plan = this.#plans.get(length);
    if (!plan) {
      const g = new Graph(this.#device, { label: length === 1 ? 'decode' : `prefill ${length}` });
      const token = g.use(this.#token);
      const ids =
        length === 1
          ? g.view(token, [1, 1])
          : g.input('ids', [1, length], 'u32', { below: this.#model.config.vocabulary });
      sample(g, this.#model.next(g, ids, this.#caches), { out: token });
      plan = g.compile({ token }).then((compiled) => {
        if (this.#disposed) compiled[Symbol.dispose]();
        else this.#ready.push(compiled);
        return compiled;
      });
      this.#plans.set(length, plan);
    }
    return plan;
  }

  #check(
    prompt: ArrayLike<number>,
    { temperature = 1, topK = 0, topP = 1, tokens = 256 }: GenerateOptions,
  ): void {
    const { context, vocabulary } = this.#model.config;
    if (prompt.length === 0) {
      throw new DataError(
        'generate',
        'the prompt is empty',
        'Give at least one token, such as a line break.',
      );
    }
    if (prompt.length > context) {
      throw new ShapeError(
        'GPT context',
        `${prompt.length} tokens exceed context ${context}`,
        'Shorten the prompt or raise context.',
      );
    }
    for (let i = 0; i < prompt.length; i++) {
      const id = prompt[i];
      if (!Number.isInteger(id) || id < 0 || id >= vocabulary || id === IGNORE_INDEX) {
        throw new DataError(
          'generate',
          `the prompt holds ${id} at index ${i}, but ids must be below ${vocabulary}`,
          'Encode it with the tokenizer that belongs to this model.',
        );
      }
    }
    const ranges: [string, number, boolean, string][] = [
      [
        'temperature',
        temperature,
        temperature >= 0 && Number.isFinite(temperature),
        'Use 0 (greedy) or more.',
      ],
      ['topK', topK, Number.isInteger(topK) && topK >= 0, 'Use 0 (all) or a whole number of tokens.'],
      ['topP', topP, topP > 0 && topP <= 1, 'Use a share above 0 and at most 1.'],
      ['tokens', tokens, Number.isInteger(tokens) && tokens >= 0, 'Use a whole number.'],
    ];
    for (const [name, value, valid, todo] of ranges) {
      if (!valid) throw new EngineError('generate', `${name} is ${value}`, todo);
    }
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    for (const plan of this.#ready.splice(0)) plan[Symbol.dispose]();
    this.#state[Symbol.dispose]();
  }
}
