/**
 * What the worker does for the page: holds the device and the model, trains, generates, saves and loads. Every call
 * either succeeds or throws one error that is fit to be shown; a failed call leaves the model as it was.
 */
import {
  checkCorpus,
  DeviceError,
  type Device,
  EngineError,
  PauseSwitch,
  randomWindows,
  splitText,
  windows,
  type Batch,
  type BatchSource,
  type FitEvent,
} from '../../engine/index';
import { Between } from './between';
import { Connection } from './connection';
import {
  createModel,
  cutHistory,
  describe,
  extrasOf,
  openModel,
  readCheckpoint,
  type LanguageModel,
} from './model';
import type {
  GenerateSettings,
  RunState,
  SavedFile,
  SessionEvent,
  TextInfo,
  TextSource,
  TokenizerKind,
  TrainSettings,
} from './protocol';
import { sameShape } from './sizes';
import { ModelReader } from './model-reader';
import type { Reader } from './reader';
import { Trained, type Teacher, type TrainedModel } from './trained';
import { knownPrompt, Writer } from './writer';
import { chooseText, encodeText, makeTokenizer, type ChosenText, type LoadedText } from './texts';

/** Tokens of a sample that is drawn while training. */
const SAMPLE_TOKENS = 160;
/** Of noise, a line is enough. */
const EARLY_TOKENS = 60;
const EVALUATION_BATCHES = 8;
/** The first texts come at these steps, when most changes from one to the next; then one at each evaluation. */
const EARLY = [1, 5, 10, 25, 50, 100];
/** The first profile comes this early, so that the panel is not empty for long. */
const FIRST_PROFILE = 8;

interface TrainingData {
  readonly fingerprint: string;
  readonly tokenizer: TokenizerKind;
  readonly train: Uint32Array;
  readonly validation: Uint32Array;
}

