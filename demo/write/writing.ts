/** The text and the model that goes on with it: whenever one of them changes, the text is read. */
import type { TrainedModel } from '../session/trained';
import { Readings } from './readings';
import { draw, shape, type Ranked, type Sampling } from './sampling';
import type { Recording } from './recording';
import type { WriterInfo, WriterName, WriterReading } from './session/protocol';
import type { WriterSource } from './sources';
import { Story } from './story';

/** Tokens at which it stops writing by itself. */
export const MOST = 400;
/** Of a GPT that learns, the text is read again at most this often. */
const FOLLOW_MS = 700;
/** While it writes faster than its attention can be read, that is read this often. */
const LOOK_MS = 1000;

/** Why it stopped writing by itself. */
export type Stopped = 'end' | 'full' | null;

export class Writing {
  /** Something that is seen may be another one. */
  onChange: () => void = () => undefined;
  onError: (error: Error) => void = () => undefined;
  /** The GPT of this tab does not know some character of the text, and begins with its own. */
  onUnknown: (error: Error) => void = () => undefined;
  readonly story = new Story();
  readonly readings = new Readings();
  writer: WriterName = 'shipped';
  info: WriterInfo | null = null;
  trained: TrainedModel | null = null;
  /** The place that is looked at; null: the end. */
  at: number | null = null;
  playing = false;
  stopped: Stopped = null;
  #source: WriterSource | null = null;
  #recording: Recording | null = null;
  /** Readings asked for: only the last counts. */
  #turn = 0;
  #busy = false;
  #read = -Infinity;
  /** The tokens of what is being typed, once they were read. */
  #typed: readonly number[] | null = null;
  /** The reading that is under way, if any, and the token that is being drawn. */
  #attempting: Promise<unknown> = Promise.resolve();
  #drawing: Promise<unknown> = Promise.resolve();
  /** When attention was read last, and how long that took. */
  #looked = { at: -Infinity, took: 0 };
  #following: ReturnType<typeof setTimeout> | undefined;

  get recording(): Recording | null {
    return this.#recording;
  }

  get ready(): boolean {
    return this.story.reading !== null;
  }

  /** What could stand at the place that is looked at. */
  get origin(): Ranked | null {
    return this.story.origin(this.at ?? this.story.ids.length);
  }

  start(source: WriterSource, recording: Recording | null = null): void {
    [this.#source, this.#recording] = [source, recording];
  }

  /** Another model reads this text, or one of its own where it cannot. */
  async use(writer: WriterName, text: string): Promise<void> {
    this.playing = false;
    const turn = ++this.#turn;
    const source = this.#source!;
    await this.#attempt(turn, async () => {
      const info = await source.about(writer);
      let unknown: Error | null = null;
      const reading = await source.read(writer, text, true).catch((error: unknown) => {
        if (writer !== 'own' || (error as Error).name !== 'DataError') throw error;
        unknown = error as Error;
        return source.read(writer, this.trained?.prompt ?? '', true);
      });
      if (turn !== this.#turn) return;
      [this.writer, this.info, this.at] = [writer, info, null];
      this.story.forget();
      this.readings.clear();
      this.story.type(reading, false);
      this.#keep(reading);
      if (unknown) this.onUnknown(unknown);
    });
  }

  /** Somebody is about to type another text: whatever is typed there is one step to take back. */
  edit(): void {
    this.#typed = null;
  }

