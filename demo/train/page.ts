/** The page: holds what the worker last said, and hands it to the views. */
import type { Phase, RunInfo, SessionEvent, TextSource, TrainSettings } from '../session/protocol';
import { sameShape } from '../session/sizes';
import { PageEngine } from '../site/engine';
import type { PageView, SiteContext } from '../site/page';
import { Attempts } from '../view/attempts';
import { finder, onClick, onFile, setText } from '../view/dom';
import { isBinary, isWeights } from '../view/file-kind';
import { Format } from '../view/format';
import { Later } from '../view/later';
import { Measurements } from '../view/measurements';
import { runStatus } from '../view/run-status';
import { RunView } from '../view/run-view';
import { Samples } from '../view/samples';
import { SettingsPanel } from '../view/settings';
import { languageOfText, titleOf } from '../view/text-titles';
import { Unsaved } from '../view/unsaved';
import { WritingPanel } from '../view/writing';
import { chinese } from './chinese';
import { english, type Strings } from './english';

export class TrainPage implements PageView {
  readonly #byId = finder();
  readonly engine: PageEngine<'train', SessionEvent>;
  readonly #context: SiteContext;
  readonly #measurements = new Measurements();
  readonly #settings = new SettingsPanel();
  readonly #view = new RunView<RunInfo, Phase>();
  readonly #writing = new WritingPanel();
  readonly #samples = new Samples(this.#byId('samples'), this.#byId('samples-empty'));
  readonly #attempts: Attempts;
  #format: Format;
  /** Ends when the text that was chosen last has been read. */
  #choosing: Promise<void> = Promise.resolve();
  #writes = false;
  /** The model learnt something since it was last written to a file. */
  readonly #unsaved = new Unsaved();
  readonly #soon = new Later(() => this.#render());

  constructor(context: SiteContext) {
    this.#context = context;
    this.engine = new PageEngine(context.engine, 'train');
    this.#attempts = new Attempts(context.notices, () => this.#render());
    this.#format = new Format(context.language);
  }

  start(): this {
    this.#connect();
    const opened = this.engine.start((event) => this.#onEvent(event));
    const { address, language } = this.#context;
    if (this.#session) this.#settings.start(address, language);
    void opened.then(() => this.#startIfAsked());
    return this;
  }

  /** A link led here again, with settings of its own: a run that is there goes first. */
  arrive(): void {
    const { address, language } = this.#context;
    if (!this.#run) this.#settings.start(address, language);
    this.#startIfAsked();
  }

  /** A link may ask to train at once. */
  #startIfAsked(): void {
    const { address } = this.#context;
    if (address.get('start') === null) return;
    address.set({ start: null });
    if (this.engine.ready && !this.#run) void this.#train();
  }

  /** Language or colours may have changed since. */
  say(): void {
    this.#format = new Format(this.#context.language);
    const { atStep, sampleLoss } = this.#strings;
    this.#samples.setHeading((step, loss) => ({ step: atStep(step), loss: loss && sampleLoss(loss) }));
    this.#view.repaint();
    this.#render();
  }

  takeFiles([file]: readonly File[]): void {
    if (!this.engine.missing) void this.#take(file);
  }

  async #take(file: File): Promise<void> {
    if (isWeights(file)) return this.#load(file);
    if (await isBinary(file)) return this.#notices.error(this.#strings.notText(file.name));
    if (this.#running) return this.#notices.meanwhile(this.#strings.stopFirst);
    this.#settings.takeFile(file);
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
    this.#settings.onChange = () => {
      this.#context.address.set(this.#settings.addressIn(this.#context.language));
      this.#render();
    };
    this.#writing.onGenerate = () => void this.#generate();
    this.#writing.onStop = () => void this.#session?.stopGenerating();
    // Nothing of this page outlives it but what was saved.
    addEventListener('beforeunload', (event) => this.#unsaved.steps && event.preventDefault());
  }

  // Calls to the worker -------------------------------------------------------------------------------------------

  async #chooseText(source: TextSource | Promise<TextSource> | null): Promise<void> {
    const session = this.#session;
    if (!session) return;
    const text = await this.#settings.readText(
      source,
      (chosen) => session.chooseText(chosen),
      () => this.#context.language,
    );
    if (!text) return;
    this.#writing.suggest(
      text.id === 'tang' ? '春' : text.opening.trim().split(/\s+/).slice(0, 2).join(' ').slice(0, 24),
    );
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
    if (this.#running) return this.#notices.meanwhile(strings.stopFirstLoad);
    await this.#attempt(async () => {
      await this.#session!.look(file);
      const { run: present } = this.#view;
      if (this.#unsaved.steps && present && !confirm(strings.loadQuestion(present.step, file.name))) return;
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
    this.#byId('train').focus();
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    if (this.#session) await this.#attempts.run(work);
  }

  // Events from the worker ----------------------------------------------------------------------------------------

  #onEvent(event: SessionEvent): void {
    if (event.kind === 'steps') this.#unsaved.steps = true;
    switch (event.kind) {
      case 'state':
        this.#view.take(event);
        if (!this.#running) this.#notices.clear('meanwhile');
        break;
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
    if (event.kind === 'steps' && !this.#view.due) this.#soon.start();
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

  #render(): void {
    this.#soon.cancel();
    const strings = this.#strings;
    const { ready } = this.engine;
    const { values } = this.#settings;
    this.#settings.render(strings, this.#format);
    this.#settings.setDisabled(this.#running || !ready, this.#running);
    const canResume = this.#run !== null && this.#settings.has(this.#run.text);
    const { busy } = this.#attempts;
    const same = this.#run !== null && this.#fits(this.#run) && this.#settings.numbersOf(this.#run);
    const buttons = { busy, ready, writing: this.#writes, canTrain: true, canResume, same };
    this.#view.render(strings, this.#format, buttons, values.steps);
    this.#writing.render(strings);
    this.#writing.setButtons(this.#run !== null && ready && this.#view.state !== 'preparing', this.#writes);
    this.#byId('token-by-token').hidden = this.#run === null;
    this.#drawHint();
    const { state, latest } = this.#view;
    this.#context.showRun(runStatus(state, latest.step, this.#format.loss(latest.training)));
    this.#byId('measure').hidden =
      !this.#run || this.#view.state === 'preparing' || !this.#measurements.kernels;
    this.#byId<HTMLButtonElement>('measure').disabled = this.#attempts.busy;
    this.#measurements.render(strings, this.#format);
  }

  /** What Train will do with the model that is there. */
  #drawHint(): void {
    const run = this.#run;
    const hint = this.#byId('hint');
    hint.hidden = !run || this.#running;
    if (!run || this.#running) return;
    const strings = this.#strings;
    const { continues, continuesRate, startsNew, ownTextNeeded } = strings;
    const same = this.#settings.values.rate === run.rate ? continues : continuesRate;
    const other = this.#settings.has(run.text) ? startsNew : ownTextNeeded(titleOf(run.text, strings));
    setText(this.#byId('hint-text'), this.#fits(run) ? same(run.step) : other);
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

  get #session(): PageEngine<'train', SessionEvent>['session'] {
    return this.engine.session;
  }

  get #notices(): SiteContext['notices'] {
    return this.#context.notices;
  }

  get #strings(): Strings {
    return this.#context.language === 'zh' ? chinese : english;
  }
}
