/**
 * What the worker does for the Models page: finds models, loads one, asks it, shows what it sees, teaches it and gives it back.
 * Every call either succeeds or throws one error that is fit to be shown; a failed call leaves things as they were.
 */
import {
  EngineError,
  PauseSwitch,
  throwIfAborted,
  type Device,
  type Parameter,
  type WeightSource,
} from '../../../engine/index';
import type { ModelFolder } from '../../../models/index';
import type { Connection } from '../../session/connection';
import { learn } from './learning';
import type { Logits, LookedAt } from '../../session/look';
import { OpenModel } from './model';
import type {
  Ask,
  BringEvent,
  Cached,
  ExportedFile,
  Found,
  Layer,
  LearnSettings,
  Maps,
  Opened,
  Reply,
  Scored,
  SeenToken,
  Source,
  Storage,
  Use,
} from './protocol';
import { Shelf } from './shelf';
import { bestTokens, nextTokens, seenTokens } from './tokens';

/** Tokens of a text that is looked into. */
const MOST_SEEN = 256;
/** Tokens that are told of a layer. */
const GUESSES = 3;

/** A reply that may still be asked about. */
interface Told {
  readonly number: number;
  readonly text: LookedAt;
  readonly logits: Logits | null;
}

export class BringSession {
  readonly #connection: Pick<Connection, 'open' | 'reopen'>;
  readonly #emit: (event: BringEvent) => void;
  readonly #shelf: Shelf;
  #source: { readonly source: Source; readonly found: Found } | null = null;
  #open: { readonly model: OpenModel; readonly device: Device } | null = null;
  /** Weights of the model as it has learnt, by name: a device that is lost takes nothing with it. */
  #learnt: ReadonlyMap<string, Float32Array> | null = null;
  #told: Told | null = null;
  #replies = 0;
  /** One thing at a time: what comes next ends what is under way. */
  #active: { readonly abort: AbortController; readonly done: Promise<unknown> } | null = null;
  #pause: PauseSwitch | null = null;