  /** What is typed so far. */
  async typed(text: string): Promise<void> {
    this.playing = false;
    await this.#reads(text, (reading) => {
      this.at = null;
      this.story.type(reading, this.story.ids !== this.#typed);
      this.#typed = this.story.ids;
    });
  }

  /** What was typed is not wanted, whether it was read, is being read or cannot be. */
  async cancel(): Promise<void> {
    await (this.story.ids === this.#typed ? this.undo() : this.again());
  }

  /** The text is another one. `undoable`: a step to take back. */
  async type(text: string, undoable: boolean): Promise<void> {
    this.playing = false;
    await this.#reads(text, (reading) => {
      this.at = null;
      this.story.type(reading, undoable);
    });
  }

  look(at: number | null): void {
    this.at = at;
    this.onChange();
  }

  /** This token comes next, or in the place that is looked at. */
  async write(id: number): Promise<void> {
    this.playing = false;
    const { at } = this;
    if (at === null) this.story.push(id);
    else this.story.instead(at, id);
    this.at = null;
    await this.#goOn();
  }

  /**
   * One token is drawn, or the recorded one taken; false when none comes. `first`: it is a step to take back. `attention`: it is
   * read, too.
   */
  one(
    sampling: Sampling,
    options: { readonly first?: boolean; readonly attention?: boolean } = {},
  ): Promise<boolean> {
    const drawing = this.#drawing.then(async () => {
      await this.#attempting; // of a text that is being read nobody knows what comes next
      return this.#one(sampling, options);
    });
    this.#drawing = drawing.catch(() => undefined);
    return drawing;
  }

  async #one(sampling: Sampling, { first = true, attention = true }): Promise<boolean> {
    this.at = null;
    const { ids } = this.story;
    const next = this.#recording ? this.#recording.reading.ids[ids.length] : this.#draw(sampling);
    if (next === undefined) return false;
    this.story.push(next, first);
    const read = await this.#goOn(attention);
    this.stopped = next === this.info?.end ? 'end' : ids.length + 1 >= MOST ? 'full' : null;
    if (this.stopped) this.onChange();
    return read && this.stopped === null;
  }

  /** Writes token by token, `pace()` a second, until it is paused or ends. */
  async play(sampling: () => Sampling, pace: () => number): Promise<void> {
    this.playing = true;
    // A recording that is at its end begins anew.
    if (this.#recording && this.story.ids.length >= this.#recording.reading.ids.length) {
      await this.type('', false);
      this.playing = true;
    }
    this.onChange();
    for (let first = true; this.playing; first = false) {
      const began = performance.now();
      const { at, took } = this.#looked;
      const attention = took <= 1000 / pace() || began - at > LOOK_MS;
      if (!(await this.one(sampling(), { first, attention }))) break;
      await new Promise((resolve) => setTimeout(resolve, began + 1000 / pace() - performance.now()));
    }
    // Something else may have been asked for meanwhile, and be under way.
    if (!this.#busy && this.story.reading?.maps.length === 0) await this.again();
    this.playing = false;
    this.onChange();
  }

  pause(): void {
    this.playing = false;
    this.onChange();
  }

  async undo(): Promise<void> {
    this.playing = false;
    if (!this.story.undoable) return;
    this.story.undo();
    this.at = null;
    await this.#goOn();
  }

  /** How the text was read at another step of the GPT of this tab. */
  lookBack(at: number): void {
    this.readings.look(at);
    const { shown } = this.readings;
    if (shown) this.story.take(shown);
    this.onChange();
  }

  /** The text is read as it stands: another device took over, or the model has learnt. */
  async again(): Promise<void> {
    if (this.ready) await this.#goOn();
  }

  /** News of the GPT of this tab. `follows`: whether it is to be read with again when it has learnt. */
  hear(trained: TrainedModel | null, follows: () => boolean): void {
    this.trained = trained;
    this.onChange();
    if (this.writer !== 'own' || !trained || !this.ready) return;
    if (trained.number !== this.info?.number) return void this.use('own', this.story.reading!.text);
    clearTimeout(this.#following);
    const wait = Math.max(0, this.#read + FOLLOW_MS - performance.now());
    this.#following = setTimeout(() => void this.#follow(follows), wait);
  }

  async #follow(follows: () => boolean): Promise<void> {
    const step = this.trained?.run.step;
    if (this.#busy || this.playing || !follows() || step === this.story.reading?.step) return;
    const { live } = this.readings;
    await this.#reads(this.story.ids, (reading) => live && this.story.take(reading));
  }

  #draw(sampling: Sampling): number | undefined {
    const ranked = this.story.origin(this.story.ids.length);
    return ranked ? ranked.order[draw(shape(ranked, sampling), Math.random())] : undefined;
  }

  #goOn(attention = true): Promise<boolean> {
    this.stopped = null;
    this.onChange();
    return this.#reads(this.story.ids, (reading) => this.story.take(reading), attention);
  }

  /** False when something else was asked for meanwhile, or it failed. */
  async #reads(
    text: string | readonly number[],
    take: (reading: WriterReading) => void,
    attention = true,
  ): Promise<boolean> {
    const turn = ++this.#turn;
    return this.#attempt(turn, async () => {
      const began = performance.now();
      const reading = await this.#source!.read(this.writer, text, attention);
      const at = performance.now();
      if (attention) this.#looked = { at, took: at - began };
      if (turn !== this.#turn) return;
      if (reading.number !== this.info?.number) return this.use(this.writer, reading.text);
      take(reading);
      this.#keep(reading);
    });
  }

  #keep(reading: WriterReading): void {
    this.#read = performance.now();
    if (reading.step !== null) this.readings.add(reading);
  }

  #attempt(turn: number, work: () => Promise<void>): Promise<boolean> {
    const attempt = this.#try(turn, work);
    this.#attempting = attempt;
    return attempt;
  }

  async #try(turn: number, work: () => Promise<void>): Promise<boolean> {
    this.#busy = true;
    try {
      await work();
      return turn === this.#turn;
    } catch (error) {
      if (turn === this.#turn) this.onError(error as Error);
      return false;
    } finally {
      if (turn === this.#turn) {
        this.#busy = false;
        this.onChange();
      }
    }
  }
}