export class Session implements Teacher {
  readonly #emit: (event: SessionEvent) => void;
  readonly #connection = new Connection(
    (adapter) => this.#emit({ kind: 'adapter', adapter }),
    () => this.#onLost(),
  );
  readonly #writer = new Writer();
  readonly #others: Trained;
  /** For other pages, which read with the model as it is. */
  readonly #reader = new ModelReader();
  /** Models so far: another one has another number. */
  #number = 0;
  #prompt = '';
  #text: ChosenText | null = null;
  /** How often a text was chosen: what was chosen last counts, whichever is read first. */
  #choices = 0;
  #data: TrainingData | null = null;
  #model: LanguageModel | null = null;
  #training: { readonly abort: AbortController; readonly pause: PauseSwitch; done: Promise<void> } | null =
    null;
  #generating: AbortController | null = null;
  #state: RunState = 'empty';
  /** The stopped model as a file: what remains when the device is lost while nothing trains. */
  #kept: Uint8Array<ArrayBuffer> | null = null;
  #recovering: Promise<void> | null = null;
  /** End of the text that is being written for the reader, and of the present sample. */
  #written: Promise<void> = Promise.resolve();
  #sampled: Promise<void> = Promise.resolve();
  readonly #between = new Between();

  constructor(emit: (event: SessionEvent) => void, others = Trained.ofWorker) {
    [this.#emit, this.#others] = [emit, others];
    others.offer(this);
  }

  /** Opens the adapter. Throws a `DeviceError` where there is none. */
  async open(): Promise<void> {
    await this.#connection.open();
  }

  /** Reads and checks a text to train on; it is the one that `train` will use, which fetches a bundled one. */
  async chooseText(source: TextSource): Promise<TextInfo> {
    const turn = ++this.#choices;
    const text = await chooseText(source);
    if (turn === this.#choices) this.#text = text;
    return text.info;
  }

  /** Trains until `settings.steps`: goes on with the present model where it fits the settings, else starts a new one. */
  async train(settings: TrainSettings): Promise<void> {
    if (this.#training) throw new EngineError('Train', 'it is training already', 'Stop it first.');
    const abort = new AbortController();
    const training = { abort, pause: new PauseSwitch(), done: Promise.resolve() };
    this.#training = training;
    await this.#recovering;
    const work = this.#train(settings, abort.signal, training.pause);
    training.done = work.catch(() => undefined);
    try {
      await work;
    } catch (error) {
      if (!abort.signal.aborted) throw error;
    } finally {
      this.#training = null;
      await this.#between.drain();
      if (this.#model) {
        const { description, run } = this.#model;
        this.#setState(run.trainer.step >= description.steps ? 'finished' : 'stopped');
      } else {
        this.#setState('empty');
      }
      if (!this.#connection.device) await this.#recover();
    }
  }

  pause(): void {
    this.#training?.pause.pause();
  }

  resume(): void {
    this.#training?.pause.resume();
  }

  /** Ends training and generation; the model stays. */
  async stop(): Promise<void> {
    this.#generating?.abort();
    this.#training?.abort.abort();
    await this.#training?.done;
  }

  stopGenerating(): void {
    this.#generating?.abort();
  }

  /** Streams text that follows the prompt as events. The model reads only the last `context` tokens of the prompt. */
  async generate(
    settings: GenerateSettings,
  ): Promise<{ readonly tokens: number; readonly milliseconds: number }> {
    await this.#recovering;
    const model = this.#need('Generate');
    if (this.#generating) throw new EngineError('Generate', 'it is writing already', 'Stop it first.');
    const abort = new AbortController();
    this.#generating = abort;
    let start = performance.now();
    let tokens = 0;
    let end: () => void = () => undefined;
    this.#written = new Promise((resolve) => (end = resolve));
    try {
      await this.#sampled.catch(() => undefined); // one text at a time
      start = performance.now();
      await this.#writer.write(model, settings, abort.signal, (piece, count) => {
        tokens = count;
        this.#emit({ kind: 'text', piece });
      });
    } catch (error) {
      if (!abort.signal.aborted) throw error;
    } finally {
      this.#generating = null;
      end();
      this.#reportMemory();
    }
    return { tokens, milliseconds: performance.now() - start };
  }

  /** The model with everything that training needs to go on, as a file. */
  async save(): Promise<SavedFile> {
    await this.#recovering;
    const model = this.#need('Save checkpoint');
    const { run, description } = model;
    const title = description.text.id || description.text.title.replace(/\.\w+$/, '');
    const slug = title.replace(/[^\p{L}\p{N}]+/gu, '-').slice(0, 40);
    const nameAt = (step: number) => `heed-${slug}-${description.size.id}-${step}.safetensors`;
    try {
      return await this.#whenStill(async () => ({
        name: nameAt(run.trainer.step),
        bytes: await run.trainer.save(extrasOf(model)),
      }));
    } catch (error) {
      // A device lost a moment ago: the run still has its last checkpoint.
      const last = this.#kept ?? run.checkpoint?.bytes;
      if (!(error instanceof DeviceError) || !last) throw error;
      return { name: nameAt(run.checkpoint?.step ?? run.trainer.step), bytes: last.slice() };
    }
  }

  /** Throws where a file is no checkpoint of this page, before anything is given up for it. */
  async look(file: Blob): Promise<void> {
    await readCheckpoint(new Uint8Array(await file.arrayBuffer()));
  }

  /** Takes up a saved model. The present one stays if the file does not work. */
  async load(file: Blob): Promise<void> {
    const device = await this.#connection.open();
    const bytes = new Uint8Array(await file.arrayBuffer());
    const model = await openModel(device, bytes, (share) =>
      this.#emit({ kind: 'progress', phase: 'compile', share }),
    );
    await this.stop();
    this.#replaceModel(model);
    this.#kept = bytes;
    const { description, history, run } = model;
    this.#emit({ kind: 'history', history });
    this.#setState(run.trainer.step >= description.steps ? 'finished' : 'stopped');
    this.#reportMemory();
  }

  /** Drops the model. */
  async forget(): Promise<void> {
    await this.stop();
    this.#dropModel();
    this.#kept = null;
    this.#emit({ kind: 'history', history: { losses: [], validation: [] } });
    this.#setState('empty');
    this.#reportMemory();
  }

  /** The model as other pages know it. */
  get trained(): TrainedModel | null {
    const model = this.#model;
    if (!model) return null;
    const [state, number, prompt] = [this.#state, this.#number, knownPrompt(model, this.#prompt)];
    return { number, state, prompt, run: describe(model, null), loss: model.history.losses.at(-1) ?? null };
  }

  /** For other pages: as `Teacher` has it. */
  async whileStill<T>(work: (reader: Reader, step: number) => Promise<T>): Promise<T> {
    await this.#recovering;
    return this.#whenStill(async () => {
      const model = this.#need('Write');
      try {
        return await work(this.#reader.of(model), model.run.trainer.step);
      } catch (error) {
        if (model === this.#model) throw error;
        // Another model took its place meanwhile, and its memory went.
        const present = this.#need('Write');
        return work(this.#reader.of(present), present.run.trainer.step);
      }
    });
  }

  /** Measures every kernel of one training step. */
  async profile(): Promise<void> {
    const model = this.#need('Measure');
    await this.#whenStill(() => this.#profile(model));
  }

  /** For tests: destroys the device, as a driver crash would. */
  loseDevice(): void {
    this.#connection.lose();
  }

  async #train(settings: TrainSettings, signal: AbortSignal, pause: PauseSwitch): Promise<void> {
    this.#prompt = settings.prompt;
    this.#setState('preparing');
    const chosen = this.#text;
    if (!chosen)
      throw new EngineError(
        'Train',
        'no text is chosen',
        'Choose one of the texts, or paste or drop your own.',
      );
    if (!(settings.rate > 0 && Number.isFinite(settings.rate))) {
      throw new EngineError(
        'learning rate',
        `it is ${settings.rate}`,
        'Use a number above 0, such as 0.001.',
      );
    }
    if (!Number.isInteger(settings.steps) || settings.steps < 1) {
      throw new EngineError('steps', `there are ${settings.steps}`, 'Use a whole number of at least 1.');
    }
    const device = await this.#connection.open();
    this.#onProgress('text', 0);
    const text = await chosen.load(signal);
    const model = await this.#modelFor(device, text, settings, signal);
    const data = await this.#tokens(model.tokenizer, text, model.description.tokenizer, signal);
    const { batch, context } = model.description.size;
    const { seed } = model.run.trainer.options;
    const batches = randomWindows(data.train, { batch, length: context, seed });
    // A short text has no whole batch to validate on; it trains all the same.
    const enough = data.validation.length > batch * context;
    const validation = enough
      ? windows(data.validation, { batch, length: context, limit: EVALUATION_BATCHES })
      : undefined;
    const start = model.run.trainer.step;
    const steps = start < settings.steps ? settings.steps : start + settings.steps;
    model.description = { ...model.description, steps };
    this.#kept = null;
    this.#setState('training');
    this.#reportMemory();
    try {
      await this.#fit(model, settings, { batches, validation, signal, pause });
    } catch (error) {
      // The run went back to its last checkpoint; the curve goes with it.
      this.#cut(model);
      throw error;
    }
    this.#kept = await model.run.trainer.save(extrasOf(model)).catch((error: unknown) => {
      if (error instanceof DeviceError) return model.run.checkpoint?.bytes ?? null; // lost in this moment
      throw error;
    });
  }

  async #fit(
    model: LanguageModel,
    settings: TrainSettings,
    data: {
      batches: BatchSource;
      validation: readonly Batch[] | undefined;
      signal: AbortSignal;
      pause: PauseSwitch;
    },
  ): Promise<void> {
    const { run } = model;
    const first = run.trainer.step;
    const evaluateEvery =
      model.description.size.evaluateEvery / (model.run.trainer.device.can.software ? 2 : 1);
    let profiled = false;
    const onEvent = async (event: FitEvent): Promise<void> => {
      switch (event.kind) {
        case 'steps': {
          const { reports, tokensPerSecond, stepMilliseconds } = event;
          const from = reports[0].index;
          const losses = reports.map(({ loss }) => loss);
          model.history.losses.length = from;
          model.history.losses.push(...losses);
          this.#emit({
            kind: 'steps',
            from,
            losses,
            tokensPerSecond,
            stepMilliseconds,
          });
          this.#others.tell();
          await this.#between.drain();
          await this.#written; // whoever waits for a text comes first
          if (!profiled && run.trainer.step - first >= FIRST_PROFILE) {
            profiled = true;
            await this.#profile(model, data.batches);
          }
          break;
        }
        case 'evaluation': {
          const { step, loss } = event;
          model.history.validation.push([step, loss]);
          this.#emit({ kind: 'evaluation', step, loss });
          break;
        }
        case 'checkpoint':
          if (event.step > first) {
            await this.#written;
            this.#sampled = this.#sample(model, settings, event.step, data.signal);
            await this.#sampled;
          }
          this.#reportMemory();
          break;
        case 'paused':
          this.#setState('paused');
          await this.#between.drain();
          break;
        case 'resumed':
          this.#setState('training');
          break;
        case 'recovered':
          this.#cut(model);
          this.#emit({ kind: 'recovered', step: event.step });
          this.#setState('training');
          break;
      }
    };
    const { steps } = model.description;
    // Compiling what writes takes long where a CPU does it: learning comes first there.
    if (first === 0 && !run.trainer.device.can.software) await this.#sample(model, settings, 0, data.signal);
    for (const until of [...EARLY.filter((step) => step > first && step < steps), steps]) {
      const { reason } = await run.fit({
        steps: until,
        batches: data.batches,
        ...(data.validation && { validation: data.validation }),
        evaluateEvery,
        extras: () => extrasOf(model),
        signal: data.signal,
        pause: data.pause,
        onEvent,
        reopen: () => this.#connection.reopen(),
      });
      if (reason === 'aborted') break;
    }
  }

  /** The present model where it fits text, size and tokenizer (with another learning rate, if so), else a new one. */
  async #modelFor(
    device: Device,
    text: LoadedText,
    settings: TrainSettings,
    signal: AbortSignal,
  ): Promise<LanguageModel> {
    const onCompile = (share: number): void => this.#emit({ kind: 'progress', phase: 'compile', share });
    const present = this.#model;
    if (present) {
      const { size, tokenizer, text: trained, rate } = present.description;
      const fits =
        sameShape(size, settings.size) &&
        tokenizer === settings.tokenizer &&
        trained.fingerprint === text.info.fingerprint;
      if (fits && rate === settings.rate) return present;
      if (fits) {
        const bytes = await present.run.trainer.save(extrasOf(present));
        const model = await openModel(device, bytes, onCompile, settings);
        this.#replaceModel(model);
        return model;
      }
    }
    const tokenizer = await makeTokenizer(text, settings.tokenizer, signal, this.#onProgress);
    const data = await this.#tokens(tokenizer, text, settings.tokenizer, signal);
    const { validation, train } = data;
    const { batch, context } = settings.size;
    const judged = validation.length > batch * context ? validation : validation.subarray(0, 0);
    checkCorpus({ train, validation: judged }, context, text.info.title);
    const model = await createModel(device, tokenizer, text, settings, signal, onCompile);
    this.#replaceModel(model);
    this.#emit({ kind: 'history', history: model.history });
    return model;
  }

  async #tokens(
    tokenizer: LanguageModel['tokenizer'],
    text: LoadedText,
    kind: TokenizerKind,
    signal: AbortSignal,
  ): Promise<TrainingData> {
    const { fingerprint } = text.info;
    const known = this.#data;
    if (known?.fingerprint === fingerprint && known.tokenizer === kind) return known;
    const ids = await encodeText(tokenizer, text, signal, this.#onProgress);
    this.#data = { fingerprint, tokenizer: kind, ...splitText(ids) };
    return this.#data;
  }

  readonly #onProgress = (phase: 'text' | 'tokenizer' | 'encode' | 'compile', share: number): void => {
    this.#emit({ kind: 'progress', phase, share });
  };

  /** Runs `work` when no step is half submitted: at once, or between two groups of a training run. */
  #whenStill<T>(work: () => Promise<T>): Promise<T> {
    return this.#state === 'training' ? this.#between.wait(work) : work();
  }

  async #profile(model: LanguageModel, batches?: BatchSource): Promise<void> {
    const { trainer } = model.run;
    const { batch, context: length } = model.description.size;
    const sample = batches ?? (this.#data && randomWindows(this.#data.train, { batch, length }));
    if (!sample)
      throw new EngineError('Measure', 'no text is chosen', 'Choose the text that this model trains on.');
    const rows = await trainer.profile(sample(trainer.step));
    const clock = trainer.device.can.timestamps ? 'gpu' : 'wall';
    this.#emit({
      kind: 'kernels',
      clock,
      rows: rows.map(({ kernel, calls, milliseconds, flops }) => ({
        kernel,
        calls,
        milliseconds,
        gflops: milliseconds > 0 ? flops / milliseconds / 1e6 : 0,
      })),
    });
  }

  async #sample(
    model: LanguageModel,
    settings: TrainSettings,
    step: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { temperature } = settings;
    const prompt = knownPrompt(model, settings.prompt);
    const tokens = step < 50 ? EARLY_TOKENS : SAMPLE_TOKENS;
    const options = { prompt, temperature, tokens, topK: 0, topP: 0.95, seed: step };
    try {
      await this.#writer.write(model, options, signal, (piece) =>
        this.#emit({ kind: 'sample', step, prompt, piece, done: false }),
      );
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#emit({ kind: 'sample', step, prompt, piece: '', done: true });
    }
  }

  #replaceModel(model: LanguageModel): void {
    this.#dropModel();
    this.#model = model;
    this.#number++;
  }

  /** Frees the model, after all that is made for it. */
  #dropModel(): void {
    this.#generating?.abort();
    this.#writer.drop();
    this.#reader.drop();
    this.#model?.run[Symbol.dispose]();
    this.#model = null;
  }

  #cut(model: LanguageModel): void {
    const { losses, validation } = cutHistory(model.history, model.run.trainer.step);
    model.history.losses = losses;
    model.history.validation = validation;
    this.#emit({ kind: 'history', history: model.history });
  }

  #onLost(): void {
    if (!this.#training) this.#recovering = this.#recover();
  }

  /** Brings a model that does not train back on a new device. While it trains, the run does this by itself. */
  async #recover(): Promise<void> {
    const old = this.#model;
    try {
      const device = await this.#connection.open();
      const bytes = this.#kept ?? old?.run.checkpoint?.bytes;
      if (!old || !bytes) return;
      const model = await openModel(device, bytes, () => undefined);
      // The file's curve ends where the run that wrote it began; the old model has all of it.
      Object.assign(model.history, cutHistory(old.history, model.run.trainer.step));
      this.#replaceModel(model);
      this.#emit({ kind: 'history', history: model.history });
      this.#emit({ kind: 'recovered', step: model.run.trainer.step });
      this.#setState(this.#state);
    } catch {
      // No adapter now: the next call tries again and its error is shown.
    }
  }

  #need(where: string): LanguageModel {
    if (!this.#model) {
      throw new EngineError(where, 'there is no model yet', 'Press Train, or load a checkpoint.');
    }
    return this.#model;
  }

  #setState(state: RunState): void {
    this.#state = state;
    const known = this.#data;
    const model = this.#model;
    const matches = model && known?.fingerprint === model.description.text.fingerprint;
    const tokens = matches ? { train: known.train.length, validation: known.validation.length } : null;
    this.#emit({ kind: 'state', state, run: model && describe(model, tokens) });
    this.#others.tell();
  }

  #reportMemory(): void {
    const { device } = this.#connection;
    if (!device) return;
    const { live, idle, peak, owners } = device.buffers.stats;
    const rows = Object.entries(owners)
      .map(([owner, bytes]) => ({ owner, bytes }))
      .sort((a, b) => b.bytes - a.bytes);
    this.#emit({ kind: 'memory', rows, live, idle, peak });
  }
}
