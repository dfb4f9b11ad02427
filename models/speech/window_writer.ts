/** Writes what a Whisper hears in one window of sound. */
import {
  DataError,
  EngineError,
  reorderState,
  throwIfAborted,
  type Device,
  type Graph,
  type Tensor,
} from '../../engine/index';
import type { Decoder } from '../generation/decoder';
import { Decoding } from '../generation/decoding';
import { BeamSearch, candidatesOf, RowSearch, type Candidate, type Hypothesis } from '../generation/search';
import { expectToken } from '../generation/turns';
import { applyRules, likeliest, logProbabilitiesOf, type TokenRules } from './token_rules';

/** A model that hears: `Whisper`. */
export interface SpeechModel extends Decoder {
  readonly config: Decoder['config'] & {
    /** M. */
    readonly mels: number;
    /** Rows of the encoder, of two frames each. */
    readonly sourceContext: number;
  };
}

/** How a window is written. */
export interface WindowOptions {
  readonly rules: TokenRules;
  /** 1 is greedy. */
  readonly beams: number;
  readonly lengthPenalty: number;
  readonly earlyStopping: boolean | 'never';
  /** Most tokens to make, the end included. */
  readonly tokens: number;
  readonly signal?: AbortSignal | undefined;
  /** Called after each token with the ids of the best so far. */
  readonly onStep?: ((ids: readonly number[]) => void) | undefined;
}

const WHERE = 'Transcriber';

/**
 * Caches and plans for one window at a time, made when first needed, for each count of beams. All logits of a step are read
 * back, 200 KB of each row for 51,865 tokens: Whisper's rules weigh the sum of all times against every word. Dispose of it before the weights.
 */
export class WindowWriter implements Disposable {
  readonly #device: Device;
  readonly #model: SpeechModel;
  readonly #decodings = new Map<number, Decoding>();
  #over = false;

