/** The page: holds what the worker last said, and hands it to the views. */
import type { Phase, RunInfo, SessionEvent, TextSource, TrainSettings } from './session/protocol';
import { sameShape } from './session/sizes';
import type { WorkerSession } from './session/worker';
import { STRINGS, type Strings } from './strings';
import { Appearance } from './view/appearance';
import { Attempts } from './view/attempts';
import { byId, onClick, onFile, openPagesBeside, setText } from './view/dom';
import { acceptDrops } from './view/drop-target';
import { EngineWorker } from './view/engine-worker';
import { Format } from './view/format';
import { Measurements } from './view/measurements';
import { Notices } from './view/notices';
import { RunView } from './view/run-view';
import { Samples } from './view/samples';
import { languageOfText, SettingsPanel, titleOf } from './view/settings';
import { Unsaved } from './view/unsaved';
import { WritingPanel } from './view/writing';

export class Page {
  readonly #appearance = new Appearance(STRINGS);
  readonly #measurements = new Measurements();
  readonly #settings = new SettingsPanel();
  readonly #view = new RunView<RunInfo, Phase>();
  readonly #writing = new WritingPanel();
  readonly #samples = new Samples(byId('samples'), byId('samples-empty'));
  readonly #notices = new Notices(byId('notices'));
  readonly #attempts = new Attempts(this.#notices, () => this.#render());
  readonly #engine = new EngineWorker<WorkerSession, SessionEvent>(
    () => this.#strings,
    () => this.#render(),
  );
  #format = new Format(this.#appearance.language);
  #reading = false;
  /** The text that is being read, and how many were chosen before: only the last counts. */
  #choosing: Promise<void> = Promise.resolve();
  #turn = 0;
  #writes = false;
  /** The model learnt something since it was last written to a file. */
  readonly #unsaved = new Unsaved();
  #waiting: ReturnType<typeof setTimeout> | undefined;

  async start(): Promise<void> {
    this.#connect();
    this.#appearance.onChange = () => this.#onAppearance();
    this.#appearance.apply();
    const opened = this.#engine.start(
      () => new Worker(new URL('./session/worker.ts', import.meta.url), { type: 'module' }),
      (event) => this.#onEvent(event),
    );
    if (this.#session) this.#settings.start();
    await opened;
  }

  #connect(): void {
    onClick('train', () => this.#train());
    onClick('pause', () => this.#session?.pause());
    onClick('resume', () => this.#resume());
    onClick('stop', () => this.#session?.stop());
    onClick('save', () => this.#attempt(() => this.#save()));
    onFile('load', 'checkpoint-file', (file) => void this.#load(file));
    onClick('measure', () => this.#attempt(() => this.#session!.profile()));
    onClick('start-over', () => this.#startOver());
    this.#settings.onText = (source) => {
      this.#choosing = this.#chooseText(source);
    };
    this.#settings.onChange = () => this.#render();
    this.#writing.onGenerate = () => void this.#generate();
    this.#writing.onStop = () => void this.#session?.stopGenerating();
    acceptDrops(byId('drop'), (file) => this.#onDrop(file));
    // Nothing of this page outlives it but what was saved.
    addEventListener('beforeunload', (event) => this.#unsaved.steps && event.preventDefault());
  }

  #onDrop(file: File): void {
    if (this.#engine.missing) return;
    if (/\.(safetensors|bin|pt|ckpt)$/i.test(file.name)) void this.#load(file);
    else if (this.#running) this.#notices.news(this.#strings.stopFirst);
    else this.#settings.takeFile(file);
  }

  // Calls to the worker -------------------------------------------------------------------------------------------

  async #chooseText(source: TextSource | Promise<TextSource> | null): Promise<void> {
    if (!this.#session) return;
    const turn = ++this.#turn;
    this.#reading = source !== null;
    if (source === null) return this.#settings.setText(null);
    setText(byId('text-problem'), '');
    this.#render();
    try {
      const chosen = await source;
      if (turn !== this.#turn) return;
      const text = await this.#session.chooseText(chosen);
      if (turn !== this.#turn) return;
      this.#settings.setText(text);
      this.#writing.suggest(
        text.id === 'tang' ? '春' : text.opening.trim().split(/\s+/).slice(0, 2).join(' ').slice(0, 24),
      );
    } catch (error) {
      if (turn !== this.#turn) return;
      this.#settings.setText(null); // the one before is not what the panel shows
      setText(byId('text-problem'), (error as Error).message);
    }
    this.#reading = false;
    this.#render();
  }

  /** Trains by the settings on view. A model that would be lost is asked for first. */
  async #train(): Promise<void> {
    if (!this.#session) return;
    const strings = this.#strings;
    this.#notices.clear();
    await this.#choosing;
    if (!this.#settings.text) return this.#notices.error(strings.noText);
    const problem = this.#settings.problem(strings);
    if (problem !== null) return this.#notices.error(problem);
    const run = this.#run;
    if (run && run.step > 0 && !this.#fits(run) && !confirm(strings.replaceQuestion(run.step))) return;
    await this.#trainBy(this.#settings.values);
  }

  /** Goes on with the run that is paused or stopped, by its own settings whatever the panel shows. */
  async #resume(): Promise<void> {
    if (this.#view.state === 'paused') return this.#session?.resume();
    const run = this.#run;
    if (!run) return;
    this.#notices.clear();
    this.#settings.adopt(run);
    await this.#choosing;
    if (this.#settings.text?.fingerprint !== run.text.fingerprint) {
      return this.#notices.error(this.#strings.ownTextNeeded(titleOf(run.text, this.#strings)));
    }
    const { size, tokenizer, rate, steps } = run;
    await this.#trainBy({ size, tokenizer, rate, steps });
  }

  async #trainBy(settings: Omit<TrainSettings, 'prompt' | 'temperature'>): Promise<void> {
    const { prompt, temperature } = this.#writing.settings;
    this.#view.prepare();
    this.#render();
    try {
      await this.#session!.train({ ...settings, prompt, temperature });
    } catch (error) {
      const back =
        (error as Error).name === 'TrainingError' && this.#run ? this.#strings.wentBack(this.#run.step) : '';
      this.#notices.error(error as Error, back);
    }
  }

  async #generate(): Promise<void> {
    if (!this.#session || this.#writes) return;
    this.#notices.clear('error');
    this.#writes = true;
    this.#writing.begin(languageOfText(this.#run?.text.id ?? ''));
    this.#render();
    let note = '';
    try {
      const { tokens, milliseconds } = await this.#session.generate(this.#writing.settings);
      note = this.#strings.wrote(tokens, this.#format.whole((1000 * tokens) / milliseconds));
    } catch (error) {
      this.#notices.error(error as Error);
    }
    this.#writes = false;
    this.#writing.end(note);
    this.#render();
  }

  async #save(): Promise<void> {
    this.#notices.news(this.#strings.saved(await this.#unsaved.save(() => this.#session!.save())));
  }

  async #load(file: File): Promise<void> {
    const strings = this.#strings;
    if (this.#running) return this.#notices.news(strings.stopFirstLoad);
    if (this.#unsaved.steps && this.#run && !confirm(strings.loadQuestion(this.#run.step, file.name))) return;
    await this.#attempt(async () => {
      await this.#session!.load(file);
      this.#unsaved.steps = false;
      const run = this.#run!;
      const sentences = [strings.loaded(run.step)];
      this.#samples.clear();
      this.#view.forgetSpeed();
      if (!this.#settings.adopt(run)) sentences.push(strings.ownTextNeeded(titleOf(run.text, strings)));
      this.#notices.news(...sentences);
    });
  }

  async #startOver(): Promise<void> {
    if (!confirm(this.#strings.startOverQuestion)) return;
    await this.#attempt(async () => {
      await this.#session!.forget();
      this.#unsaved.steps = false;
    });
    this.#samples.clear();
    this.#view.forgetSpeed();
    this.#render();
    byId('train').focus();
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    if (this.#session) await this.#attempts.run(work);
  }

  // Events from the worker ----------------------------------------------------------------------------------------

  #onEvent(event: SessionEvent): void {
    if (event.kind === 'steps') this.#unsaved.steps = true;
    switch (event.kind) {
      case 'state':
      case 'progress':
      case 'steps':
      case 'evaluation':
        this.#view.take(event);
        break;
      case 'history':
        this.#view.take(event);
        this.#samples.cut(event.history.losses.length);
        break;
      case 'sample':
        this.#addSample(event);
        return;
      case 'text':
        this.#writing.add(event.piece);
        return;
      case 'kernels':
        this.#measurements.kernels = event;
        break;
      case 'memory':
        this.#measurements.memory = event;
        break;
      case 'adapter':
        this.#settings.setAdapter(event.adapter.software);
        break;
      case 'recovered':
        this.#notices.news(this.#strings.recovered(event.step));
        break;
    }
    if (event.kind === 'steps' && !this.#view.due) this.#renderSoon();
    else this.#render();
  }

  #addSample({ step, prompt, piece, done }: Extract<SessionEvent, { kind: 'sample' }>): void {
    if (done) return this.#samples.finish();
    const { validation } = this.#view.latest;
    const loss = validation === undefined ? '' : this.#format.loss(validation);
    this.#samples.add(step, prompt, piece, loss, languageOfText(this.#run?.text.id ?? ''));
  }

  // Drawing -------------------------------------------------------------------------------------------------------

  get #run(): RunInfo | null {
    return this.#view.run;
  }

  get #running(): boolean {
    return this.#view.running;
  }

  #renderSoon(): void {
    this.#waiting ??= setTimeout(() => this.#render(), 250);
  }

  #render(): void {
    clearTimeout(this.#waiting);
    this.#waiting = undefined;
    const strings = this.#strings;
    const { ready } = this.#engine;
    const { values } = this.#settings;
    this.#settings.render(strings, this.#format, this.#reading);
    this.#settings.setDisabled(this.#running || !ready);
    const canResume = this.#run !== null && this.#settings.has(this.#run.text);
    const { busy } = this.#attempts;
    const buttons = { busy, ready, writing: this.#writes, canTrain: true, canResume };
    this.#view.render(strings, this.#format, buttons, values.steps);
    this.#writing.render(strings);
    this.#writing.setButtons(this.#run !== null && ready && this.#view.state !== 'preparing', this.#writes);
    this.#drawHint();
    this.#engine.draw();
    openPagesBeside(this.#run !== null);
    byId('measure').hidden = !this.#run || this.#view.state === 'preparing' || !this.#measurements.kernels;
    byId<HTMLButtonElement>('measure').disabled = this.#attempts.busy;
    this.#measurements.render(strings, this.#format);
  }

  /** What Train will do with the model that is there. */
  #drawHint(): void {
    const run = this.#run;
    const hint = byId('hint');
    hint.hidden = !run || this.#running;
    if (!run || this.#running) return;
    const strings = this.#strings;
    const { continues, continuesRate, startsNew, ownTextNeeded } = strings;
    const same = this.#settings.values.rate === run.rate ? continues : continuesRate;
    const other = this.#settings.has(run.text) ? startsNew : ownTextNeeded(titleOf(run.text, strings));
    setText(byId('hint-text'), this.#fits(run) ? same(run.step) : other);
  }

  /** Whether Train would go on with this run. */
  #fits({ size, tokenizer, text }: RunInfo): boolean {
    const { values } = this.#settings;
    const { fingerprint } = text;
    return (
      sameShape(size, values.size) &&
      tokenizer === values.tokenizer &&
      fingerprint === this.#settings.text?.fingerprint
    );
  }

  get #session(): EngineWorker<WorkerSession, SessionEvent>['session'] {
    return this.#engine.session;
  }

  get #strings(): Strings {
    return this.#appearance.strings;
  }

  #onAppearance(): void {
    this.#format = new Format(this.#appearance.language);
    const { dismiss, atStep, sampleLoss } = this.#strings;
    this.#notices.setDismissLabel(dismiss);
    this.#samples.setHeading((step, loss) => ({ step: atStep(step), loss: loss && sampleLoss(loss) }));
    this.#view.repaint();
    this.#render();
  }
}
