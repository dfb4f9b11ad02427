/**
 * What the worker does for the page Tune: loads a base, tells what an adapter beside it would cost, teaches it a text, and compares both.
 * A call either succeeds or throws one error that is fit to be shown; a failed call leaves things as they were.
 */
import { EngineError, type Device, type PauseSwitch } from '../../../engine/index';
import { adapterCost } from '../../../models/adapters/cost';
import { loadPeft, savePeft } from '../../../models/adapters/index';
import {
  adapterSettings,
  learntBy,
  longestWindow,
  numbersOf,
  splitText,
  tokensOf,
  WINDOW,
  WRITING,
  type TextSplit,
} from '../../../models/adapters/tuning';
import { openFor } from '../../../models/finetune/index';
import type { CausalLM, ModelFolder, Pretrained } from '../../../models/index';
import type { Cached, Found, Source, Storage } from '../../bring/session/protocol';
import { Shelf } from '../../bring/session/shelf';
import { titleOf } from '../../bring/session/sources';
import { Connection } from '../../session/connection';
import { folderOfFiles } from '../../session/files-folder';
import { Lifeline, type Calls } from '../../session/lifeline';
import type { TextInfo, TextSource } from '../../session/protocol';
import { chooseText, type ChosenText } from '../../session/texts';
import { Training } from '../../session/training';
import { Base } from './base';
import { Lesson } from './lesson';
import type {
  AdapterChoice,
  AdapterCost,
  Comparison,
  ExportedFile,
  OpenedBase,
  Side,
  TuneEvent,
  TuneRun,
  TuneSettings,
  Writing,
} from './protocol';

/** Rows of a batch; share of a text that is held out, and batches of it that are judged by. */
const BATCH = 4;
const HELD = 0.1;
const JUDGED = 8;
const TOO_SHORT = { where: 'Text', todo: 'Choose a longer one: some pages at least.' };

/** Pieces of text are told at most this often. */
const EVERY_MS = 60;

/** A model that was chosen, and what of it is told. */
interface Chosen {
  readonly source: Source;
  readonly found: Found;
}

/** A text as the base reads it. */
interface Tokens {
  readonly text: ChosenText;
  readonly base: Chosen;
  readonly split: TextSplit;
}

export class TuneSession {
  readonly #emit: (event: TuneEvent) => void;
  readonly #lifeline: Lifeline;
  readonly #shelf: Shelf;
  readonly #training: Training<TuneRun>;
  #chosen: Chosen | null = null;
  #base: Base | null = null;
  #text: ChosenText | null = null;
  #tokens: Tokens | null = null;
  /** Of the base as it is stored, on the text. */
  #baseLoss: { readonly tokens: Tokens; readonly loss: number } | null = null;
  /** What the base wrote, by how it was asked. */
  #baseText: { readonly key: string; readonly text: string } | null = null;
  /** What is learnt beside the base; null where the adapter came from files, or there is none. */
  #lesson: Lesson | null = null;
  /** The adapter at rest, as PEFT has it: what is put back when a device is lost. */
  #files: ReadonlyMap<string, Blob> | null = null;
  #inUse = true;

