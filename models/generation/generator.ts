import {
  countTokens,
  DataError,
  expectOptions,
  formatBytes,
  NO_TOKEN,
  Parameter,
  penalize,
  sample,
  ShapeError,
  throwIfAborted,
  weightChanges,
  withoutTokens,
} from '../../engine/index';
import type { Device, Plan, Tensor } from '../../engine/index';
import { bansChange, bansOf, placesFor } from './bans';
import { cacheBytes, cacheContext, sourceContext } from './cache_context';
import type { Decoder } from './decoder';
import { Decoding } from './decoding';
import { completeGeneration, type CompleteGenerate, type GenerateOptions } from './generate_options';
import { checkSpecial, penalises, type SpecialIds } from './option_table';
import { readScores, score, type Scores } from './scored_tokens';
import { seenIn, seenTable } from './seen';
import { AHEAD, expectToken, Turns } from './turns';

export type { GenerateOptions, ScoredToken } from './generate_options';

/** Sizes of a `Generator`'s caches, and the ids that begin and end texts. */
export interface GeneratorOptions extends SpecialIds {
  /**
   * Tokens that the KV cache holds, prompt included: at most the model's context. Default: that context, or as much of it
   * as takes 512 MiB and as the device can bind, or where 'dynamic' rotary scaling begins.
   */
  readonly context?: number;
  /** Tokens of the longest source, which caches hold besides. Default: the model's context. */
  readonly source?: number;
}

const WHERE = 'generate';

/** A token on its way from the GPU. */
interface Waiting {
  readonly token: Promise<Uint32Array>;
  /** What the model made of it; null where nobody asks. */
  readonly scored: Promise<Scores> | null;
  readonly bans: readonly number[];
  /** Writes of the step itself that `weightChanges` counts. */
  readonly writes: number;
}

interface StepInput {
  readonly fresh: readonly number[];
  /** All tokens that stand in the caches once `fresh` does, from their first row on. */
  readonly window: readonly number[];
  /** How many of `window` are of the prompt. */
  readonly prompted: number;
  readonly position: number;
  readonly bans: readonly number[];
  readonly index: number;
}

/** What a step's plan depends on. */
interface StepShape {
  /** Tokens that are fed. */
  readonly length: number;
  /** Places for banned ids, 0 where none is. */
  readonly bans: number;
  readonly penalised: boolean;
  /** 0, or 1 and the alternatives that are asked for. */
  readonly scores: number;
}

const padded = (ids: readonly number[], length: number, filler: number): Uint32Array => {
  const all = new Uint32Array(length).fill(filler);
  all.set(ids);
  return all;
};

/**
 * Writes token by token with one set of weights, greedy or sampling, where tokens go from step to step on the GPU: any
 * `Decoder`, such as a GPT, which goes on with a prompt, or an `EncoderDecoder`, which says what a source calls for. Owns
 * the KV caches and plans, made once and reused by every call, one call at a time. Dispose of it before the weights.
 */
export class Generator implements Disposable {
  readonly #device: Device;
  readonly #model: Decoder;
  /** Tokens that the caches hold. */
  readonly context: number;
  readonly #source: number;
  /** Whether somebody asked for just these. */
  readonly #chosen: boolean;
  readonly #begin: readonly number[];
  readonly #end: readonly number[];
  /** Null where the device had no memory for it: made anew by the next call. */
  #decoding: Decoding | null;
  readonly #token: Parameter;
  #newest: Plan | null = null;
  /** What the caches hold since the last call, and how often weights had changed when it began, its own writes besides. */
  #held: { readonly ids: readonly number[]; readonly changes: number } | null = null;
  readonly #turns = new Turns(WHERE);