  constructor(connection: Pick<Connection, 'open' | 'reopen'>, emit: (event: BringEvent) => void) {
    [this.#connection, this.#emit, this.#shelf] = [connection, emit, new Shelf(emit)];
  }

  // Finding ---------------------------------------------------------------------------------------------------------

  /** Models that are kept here, the last used first; none where the browser keeps nothing. */
  kept(): Promise<readonly Cached[]> {
    return this.#shelf.kept();
  }

  forgetModel(model: string): Promise<void> {
    return this.#shelf.forget(model);
  }

  /** What a model is and what it takes: some kilobytes are read. */
  find(source: Source, storage: Storage = 'f32'): Promise<Found> {
    return this.#alone(async (signal) => {
      const device = await this.#connection.open();
      return this.#shelf.find(source, storage, device, signal);
    });
  }

  /** Loads a model in place of the one that is open, which stays if this one does not load. */
  load(source: Source, found: Found): Promise<Opened> {
    return this.#alone(async (signal) => {
      const { use } = found;
      if (use === null) {
        const what = `${found.inspection.architecture ?? 'this model'} has no head that this page has a form for`;
        throw new EngineError('Models', what, 'Load it by heed/models, or put a head on it.');
      }
      const device = await this.#connection.open();
      const model = await this.#opened(
        device,
        await this.#shelf.folder(source, signal),
        { ...found, use },
        signal,
      );
      this.#close();
      this.#learnt = null;
      this.#source = { source, found };
      this.#open = { model, device };
      return model.info;
    });
  }

  /** Ends what is under way, whose call then throws an AbortError. */
  async cancel(): Promise<void> {
    this.#active?.abort.abort();
    await this.#active?.done.catch(() => undefined);
  }

  /** Frees the model. */
  async close(): Promise<void> {
    await this.cancel();
    this.#close();
    this.#source = null;
    this.#learnt = null;
  }

  // Asking ----------------------------------------------------------------------------------------------------------

  ask(ask: Ask): Promise<Reply> {
    return this.#alone(async (signal) => {
      const model = await this.#model(signal);
      const began = performance.now();
      const { pipelines } = this.#open!.device;
      const ready = pipelines.size;
      const onPiece = (text: string): void => this.#emit({ kind: 'piece', text });
      const { answer, text } = await model.ask(ask, { signal, onPiece });
      const milliseconds = performance.now() - began;
      const compiled = pipelines.size > ready;
      throwIfAborted(signal);
      const { layers, logits } = await this.#seen(model, ask, text);
      const number = ++this.#replies;
      this.#told = { number, text, logits };
      const seen = (ids: ArrayLike<number>, known: Logits | null): SeenToken[] =>
        seenTokens(model.tokenizer, ids, known);
      const read = seen(text.ids, text.written ? null : logits);
      const written = text.written ? seen(text.written, logits) : [];
      return { answer, number, read, written, layers, milliseconds, compiled };
    });
  }

  /** An answer stands whatever becomes of what is shown beside it: a long text is not looked into, want of memory is told. */
  async #seen(
    model: OpenModel,
    { use }: Ask,
    text: LookedAt,
  ): Promise<{ readonly layers: readonly Layer[]; readonly logits: Logits | null }> {
    const nothing = { layers: [], logits: null };
    if (Math.max(text.ids.length, text.written?.length ?? 0) > MOST_SEEN) return nothing;
    const writes = use === 'write' || use === 'chat' || use === 'rewrite';
    try {
      const { layers } = await model.look.read(text);
      return { layers, logits: writes ? await model.look.logits(text) : null };
    } catch (error) {
      if (!(error instanceof EngineError) || !this.#open?.device.alive) throw error;
      this.#emit({ kind: 'notice', message: error.message });
      return nothing;
    }
  }

  /** All heads of a layer over the text of a reply; null when another one has been given since. */
  async maps(number: number, layer: number): Promise<Maps | null> {
    const told = this.#told;
    if (told?.number !== number || !this.#open) return null;
    return this.#open.model.look.maps(told.text, layer);
  }

  /** What could have stood at a place of what was written last, the likeliest first; null where nobody knows any more. */
  instead(number: number, at: number, temperature: number): readonly Scored[] | null {
    const told = this.#told;
    if (told?.number !== number || !told.logits || !this.#open) return null;
    return nextTokens(this.#open.model.tokenizer, told.logits, at, temperature);
  }

  /**
   * What the model would have said in a place of the text of a reply if it ended before each of its layers, and in the end, the likeliest
   * first; null for the first place, for models that do not read from left to right, and when nobody knows any more.
   */
  async layers(number: number, at: number): Promise<readonly (readonly Scored[])[] | null> {
    const told = this.#told;
    if (told?.number !== number || !this.#open || at < 1) return null;
    const { look, tokenizer } = this.#open.model;
    const states = await look.lens(told.text.ids, at);
    return states && states.map((logits) => bestTokens(tokenizer, logits, GUESSES));
  }

  // Learning --------------------------------------------------------------------------------------------------------

  /** Teaches the model a text; what it learnt before a stop or an error stays. */
  learn(settings: LearnSettings): Promise<void> {
    return this.#alone(async (signal) => {
      const model = await this.#model(signal);
      this.#pause = new PauseSwitch();
      try {
        await learn(model, settings, {
          device: this.#open!.device,
          reopen: () => this.#connection.reopen(),
          pause: this.#pause,
          signal,
          emit: this.#emit,
          onEnd: (device, step) => this.#keep(model, device, step),
        });
      } finally {
        this.#pause = null;
      }
    });
  }

  pause(): void {
    this.#pause?.pause();
  }

  resume(): void {
    this.#pause?.resume();
  }

  /** The model as it now is, as a Hugging Face folder, tokenizer included. */
  async save(): Promise<readonly ExportedFile[]> {
    const model = await this.#model(new AbortController().signal);
    // Rounded weights go out as the numbers that they are: the page says that they were rounded.
    const dequantize = model.info.storage.startsWith('int');
    const files = new Map(await model.loaded.save({ dequantize }));
    files.set('tokenizer.json', new Blob([`${JSON.stringify(model.tokenizer.toJson())}\n`]));
    return [...files].map(([name, blob]) => ({ name, blob }));
  }

  /** What a model has learnt, in memory: a device that is lost later costs nothing. */
  async #keep(model: OpenModel, device: Device, step: number): Promise<void> {
    this.#told = null;
    if (step > 0 && device.alive) this.#learnt = await model.loaded.store.readAll('weights');
    if (device !== this.#open?.device) this.#close(); // it was lost meanwhile: the next call loads what was learnt
  }

  // Parts -----------------------------------------------------------------------------------------------------------

  /** The model that is open, on the device as it is now. */
  async #model(signal: AbortSignal): Promise<OpenModel> {
    const device = await this.#connection.open();
    if (this.#open?.device === device) return this.#open.model;
    if (!this.#source) throw new EngineError('Models', 'no model is loaded', 'Load one.');
    const { source, found } = this.#source;
    this.#close();
    const folder = await this.#shelf.folder(source, signal);
    const model = await this.#opened(device, folder, { ...found, use: found.use! }, signal);
    if (this.#learnt) {
      const { store } = model.loaded;
      await store.load(sourceOf(this.#learnt, store.parameters), { where: 'what it learnt' });
    }
    this.#open = { model, device };
    return model;
  }

  async #opened(
    device: Device,
    folder: ModelFolder,
    found: Found & { readonly use: Use },
    signal: AbortSignal,
  ): Promise<OpenModel> {
    const onWeights = (done: number, total: number): void => this.#emit({ kind: 'weights', done, total });
    return OpenModel.open(folder, found, { device, signal, onWeights });
  }

  /** Does one thing, after what was under way has been ended. */
  async #alone<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const abort = new AbortController();
    const before = this.#active;
    before?.abort.abort();
    const done = (async () => {
      await before?.done.catch(() => undefined);
      throwIfAborted(abort.signal);
      return work(abort.signal);
    })();
    const active = { abort, done };
    this.#active = active;
    try {
      return await done;
    } finally {
      if (this.#active === active) this.#active = null;
    }
  }

  #close(): void {
    this.#told = null;
    this.#open?.model[Symbol.dispose]();
    this.#open = null;
  }
}

/** Weights that were read from a store, to be loaded into another. */
function sourceOf(
  weights: ReadonlyMap<string, Float32Array>,
  own: ReadonlyMap<string, Parameter>,
): WeightSource {
  return {
    names: () => [...weights.keys()],
    info: (name) => ({ shape: own.get(name)!.shape }),
    float32: (name) => Promise.resolve(weights.get(name)!),
  };
}
