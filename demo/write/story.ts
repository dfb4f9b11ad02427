/** The text that is being written: its tokens, where each came from, and what stood there before. */
import { sharesOf } from '../session/likeliest';
import { rank, type Ranked } from './sampling';
import type { WriterReading } from './session/protocol';

interface State {
  readonly ids: readonly number[];
  /** The first tokens, which somebody typed; the others were written token by token. */
  readonly given: number;
}

/** Changes that can be taken back. */
const MOST_UNDONE = 200;

export class Story {
  #state: State = { ids: [], given: 0 };
  #past: State[] = [];
  #reading: WriterReading | null = null;
  /** Logits (V) that a token was drawn from, by its place. A text longer than the model reads keeps those that it had. */
  #origins: (Float32Array | null)[] = [];
  readonly #ranked = new WeakMap<Float32Array, Ranked>();
  /** Of the tokens that stand there. */
  readonly #probabilities = new WeakMap<Float32Array, number>();

  get ids(): readonly number[] {
    return this.#state.ids;
  }

  get given(): number {
    return this.#state.given;
  }

  get undoable(): boolean {
    return this.#past.length > 0;
  }

  /** What was read last; null before anything was. */
  get reading(): WriterReading | null {
    return this.#reading;
  }

  /** Another text, as somebody typed it: `read` by the model. It is a step to take back if `undoable`. */
  type(reading: WriterReading, undoable: boolean): void {
    const ids = [...reading.ids];
    if (undoable) this.#keep();
    this.#state = { ids, given: ids.length };
    this.#origins = [];
    this.take(reading);
  }

  /** One more token at the end. Tokens that come one after the other by themselves are one step to take back: not `undoable`. */
  push(id: number, undoable = true): void {
    if (undoable) this.#keep();
    this.#state = { ...this.#state, ids: [...this.ids, id] };
  }

  /** Another token in the place of one, after which the text ends: it goes on from there. */
  instead(at: number, id: number): void {
    this.#keep();
    this.#state = { ids: [...this.ids.slice(0, at), id], given: Math.min(at, this.given) };
    this.#cutAt(at);
  }

  undo(): void {
    const before = this.#past.pop();
    if (!before) return;
    const same = before.ids.findIndex((id, i) => id !== this.ids[i]);
    this.#state = before;
    this.#cutAt(same < 0 ? before.ids.length : same);
  }

  /** Nothing that was written can be taken back any more: ids of another model are other tokens. */
  forget(): void {
    this.#past = [];
    this.#state = { ids: [], given: 0 };
    this.#origins = [];
    this.#reading = null;
  }

  /** The text was read. */
  take(reading: WriterReading): void {
    const before = this.#reading;
    this.#reading = reading;
    const { number, step, from, ids, logits } = reading;
    // A model that has learnt meanwhile finds other things probable, also where it does not read any more.
    if (before?.number !== number || before.step !== step) this.#origins = [];
    const width = logits.length / (ids.length - from);
    for (let at = 1; at < ids.length; at++) {
      // Copies: a part would keep the whole of what was read with it.
      this.#origins[at] ??= at > from ? logits.slice((at - 1 - from) * width, (at - from) * width) : null;
    }
    this.#origins.length = ids.length;
    this.#origins.push(logits.slice(logits.length - width));
  }

  /** What a place was drawn from; the place after the last token is what comes next. Null where nobody knows. */
  origin(at: number): Ranked | null {
    const logits = this.#origins[at];
    if (!logits) return null;
    const known = this.#ranked.get(logits) ?? rank(logits);
    this.#ranked.set(logits, known);
    return known;
  }

  /** The model's own probability of the token at a place; null where nobody knows. */
  probability(at: number): number | null {
    const logits = this.#origins[at];
    if (!logits) return null;
    const known = this.#probabilities.get(logits) ?? sharesOf(logits)(this.ids[at]);
    this.#probabilities.set(logits, known);
    return known;
  }

  /** Another token stands at `at`, or none: what follows comes from something else. */
  #cutAt(at: number): void {
    const logits = this.#origins[at];
    if (logits) this.#probabilities.delete(logits);
    this.#origins.length = Math.min(this.#origins.length, at + 1);
  }

  #keep(): void {
    this.#past.push(this.#state);
    if (this.#past.length > MOST_UNDONE) this.#past.shift();
  }
}
