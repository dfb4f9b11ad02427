/** The Translate page: holds what the worker last said, and hands it to the views. */
import type { RunState } from '../session/protocol';
import { PageEngine } from '../site/engine';
import { told } from '../site/notices';
import type { PageView, SiteContext } from '../site/page';
import { Attempts } from '../view/attempts';
import { finder, onClick, onFile, setText } from '../view/dom';
import { isBinary, isWeights } from '../view/file-kind';
import { Format } from '../view/format';
import { Later } from '../view/later';
import { saveBytes } from '../view/save-file';
import { runStatus } from '../view/run-status';
import { Unsaved } from '../view/unsaved';
import { chinese } from './chinese';
import { english, type TranslateStrings } from './english';
import { SHIPPED } from './models';
import type { PairsSource, TrainSettings, TranslateEvent } from './session/protocol';
import { TrainingPanel } from './view/training-panel';
import { TranslationPanel } from './view/translation-panel';

export class TranslatePage implements PageView {
  readonly #byId = finder();
  readonly engine: PageEngine<'translate', TranslateEvent>;
  readonly #context: SiteContext;
  readonly #attempts: Attempts;
  readonly #translation: TranslationPanel;
  readonly #training = new TrainingPanel();
  #format: Format;
  /** The run learnt something since it was last written to a file; and the browser does not keep it. */
  readonly #unsaved = new Unsaved();
  #unkept = false;
  #reading = false;
  /** Pairs that are being read, and how many were chosen before. */
  #choosing: Promise<void> = Promise.resolve();
  #chosen = 0;
  readonly #soon = new Later(() => this.#render());