  /**
   * The model's parameters must have memory (a ParameterStore over it). Throws `ShapeError` for a context that the model
   * does not have, `DeviceError` for one whose cache the device cannot bind, `EngineError` for a `begin` that is missing or
   * that the model has no use for.
   */
  constructor(device: Device, model: Decoder, options: GeneratorOptions = {}) {
    expectOptions('Generator', options, { context: true, source: true, begin: true, end: true });
    this.#device = device;
    this.#model = model;
    this.context = cacheContext(device, model, options.context);
    this.#source = sourceContext('Generator', model, options.source);
    this.#chosen = options.context !== undefined;
    ({ begin: this.#begin, end: this.#end } = checkSpecial('Generator', model, options));
    this.#token = new Parameter([1], { trainable: false, decay: false, dtype: 'u32' });
    this.#decoding = this.#allocate();
  }

  #allocate(): Decoding {
    return new Decoding(this.#device, this.#model, {
      ...{ sequences: 1, beams: 1, context: this.context, source: this.#source },
      ...{ owner: 'KV cache', more: { token: this.#token } },
    });
  }

  async #memory(): Promise<Decoding> {
    const decoding = (this.#decoding ??= this.#allocate());
    try {
      await decoding.ready();
      return decoding;
    } catch (error) {
      decoding[Symbol.dispose]();
      if (this.#decoding === decoding) [this.#decoding, this.#held] = [null, null];
      throw error;
    }
  }

  /**
   * Tokens that follow `prompt`, one by one as they are made; of a model with a source, the text that `prompt`, its source,
   * calls for. Stops at `tokens`, a stop id, the end of the context or an abort (which throws the signal's reason). Errors: an
   * empty or too long prompt, ids outside the vocabulary, options that are unknown or out of range, more tokens than the
   * cache holds by default though the model's context has them, disposal meanwhile.
   */
  async *generate(
    prompt: ArrayLike<number>,
    options: GenerateOptions = {},
  ): AsyncGenerator<number, void, undefined> {
    const { context } = this;
    const o = completeGeneration(prompt, options, {
      ...{ config: this.#model.config, source: this.#source, begin: this.#begin, end: this.#end },
    });
    const before = this.#model.encode ? this.#begin : Array.from(prompt);
    this.#checkRoom(before.length, o);
    const tokens = Math.min(o.tokens, o.length - before.length);
    const first = o.forceBegin === null || tokens === 0 ? [] : [o.forceBegin];
    const start = [...before, ...first];
    this.#turns.begin();
    // Bans that depend on the text wait for it.
    const ahead = bansChange(o) ? 1 : AHEAD;
    const waiting: Waiting[] = [];
    let window: number[] = []; // ids from the caches' first row on, as far as they are known
    let position = 0; // rows that the caches hold
    let changes = weightChanges(this.#device);
    let sound = true; // whether it is known what the caches hold
    try {
      const decoding = await this.#memory();
      if (this.#model.encode) await decoding.encode([prompt]);
      await decoding.prepare();
      const text = start.slice();
      if (o.reuse) position = this.#shared(decoding, start);
      this.#held = null;
      window = start.slice();
      let fresh = text.slice(position); // tokens to feed next; empty when the last sample, still on the GPU, is next
      let made = first.length;
      yield* first;
      for (let given = first.length; given < tokens;) {
        throwIfAborted(o.signal);
        this.#turns.assertUsable();
        const full = position + Math.max(1, fresh.length) > context;
        if (full && waiting.length === 0) {
          if (o.overflow === 'stop') return;
          fresh = text.slice(-Math.max(1, Math.floor(context / 2)));
          window = fresh.slice();
          position = 0;
        }
        if (made < tokens && waiting.length < ahead && !(full && waiting.length > 0)) {
          const bans = bansOf(text, o, { made, end: o.stop });
          const prompted = Math.max(0, window.length - (text.length - start.length));
          const next = await this.#advance(decoding, o, {
            ...{ fresh, window, prompted, position, bans, index: made },
          });
          next.token.catch(() => null); // told when its turn comes
          next.scored?.catch(() => null);
          waiting.push(next);
          changes += next.writes;
          position += Math.max(1, fresh.length);
          fresh = [];
          made++;
          continue;
        }
        const { token, scored, bans } = waiting[0];
        const [[id], scores] = await Promise.all([token, scored]);
        throwIfAborted(o.signal); // the token is still among those that wait
        this.#checkToken(id, bans);
        waiting.shift();
        window.push(id);
        if (o.stop.includes(id)) return;
        text.push(id);
        given++;
        if (scores) o.onToken!({ id, ...scores });
        yield id;
      }
    } catch (error) {
      sound = o.signal?.aborted === true && error === o.signal.reason;
      throw error;
    } finally {
      // Made ahead, and nobody wants them; but the caches have the rows of all but the last.
      const [ahead] = await Promise.all([
        Promise.allSettled(waiting.map(({ token }) => token)),
        Promise.allSettled(waiting.flatMap(({ scored }) => (scored ? [scored] : []))),
      ]);
      const read = ahead.flatMap((one) => (one.status === 'fulfilled' ? [...one.value] : []));
      sound &&= read.length === ahead.length;
      const known = [...window, ...read];
      if (sound && position > 0 && known.length >= position)
        this.#held = { ids: known.slice(0, position), changes };
      this.#turns.end();
    }
  }

  /** Rows of the caches that hold what `start` begins with; its last token at least is read, for what follows it. */
  #shared(decoding: Decoding, start: readonly number[]): number {
    if (this.#held?.changes !== weightChanges(this.#device)) return 0;
    const { ids } = this.#held;
    let same = 0;
    while (same < ids.length && same < start.length - 1 && ids[same] === start[same]) same++;
    // A state is that of all rows, and what stands before the text has just begun it anew.
    if (decoding.onlyGoesOn && (same < ids.length || decoding.ahead > 0)) return 0;
    // Plans feed a few lengths only, and what they feed is to end within the caches.
    for (;;) {
      const over = same + decoding.stretch(start.length - same) - this.context;
      if (same === 0 || over <= 0) return same;
      if (decoding.onlyGoesOn) return 0;
      same = Math.max(0, same - over);
    }
  }

  #checkToken(id: number, bans: readonly number[]): void {
    expectToken(WHERE, id < this.#model.config.vocabulary);
    if (!bans.includes(id)) return;
    const what = 'all tokens that the text could go on with are banned';
    throw new DataError(WHERE, what, 'Ban fewer tokens, or repeat longer n-grams only.');
  }

  /**
   * The plan of the newest step, to look at: `plan.attention(layer, head)` shows what the token that it fed attended to
   * (after a prompt, what all its tokens did). Steps are made ahead of the tokens given out. Null before the first.
   */
  get plan(): Plan | null {
    return this.#newest;
  }

  /** Feeds tokens (or, when there are none, the token sampled last), samples the next, and begins to read it. */
  async #advance(
    decoding: Decoding,
    o: CompleteGenerate,
    { fresh, window, prompted, position, bans, index }: StepInput,
  ): Promise<Waiting> {
    const { temperature, topK, topP, minP, seed } = o;
    const places = bans.length > 0 ? placesFor(bans.length) : 0;
    const penalised = penalises(o);
    const length = fresh.length === 0 ? 1 : decoding.stretch(fresh.length);
    const scores = o.onToken ? 1 + o.alternatives : 0;
    const plan = await this.#plan(decoding, { length, bans: places, penalised, scores });
    this.#turns.assertUsable();
    const inputs: Record<string, ArrayBufferView> = { ...decoding.inputsOf(plan) };
    const changes = weightChanges(this.#device);
    if (fresh.length > 0) {
      inputs.ids = padded(fresh, length, 0);
      if (penalised) {
        const seen = seenIn(window.slice(0, prompted), window.slice(prompted));
        const { ids, counts } = seenTable([seen], this.#seenPlaces);
        decoding.write('seen', ids);
        decoding.write('counts', counts);
      }
    }
    if (places > 0) inputs.bans = padded(bans, places, NO_TOKEN);
    if (penalised) {
      inputs.penalties = Float32Array.of(o.repetitionPenalty, o.presencePenalty, o.frequencyPenalty);
    }
    plan.run(inputs, {
      ...{
        index,
        seed,
        position: decoding.ahead + position,
        temperature,
        topK,
        topP,
        minP,
        length: Math.max(1, fresh.length),
      },
    });
    this.#newest = plan;
    return {
      token: plan.readIntegers('token'),
      scored: scores > 0 ? readScores(plan, o.alternatives) : null,
      bans,
      writes: weightChanges(this.#device) - changes,
    };
  }

  /** Enough for all tokens that a cache can hold. */
  get #seenPlaces(): number {
    return Math.min(this.#model.config.vocabulary, this.context);
  }

  /** The plan for T = `length`; for 1 the input is the token sampled last, which never leaves the GPU. */
  #plan(decoding: Decoding, { length, bans, penalised, scores }: StepShape): Promise<Plan> {
    const { vocabulary } = this.#model.config;
    const label = [
      length === 1 ? 'decode' : `prefill ${length}`,
      ...(bans > 0 ? [`banning ${bans}`] : []),
      ...(penalised ? ['penalised'] : []),
      ...(scores > 0 ? [`scoring ${scores}`] : []),
    ].join(' ');
    return decoding.plan(label, (g) => {
      const token = g.use(this.#token);
      const ids =
        length === 1 ? g.view(token, [1, 1]) : g.input('ids', [1, length], 'u32', { below: vocabulary });
      const logits = decoding.next(g, ids);
      const table = (name: string): Tensor => g.use(decoding.extra(name, [1, this.#seenPlaces], 'u32'));
      const seen = penalised ? { ids: table('seen'), counts: table('counts') } : null;
      if (seen) penalize(g, logits, seen, g.input('penalties', [3], 'f32'));
      const draw = (): Tensor => sample(g, logits, { out: token });
      if (bans > 0) withoutTokens(g, logits, g.input('bans', [1, bans], 'u32'), draw);
      else draw();
      const scored = scores > 0 ? score(g, logits, token, scores - 1) : {};
      if (seen) countTokens(g, token, seen);
      return { token, ...scored };
    });
  }

  #checkRoom(prompt: number, { tokens, length, overflow }: CompleteGenerate): void {
    const { context } = this.#model.config;
    const rows = this.#model.ahead ?? 0;
    const room = context - rows;
    const goes = overflow === 'stop' && !this.#chosen ? tokens : 0;
    const most = Math.min(prompt + goes, length, room);
    if (prompt <= this.context && most <= this.context) return;
    const behind = rows > 0 ? `, ${rows} rows of which stand before every text` : '';
    const what = `${prompt} tokens of prompt and ${tokens} more, but this generator's cache holds ${this.context} of the model's ${context}${behind}`;
    if (prompt > room) throw new ShapeError('KV cache', what, `Shorten the prompt to at most ${room}.`);
    throw new ShapeError(
      'KV cache',
      what,
      `Ask for fewer tokens, let the text slide (overflow), or make the generator with { context: ${most} }, whose cache takes ${formatBytes(cacheBytes(this.#model, most))}.`,
    );
  }

  [Symbol.dispose](): void {
    this.#turns.dispose();
    this.#decoding?.[Symbol.dispose]();
    this.#decoding = null;
  }
}