  constructor(emit: (event: TuneEvent) => void, connection?: Calls) {
    this.#emit = emit;
    this.#shelf = new Shelf(emit);
    this.#training = new Training((state, run) => emit({ kind: 'state', state, run }));
    this.#lifeline = new Lifeline(
      connection ?? new Connection((adapter) => emit({ kind: 'adapter', adapter })),
      () => this.#recovered(),
    );
  }

  /** Opens the adapter. Throws a `DeviceError` where there is none. */
  async open(): Promise<void> {
    await this.#lifeline.open();
  }

  // The base --------------------------------------------------------------------------------------------------------

  kept(): Promise<readonly Cached[]> {
    return this.#shelf.kept();
  }

  forgetModel(model: string): Promise<void> {
    return this.#shelf.forget(model);
  }

  /** What a model is and what it takes. */
  find(source: Source, storage: Storage): Promise<Found> {
    return this.#training.turns.run(async (signal) => {
      return this.#shelf.find(source, storage, await this.#lifeline.open(), signal);
    });
  }

  /** Loads a base in place of the one that is there, whose adapter goes with it; one that does not load changes nothing. */
  load(source: Source, found: Found): Promise<OpenedBase> {
    return this.#training.turns.run(async (signal) => {
      const device = await this.#lifeline.open();
      const base = await this.#opened({ source, found }, device, signal);
      this.#close();
      this.#chosen = { source, found };
      this.#base = base;
      [this.#baseText, this.#baseLoss] = [null, null];
      this.#drop();
      return { ...found, context: base.model.config.context, targets: base.targets };
    });
  }

  /** Ends what is under way, whose call then throws an AbortError; a training ends in order. */
  async cancel(): Promise<void> {
    await this.#training.turns.cancel();
  }

  // The text --------------------------------------------------------------------------------------------------------

  /** Reads a text. Throws a `DataError` that says what is wrong with it. */
  async chooseText(source: TextSource): Promise<TextInfo> {
    const text = await chooseText(source);
    this.#text = text;
    return text.info;
  }

  // What it costs ---------------------------------------------------------------------------------------------------

  /** What an adapter would cost, before it learns: the text that was chosen, where one was. Throws where that is too short. */
  cost(choice: AdapterChoice): Promise<AdapterCost> {
    return this.#alive(async (signal) => {
      const base = await this.#use(signal);
      const length = windowOf(base, choice);
      const size = this.#text
        ? (await this.#tokensFor(base, length, signal)).split.size
        : { batch: BATCH, length };
      const cost = await base.without(() => adapterCost(base.loaded, adapterSettings(choice), size));
      // An adapter that waits keeps the base frozen: what all of it would take was told before.
      const key = `${size.batch} ${size.length}`;
      if (cost.full !== null) base.full.set(key, cost.full);
      return { ...cost, full: base.full.get(key) ?? null };
    });
  }

  // Learning --------------------------------------------------------------------------------------------------------

  /** Teaches an adapter the text that was chosen: goes on with one that was stopped where the settings and the text are its own, else begins anew. */
  train(settings: TuneSettings): Promise<void> {
    return this.#training.train(
      (signal, pause) => this.#train(settings, signal, pause),
      () => this.#lesson?.done ?? true,
    );
  }

  pause(): void {
    this.#training.pause();
  }

  resume(): void {
    this.#training.resume();
  }

  /** The adapter goes, with all that it learnt. */
  async forget(): Promise<void> {
    await this.#training.turns.cancel();
    this.#base?.forget();
    this.#drop();
  }

  // Before and after ------------------------------------------------------------------------------------------------

  /** Held-out loss of the base, and of the model as it is now, on the text that was chosen. */
  compare(): Promise<Comparison> {
    return this.#alive(async (signal) => {
      const base = await this.#use(signal);
      const comparison = await this.#compared(base, signal);
      this.#emit({ kind: 'compared', comparison });
      return comparison;
    });
  }

  /** Both sides go on with a prompt. */
  write(writing: Writing): Promise<void> {
    return this.#alive(async (signal) => {
      const base = await this.#use(signal);
      await this.#writeBase(base, writing, signal);
      if (base.adapter) await this.#writeNow(base, writing, signal, this.#training.run!.kept);
    });
  }

  /** Switches the adapter on or off. */
  use(on: boolean): Promise<void> {
    return this.#alive(async (signal) => {
      const base = await this.#use(signal);
      base.use(on);
      this.#inUse = on;
      const { run } = this.#training;
      if (run) this.#training.run = { ...run, inUse: on };
      this.#training.tell();
    });
  }

  // Files -----------------------------------------------------------------------------------------------------------

  /** The adapter as PEFT reads it: two files. */
  save(): readonly ExportedFile[] {
    if (!this.#files) throw new EngineError('Save', 'there is no adapter', 'Teach one first.');
    return [...this.#files].map(([name, blob]) => ({ name, blob }));
  }

  /** An adapter that was saved, here or by PEFT, in place of the one that is there. */
  openAdapter(files: readonly File[]): Promise<void> {
    return this.#alive(async (signal) => {
      const base = await this.#use(signal);
      const found = new Map<string, Blob>(files.map((file) => [file.name, file]));
      const adapter = await base.adapt(
        (loaded) => loadPeft(loaded, folderOfFiles(found), { signal }),
        (one) => Promise.resolve(one),
      );
      this.#lesson = null;
      this.#inUse = true;
      await this.#keep(base);
      const { learns, base: all } = countsOf(base);
      const kind = Object.values(adapter.config.adapter)[0].kind;
      const steps = { step: 0, steps: 0, kept: 0 };
      const sizes = { learns, base: all, files: sizeOfFiles(this.#files!) };
      this.#training.run = {
        settings: null,
        kind,
        ...steps,
        ...sizes,
        tokens: null,
        text: null,
        inUse: true,
      };
      this.#emit({ kind: 'history', history: { losses: [], validation: [] } });
      this.#training.set('finished');
    });
  }

  /** The whole model in 32 bits, whatever it learnt beside, with the adapter merged: a Hugging Face folder. */
  merged(): Promise<readonly ExportedFile[]> {
    return this.#alive(async (signal) => {
      const [files, chosen] = [this.#files, this.#chosen];
      if (!files || !chosen) throw new EngineError('Merge', 'there is no adapter', 'Teach one first.');
      const device = await this.#lifeline.open();
      const folder = await this.#shelf.folder(chosen.source, signal);
      using opened = await openFor(folder, WRITING, { device, signal });
      using adapter = await loadPeft(opened.loaded as Pretrained<CausalLM>, folderOfFiles(files), { signal });
      await adapter.merge({ signal });
      return [...(await opened.save())].map(([name, blob]) => ({ name, blob }));
    });
  }

  /** For tests: destroys the device, as a driver crash would. */
  loseDevice(): void {
    this.#lifeline.lose();
  }

  // Parts -----------------------------------------------------------------------------------------------------------

  async #train(settings: TuneSettings, signal: AbortSignal, pause: PauseSwitch): Promise<void> {
    const { writing } = settings;
    let lesson: Lesson | null = null;
    const work = async (): Promise<void> => {
      const base = await this.#use(signal);
      const tokens = await this.#tokensFor(base, windowOf(base, settings.choice), signal);
      const known = this.#lesson;
      lesson ??= known?.isOf(settings, tokens) && !known.done ? known : new Lesson(settings, tokens);
      await this.#baseLossOn(base, tokens, signal);
      await this.#writeBase(base, writing, signal);
      try {
        await this.#learn(lesson, base, writing, signal, pause);
      } finally {
        // What it learnt stays, whatever ended it: at its end, where it was stopped, or at its last good checkpoint.
        if (this.#lesson === lesson && base.device.alive) {
          await this.#keep(base);
          this.#describe(base);
        }
      }
      const rest = new AbortController().signal; // also where the visitor stopped it
      this.#emit({ kind: 'compared', comparison: await this.#compared(base, rest) });
      await this.#writeNow(base, writing, rest, lesson.kept);
    };
    await this.#lifeline.survive(
      () => this.#base,
      () => this.#lesson?.step ?? 0,
      work,
      signal,
    );
  }

  async #learn(
    lesson: Lesson,
    base: Base,
    writing: Writing,
    signal: AbortSignal,
    pause: PauseSwitch,
  ): Promise<void> {
    const { loss: before } = this.#baseLoss!;
    await lesson.learn(base, {
      ...{ signal, pause },
      onBegin: () => {
        [this.#lesson, this.#files, this.#inUse] = [lesson, null, true];
        lesson.judged(0, before);
        this.#emit({ kind: 'compared', comparison: { base: before, now: null } });
        this.#emit({ kind: 'history', history: lesson.history });
        this.#describe(base);
        this.#training.set('training');
      },
      onCompile: (share) => this.#emit({ kind: 'progress', phase: 'compile', share }),
      onSteps: (event) => this.#emit({ kind: 'steps', ...event }),
      onJudged: async (step, loss) => {
        this.#emit({ kind: 'evaluation', step, loss });
        this.#emit({ kind: 'compared', comparison: { base: before, now: loss } });
        this.#describe(base);
        await this.#writeNow(base, writing, signal, step).catch((error: unknown) => {
          if (!signal.aborted) throw error; // the training itself ends in order
        });
      },
      onPaused: (paused) => this.#training.set(paused ? 'paused' : 'training'),
    });
  }

  /** The base stands on another device: what learns begins at its last checkpoint. */
  #recovered(): void {
    const lesson = this.#lesson;
    if (lesson) {
      lesson.cut();
      this.#emit({ kind: 'history', history: lesson.history });
    }
    this.#emit({ kind: 'recovered', step: lesson?.step ?? this.#training.run?.step ?? 0 });
  }

  /** A call at rest: done again once where its device is lost meanwhile. */
  #alive<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.#training.turns.run((signal) =>
      this.#lifeline.hold(
        () => this.#base,
        () => work(signal),
        signal,
      ),
    );
  }

  async #compared(base: Base, signal: AbortSignal): Promise<Comparison> {
    const window = Math.min(WINDOW, base.model.config.context - base.prefixRows);
    const tokens = await this.#tokensFor(base, window, signal);
    const before = await this.#baseLossOn(base, tokens, signal);
    return { base: before, now: base.adapter ? await base.loss(tokens.split, signal) : null };
  }

  async #baseLossOn(base: Base, tokens: Tokens, signal: AbortSignal): Promise<number> {
    if (this.#baseLoss?.tokens !== tokens) {
      const loss = await base.without(() => base.loss(tokens.split, signal));
      this.#baseLoss = { tokens, loss };
    }
    return this.#baseLoss.loss;
  }

  async #writeBase(base: Base, writing: Writing, signal: AbortSignal): Promise<void> {
    const key = JSON.stringify(writing);
    if (this.#baseText?.key !== key) {
      const write = (): Promise<string> => base.write(writing, signal, this.#teller('base', writing, 0));
      this.#baseText = { key, text: await base.without(write) };
    }
    this.#emitText('base', writing, this.#baseText.text, 0, true);
  }

  async #writeNow(base: Base, writing: Writing, signal: AbortSignal, step: number): Promise<void> {
    const text = await base.write(writing, signal, this.#teller('now', writing, step));
    this.#emitText('now', writing, text, step, true);
  }

  #teller(side: Side, writing: Writing, step: number): (text: string) => void {
    let told = -Infinity;
    return (text) => {
      if (performance.now() - told < EVERY_MS) return;
      told = performance.now();
      this.#emitText(side, writing, text, step, false);
    };
  }

  #emitText(side: Side, { prompt }: Writing, text: string, step: number, done: boolean): void {
    this.#emit({ kind: 'written', side, prompt, text, done, step });
  }

  /** The base on the device as it is now, with its adapter. */
  async #use(signal: AbortSignal): Promise<Base> {
    const chosen = this.#chosen;
    if (!chosen) throw new EngineError('Tune', 'no model is loaded', 'Load one.');
    this.#base = await this.#lifeline.current(this.#base, async (device) => {
      const base = await this.#opened(chosen, device, signal);
      const files = this.#files;
      if (!files) return base;
      try {
        await base.adapt(
          (loaded) => loadPeft(loaded, folderOfFiles(files), { signal }),
          () => Promise.resolve(),
        );
      } catch (error) {
        base[Symbol.dispose]();
        throw error;
      }
      base.use(this.#inUse);
      return base;
    });
    return this.#base;
  }

  async #opened({ source, found }: Chosen, device: Device, signal: AbortSignal): Promise<Base> {
    const folder: ModelFolder = await this.#shelf.folder(source, signal);
    const onWeights = (done: number, total: number): void => this.#emit({ kind: 'weights', done, total });
    return Base.open(folder, { device, storage: found.storage, signal, onWeights });
  }

  async #tokensFor(base: Base, length: number, signal: AbortSignal): Promise<Tokens> {
    const [text, chosen] = [this.#text, this.#chosen!];
    if (!text) throw new EngineError('Text', 'none is chosen', 'Choose one.');
    const known = this.#tokens;
    const isSame = known?.text.info.fingerprint === text.info.fingerprint && known.base === chosen;
    if (isSame && known.split.size.length === length) return known;
    const { text: whole } = await text.load(signal);
    const ids = await tokensOf([whole], base.opened.tokenizer, base.loaded.config.eos_token_id, {
      signal,
      onProgress: (share) => this.#emit({ kind: 'progress', phase: 'encode', share }),
    });
    const all = splitText(ids, HELD, { batch: BATCH, length }, TOO_SHORT);
    const split = { ...all, held: all.held.slice(0, JUDGED) };
    this.#tokens = { text, base: chosen, split };
    return this.#tokens;
  }

  /** Keeps the adapter as files, which no device takes away. */
  async #keep(base: Base): Promise<void> {
    this.#files = await savePeft(base.loaded, base.adapter!, { base: titleOf(this.#chosen!.source) });
  }

  #describe(base: Base): void {
    const lesson = this.#lesson!;
    const { training, left } = lesson.tokens.split;
    const { kind, id, title, fingerprint } = lesson.tokens.text.info;
    const { choice, rate, steps, seed } = lesson.settings;
    this.#training.run = {
      settings: { choice, rate, steps, seed },
      kind: choice.kind,
      ...{ step: lesson.step, steps, kept: lesson.kept },
      ...countsOf(base),
      files: this.#files ? sizeOfFiles(this.#files) : 0,
      tokens: { train: training.length, held: left },
      text: { kind, id, title, fingerprint },
      inUse: true,
    };
    this.#training.tell();
  }

  #drop(): void {
    [this.#lesson, this.#files, this.#training.run] = [null, null, null];
    this.#emit({ kind: 'history', history: { losses: [], validation: [] } });
    this.#training.set('empty');
  }

  #close(): void {
    this.#base?.[Symbol.dispose]();
    this.#base = null;
  }
}

const windowOf = ({ model }: Base, choice: AdapterChoice): number =>
  Math.min(WINDOW, longestWindow(model.config.context, choice));

const sizeOfFiles = (files: ReadonlyMap<string, Blob>): number =>
  [...files.values()].reduce((sum, { size }) => sum + size, 0);

/** Numbers of the adapter and of its base. */
function countsOf(base: Base): { readonly learns: number; readonly base: number } {
  return {
    learns: learntBy(base.adapter!),
    base: numbersOf(base.model),
  };
}