  constructor(context: SiteContext) {
    this.#context = context;
    this.engine = new PageEngine(context.engine, 'translate');
    this.#attempts = new Attempts(context.notices, () => this.#render());
    this.#format = new Format(context.language);
    this.#translation = new TranslationPanel({
      strings: () => this.#strings,
      session: () => this.#session,
      notices: context.notices,
      address: context.address,
      onChange: () => this.#render(),
    });
  }

  start(): this {
    this.#connect();
    this.#translation.restore();
    void this.#open();
    return this;
  }

  arrive(): void {
    this.#translation.restore();
  }

  /** Language or colours may have changed since. */
  say(): void {
    this.#format = new Format(this.#context.language);
    this.#translation.say(this.#strings);
    this.#training.repaint();
    this.#render();
  }

  takeFiles([file]: readonly File[]): void {
    if (!this.engine.missing) void this.#take(file);
  }

  async #take(file: File): Promise<void> {
    if (isWeights(file)) return this.#load(file);
    if (await isBinary(file)) return this.#notices.error(this.#strings.notText(file.name));
    if (this.#training.running) return this.#notices.meanwhile(this.#strings.stopFirst);
    this.#training.takeFile(file);
  }

  async #open(): Promise<void> {
    this.#training.start();
    if (!(await this.engine.start((event) => this.#onEvent(event)))) return;
    const chosen = this.#chosen;
    await this.#attempt(async () => {
      const pairs = await this.#session!.restore();
      if (pairs && chosen === this.#chosen) this.#training.setReport(pairs);
      const { run } = this.#training;
      if (!run) return;
      // A visitor who was quicker keeps their settings; Resume brings the run's back.
      if (!this.#training.touched) this.#training.adopt(run);
      this.#unsaved.steps = true;
      if (run.step > 0) this.#notices.news(this.#strings.kept(run.step, this.#training.title(this.#strings)));
    });
    if (!this.#translation.hasModel) await this.#translation.open();
  }

  #connect(): void {
    onClick('train', () => this.#train());
    onClick('pause', () => this.#session?.pause());
    onClick('resume', () => this.#resume());
    onClick('stop', () => this.#session?.stop());
    onClick('save', () => this.#attempt(() => this.#save()));
    this.#byId('save-model').hidden = false;
    onClick('save-model', () => this.#attempt(() => this.#saveModel()));
    onFile('load', 'checkpoint-file', (file) => void this.#load(file));
    onClick('start-over', () => this.#startOver());
    this.#training.onPairs = (source) => {
      this.#choosing = this.#choosePairs(source);
    };
    this.#training.onChange = () => this.#render();
    addEventListener('beforeunload', (event) => {
      if (this.#training.running || (this.#unkept && this.#unsaved.steps)) event.preventDefault();
    });
  }

  // Training ------------------------------------------------------------------------------------------------------

  async #choosePairs(source: PairsSource | null): Promise<void> {
    if (!this.#session) return;
    const turn = ++this.#chosen;
    setText(this.#byId('pairs-problem'), '');
    this.#reading = source !== null;
    if (source === null) return this.#training.setReport(null);
    this.#render();
    try {
      const report = await this.#session.choosePairs(source);
      if (turn !== this.#chosen) return;
      this.#training.setReport(report);
    } catch (error) {
      if (turn !== this.#chosen) return;
      this.#training.setReport(null);
      this.#byId('pairs-problem').replaceChildren(...told(error as Error, this.#context.language));
    }
    this.#reading = false;
    this.#render();
  }

  /** Trains by the settings on view. A run that would be lost is asked for first. */
  async #train(): Promise<void> {
    if (!this.#session) return;
    const strings = this.#strings;
    this.#notices.clear();
    await this.#choosing;
    if (!this.#training.pairs) return this.#notices.error(strings.noPairs);
    const problem = this.#training.problem(strings);
    if (problem !== null) return this.#notices.error(problem);
    const { run } = this.#training;
    if (run && run.step > 0 && !this.#training.fits && !confirm(strings.replaceQuestion(run.step))) return;
    await this.#trainBy(this.#training.values);
  }

  /** Goes on with the run that is paused or stopped, by its own settings whatever the panel shows. */
  async #resume(): Promise<void> {
    if (this.#state === 'paused') return this.#session?.resume();
    const { run } = this.#training;
    if (!run) return;
    this.#notices.clear();
    if (!this.#training.adopt(run)) {
      return this.#notices.error(this.#strings.pairsNeeded(this.#training.title(this.#strings)));
    }
    const { size, rate, steps } = run;
    await this.#trainBy({ size, rate, steps });
  }

  async #trainBy(settings: TrainSettings): Promise<void> {
    this.#training.prepare();
    this.#unkept = false;
    this.#render();
    try {
      await this.#session!.train(await this.#training.source(), settings);
    } catch (error) {
      const step = this.#training.run?.step;
      const back = (error as Error).name === 'TrainingError' && step !== undefined;
      this.#notices.error(error as Error, back ? this.#strings.wentBack(step) : '');
    }
  }

  async #save(): Promise<void> {
    this.#notices.news(this.#strings.saved(await this.#unsaved.save(() => this.#session!.save())));
  }

  async #saveModel(): Promise<void> {
    const file = await this.#session!.saveModel();
    saveBytes(file);
    this.#notices.news(this.#strings.saved(file.name));
  }

  /** Takes up a file: a run to go on with, or weights that only translate. */
  async #load(file: File): Promise<void> {
    const strings = this.#strings;
    if (this.#training.running) return this.#notices.meanwhile(strings.stopFirstLoad);
    await this.#attempt(async () => {
      await this.#session!.look(file);
      const { run: present } = this.#training;
      if (present && this.#unsaved.steps && !confirm(strings.loadQuestion(present.step, file.name))) return;
      const run = await this.#session!.load(file);
      if (run) {
        this.#unsaved.steps = false;
        const sentences = [strings.loaded(run.step)];
        if (!this.#training.adopt(run)) sentences.push(strings.pairsNeeded(this.#training.title(strings)));
        this.#notices.news(...sentences);
      }
      this.#offerOwn(true);
      await this.#translation.open();
    });
  }

  async #startOver(): Promise<void> {
    if (!confirm(this.#strings.startOverQuestion)) return;
    await this.#attempt(async () => {
      await this.#session!.forget();
      this.#unsaved.steps = false;
    });
    this.#training.clear();
    const { own } = this.#translation;
    this.#translation.offerOwn(null, false);
    if (own) await this.#translation.open();
    this.#render();
    this.#byId('train').focus();
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    if (this.#session) await this.#attempts.run(work);
  }

  // Events from the worker ----------------------------------------------------------------------------------------

  #onEvent(event: TranslateEvent): void {
    const strings = this.#strings;
    switch (event.kind) {
      case 'partial':
        return this.#translation.write(event.text);
      case 'unkept':
        this.#unkept = true;
        return this.#notices.news(strings.unkept[event.why](event.reason));
      case 'recovered':
        this.#notices.news(event.step === null ? strings.recoveredIdle : strings.recovered(event.step));
        break;
      default:
        this.#training.take(event);
    }
    if (event.kind === 'state' && !this.#training.running) this.#notices.clear('meanwhile');
    if (event.kind === 'state' && event.run && event.state !== 'preparing') {
      this.#offerOwn(SHIPPED.length === 0);
      if (!this.#translation.hasModel && event.state === 'training') void this.#translation.open();
    }
    if (event.kind === 'steps') this.#unsaved.steps = true;
    if (event.kind === 'evaluation' || (event.kind === 'state' && event.state === 'finished')) {
      void this.#translation.refresh();
    }
    if (event.kind === 'steps' && !this.#training.due) this.#soon.start();
    else this.#render();
  }

  #offerOwn(take: boolean): void {
    this.#translation.offerOwn(this.#training.run?.examples ?? [], take);
  }

  // Drawing -------------------------------------------------------------------------------------------------------

  get #session(): PageEngine<'translate', TranslateEvent>['session'] {
    return this.engine.session;
  }

  get #state(): RunState {
    return this.#training.state;
  }

  get #strings(): TranslateStrings {
    return this.#context.language === 'zh' ? chinese : english;
  }

  get #notices(): SiteContext['notices'] {
    return this.#context.notices;
  }

  #render(): void {
    this.#soon.cancel();
    const strings = this.#strings;
    const { ready } = this.engine;
    this.#translation.render(strings, this.#format, ready);
    this.#training.render(strings, this.#format, {
      ready,
      busy: this.#attempts.busy,
      reading: this.#reading,
    });
    const { state, latest } = this.#training;
    this.#context.showRun(runStatus(state, latest.step, this.#format.loss(latest.training)));
  }
}