  constructor(device: Device, model: SpeechModel) {
    [this.#device, this.#model] = [device, model];
  }

  /** Frames of a window. */
  get frames(): number {
    return 2 * this.#model.config.sourceContext;
  }

  /** Hears a window, f32 (M, frames), for `beams` hypotheses. Throws `EngineError` after disposal, `DeviceError` where it does not fit. */
  async hear(mel: Float32Array, beams: number): Promise<HeardWindow> {
    this.#expectUsable();
    const decoding = await this.#decodingFor(beams);
    this.#expectUsable();
    const { mels, sourceContext } = this.#model.config;
    const plan = await decoding.plan('hear', (g) => {
      const source = g.input('source', [1, mels, this.frames], 'f32');
      const memory = this.#model.encode!(g, source, decoding.sourceLengths(g));
      this.#model.remember!(g, memory, decoding.caches);
      return {};
    });
    this.#expectUsable();
    decoding.remembers(Uint32Array.of(sourceContext)); // all of a window is read
    plan.run({ ...decoding.inputsOf(plan, 1), source: mel });
    return new HeardWindow(decoding, () => this.#over);
  }

  #expectUsable(): void {
    if (this.#over) throw new EngineError(WHERE, 'it was disposed of', 'Make another one.');
  }

  async #decodingFor(beams: number): Promise<Decoding> {
    let decoding = this.#decodings.get(beams);
    if (decoding) return decoding;
    const { context, sourceContext: source } = this.#model.config;
    const sizes = { sequences: 1, beams, context, source, owner: 'decoder caches' };
    decoding = new Decoding(this.#device, this.#model, sizes);
    this.#decodings.set(beams, decoding);
    try {
      await decoding.ready();
    } catch (error) {
      decoding[Symbol.dispose]();
      this.#decodings.delete(beams);
      throw error;
    }
    return decoding;
  }

  [Symbol.dispose](): void {
    this.#over = true;
    for (const decoding of this.#decodings.values()) decoding[Symbol.dispose]();
    this.#decodings.clear();
  }
}

/** A window in the caches. */
export class HeardWindow {
  readonly #decoding: Decoding;
  readonly #over: () => boolean;

  constructor(decoding: Decoding, over: () => boolean) {
    [this.#decoding, this.#over] = [decoding, over];
  }

  /** ln p of what follows the one id (V): what a language is told by, and whether anybody speaks. */
  async after(id: number): Promise<Float64Array> {
    const rows = await this.#step([[id]], null, 0);
    return logProbabilitiesOf(rows[0]);
  }

  /**
   * The best text behind `beginning`. Its log-probabilities are those among all tokens, as in Transformers' beam search. Throws
   * `DataError` for logits that are not finite and where every token is forbidden, the signal's reason.
   */
  async write(beginning: readonly number[], o: WindowOptions): Promise<Hypothesis> {
    const { rules, beams, lengthPenalty, earlyStopping, tokens, signal } = o;
    const { end } = rules;
    const settings = { end, beams, lengthPenalty, earlyStopping, tokens };
    const search = beams > 1 ? new BeamSearch(settings) : new RowSearch(settings);
    const count = beams > 1 ? candidatesOf(beams, end.length) : 1;
    for (let index = 0; !search.done; index++) {
      throwIfAborted(signal);
      const live = new Map(search.live.map((one) => [one.row, one]));
      const order = Uint32Array.from({ length: beams }, (_, row) => live.get(row)?.parent ?? row);
      const fed = Array.from({ length: beams }, (_, row) =>
        index === 0 ? beginning : [live.get(row)?.ids.at(-1) ?? beginning[0]],
      );
      const position = index === 0 ? 0 : beginning.length + index - 1;
      const rows = await this.#step(fed, order, position);
      const offered = new Map<number, readonly Candidate[]>();
      for (const { row, ids } of live.values()) {
        // Transformers searches among what is left of probabilities, which are not shared out again.
        const scores = logProbabilitiesOf(rows[row]);
        expectToken(WHERE, !scores.some((x) => Number.isNaN(x)));
        const left = scores.slice();
        applyRules(left, ids, rules);
        const candidates = likeliest(left, count).map((id) => ({ id, logProbability: scores[id] }));
        offered.set(row, candidates);
      }
      search.advance((row) => ({ candidates: offered.get(row) ?? [], coverage: 0 }));
      const best = search.best();
      if (!best) {
        const what = `all tokens that could follow after ${index} are forbidden`;
        throw new DataError(WHERE, what, 'Take suppress_tokens out of generation_config.json.');
      }
      o.onStep?.(best.ids);
    }
    throwIfAborted(signal);
    return search.hypotheses()[0];
  }

  /** Feeds each row's new ids: the logits of what follows them, row by row. */
  async #step(
    fed: readonly (readonly number[])[],
    order: Uint32Array<ArrayBuffer> | null,
    position: number,
  ): Promise<Float32Array[]> {
    if (this.#over()) throw new EngineError(WHERE, 'it was disposed of', 'Make another one.');
    const decoding = this.#decoding;
    const { rows, vocabulary } = decoding;
    const [{ length }] = fed;
    const time = length === 1 ? 1 : decoding.stretch(length);
    const plan = await decoding.plan(`logits ${time}`, (g: Graph): Record<string, Tensor> => {
      const ids = g.input('ids', [rows, time], 'u32', { below: vocabulary });
      if (rows > 1) reorderState(g, decoding.caches, g.input('order', [rows], 'u32', { below: rows }));
      return { logits: decoding.next(g, ids) };
    });
    const ids = new Uint32Array(rows * time);
    for (let row = 0; row < rows; row++) ids.set(fed[row] ?? fed[0], row * time);
    const moved = order ?? Uint32Array.from({ length: rows }, (_, row) => row);
    const inputs = { ids, ...decoding.inputsOf(plan), ...(rows > 1 && { order: moved }) };
    plan.run(inputs, { position, length });
    const logits = await plan.read('logits');
    return Array.from({ length: rows }, (_, r) => logits.subarray(r * vocabulary, (r + 1) * vocabulary));
  }
}
