/** The page Tune: holds what the worker last said, and hands it to the views. */
import { ModelChoice } from '../bring/choice';
import { SHIPPED, type ShippedModel } from '../models/shipped';
import type { TextSource } from '../session/protocol';
import { PageEngine } from '../site/engine';
import { told } from '../site/notices';
import type { PageView, SiteContext } from '../site/page';
import { Attempts } from '../view/attempts';
import { finder, onClick, setText } from '../view/dom';
import { isBinary, isWeights } from '../view/file-kind';
import { Format } from '../view/format';
import { Later } from '../view/later';
import { runStatus } from '../view/run-status';
import { RunView } from '../view/run-view';
import { saveFolder } from '../view/save-file';
import { TextPicker } from '../view/text-picker';
import { languageOfText } from '../view/text-titles';
import { chinese } from './chinese';
import { english, type TuneStrings } from './english';
import { promptFor } from './prompts';
import type { RecordedFile } from './recording';
import type { AdapterCost, OpenedBase, TuneEvent, TuneRun, TuneSettings } from './session/protocol';
import { AdapterPanel } from './view/adapter-panel';
import { ComparePanel } from './view/compare-panel';
import { CostPanel } from './view/cost-panel';

/** Models of the site that go on with a text. */
const WRITERS = SHIPPED.filter(({ use }) => use === 'write');

const CORPORA = {
  french: () => import('virtual:corpus/french'),
  phonemes: () => import('virtual:corpus/phonemes'),
  tang: () => import('virtual:corpus/tang'),
} as const;

/** What the settings `key` cost, or why that cannot be told. */
interface Costs {
  readonly key: string;
  readonly cost: AdapterCost | null;
  readonly problem: Error | 'no targets' | null;
}

export class TunePage implements PageView {
  readonly engine: PageEngine<'tune', TuneEvent>;
  readonly #byId = finder();
  readonly #context: SiteContext;
  readonly #choice: ModelChoice<OpenedBase>;
  readonly #texts = new TextPicker(this.#byId('settings'), CORPORA);
  readonly #adapter = new AdapterPanel();
  readonly #cost = new CostPanel();
  readonly #compare = new ComparePanel();
  readonly #view = new RunView<TuneRun, 'encode' | 'compile'>();
  readonly #attempts: Attempts;
  #recording: RecordedFile | null = null;
  /** There is nothing but the recording to look at. */
  #recorded = false;
  #base: (OpenedBase & { readonly shipped: boolean }) | null = null;
  /** What the settings on view cost, and why that cannot be told. */
  #costs: {
    readonly key: string;
    readonly cost: AdapterCost | null;
    readonly problem: Error | 'no targets' | null;
  } | null = null;
  #time: number | null = null;
  /** The adapter has learnt something that no file has. */
  #unsaved = false;
  /** The models that were begun: only the last counts. */
  #turn = 0;
  /** Ends when the text that was chosen last has been read. */
  #choosing: Promise<void> = Promise.resolve();
  readonly #soon = new Later(() => this.#render());
  #asking: ReturnType<typeof setTimeout> | undefined;

  constructor(context: SiteContext) {
    this.#context = context;
    this.engine = new PageEngine(context.engine, 'tune');
    this.#attempts = new Attempts(context.notices, () => this.#render());
    this.#choice = new ModelChoice<OpenedBase>({
      ...{ context, shipped: WRITERS },
      ...{ strings: () => this.#strings, format: () => this.#format, calls: () => this.#session },
      ...{ begin: () => this.#begin(), isCurrent: (turn) => turn === this.#turn },
      attempt: (turn, work) => this.#attempt(turn, work),
      onOpened: (model, shipped) => this.#opened(model, shipped),
      mayLoad: () => this.#mayForget(this.#strings.forgetQuestion),
    });
  }

  start(): this {
    this.#connect();
    const { address } = this.#context;
    const text = address.get('text');
    if (address.text) this.#compare.type(address.text);
    this.#adapter.restore(address);
    if (text && (text in CORPORA || text === 'own')) this.#texts.check(text);
    void this.#open();
    return this;
  }

  say(): void {
    this.#choice.panel.say(this.#strings, this.#format, this.#context.language);
    this.#view.repaint();
    this.#render();
  }

  /** A link led here again, with settings of its own: an adapter that is there goes first. */
  arrive(): void {
    if (this.#view.run) return;
    const { address } = this.#context;
    if (address.text) this.#compare.type(address.text);
    this.#adapter.restore(address);
    this.#texts.check(address.get('text') ?? 'french');
    this.#texts.take();
    this.#onSettings();
  }

  takeFiles(files: readonly File[]): void {
    if (this.#recorded || this.engine.missing) return;
    const names = files.map(({ name }) => name);
    if (names.some((name) => name.startsWith('adapter_'))) void this.#openAdapter(files);
    else if (names.includes('config.json') || files.some((file) => isWeights(file)))
      this.#choice.panel.takeFiles(files);
    else void this.#takeText(files[0]);
  }

  async #takeText(file: File): Promise<void> {
    const strings = this.#strings;
    if (await isBinary(file)) return this.#context.notices.error(strings.notText(file.name));
    if (this.#view.running) return this.#context.notices.meanwhile(strings.stopFirst);
    this.#texts.takeFile(file);
  }

  #connect(): void {
    onClick('train', () => this.#train());
    onClick('pause', () => this.#session?.pause());
    onClick('resume', () => this.#resume());
    onClick('stop', () => this.#session?.cancel());
    onClick('start-over', () => this.#startOver());
    onClick('save', () => this.#attempts.run(() => this.#save()));
    onClick('save-model', () => this.#attempts.run(() => this.#saveMerged()));
    const files = this.#byId<HTMLInputElement>('checkpoint-file');
    [files.multiple, files.accept] = [true, '.json,.safetensors'];
    onClick('load', () => files.click());
    files.addEventListener('change', () => {
      const chosen = [...(files.files ?? [])];
      files.value = '';
      if (chosen.length > 0) void this.#openAdapter(chosen);
    });
    this.#byId('save-model').hidden = false;
    this.#byId('settings').addEventListener('submit', (event) => event.preventDefault());
    this.#texts.onText = (source) => {
      this.#choosing = this.#chooseText(source);
    };
    this.#texts.onChange = () => this.#onSettings();
    this.#adapter.onChange = () => this.#onSettings();
    this.#compare.onWrite = () => this.#write();
    this.#compare.onSwitch = (on) => this.#use(on);
    // Nothing of this page outlives it but what was saved.
    addEventListener('beforeunload', (event) => this.#unsaved && event.preventDefault());
  }

  async #open(): Promise<void> {
    const opened = await this.engine.start((event) => this.#hear(event));
    const { default: file } = (await import('./recording.json')) as unknown as { default: RecordedFile };
    this.#recording = file;
    if (opened) {
      this.#texts.take();
      await this.#choice.open();
    } else this.#openRecording(file);
    this.#render();
  }

  /** Without WebGPU there is one run of each kind to look at. */
  #openRecording({ targets }: RecordedFile): void {
    this.#recorded = true;
    this.#adapter.setTargets(targets);
    this.#choice.panel.choose(WRITERS[0].id);
    this.#replay();
  }

  #replay(): void {
    const recorded = this.#recording!.runs[this.#adapter.kind];
    if (!recorded) return;
    const { run, history, cost, comparison, prompt, written } = recorded;
    this.#hear({ kind: 'state', state: 'finished', run });
    this.#hear({ kind: 'history', history });
    this.#hear({ kind: 'compared', comparison });
    for (const side of ['base', 'now'] as const)
      this.#hear({ kind: 'written', side, prompt, text: written[side], done: true, step: run.kept });
    this.#compare.suggest(prompt);
    this.#costs = { key: this.#costKey, cost, problem: null };
    this.#render();
  }

  // Settings ------------------------------------------------------------------------------------------------------

  #onSettings(): void {
    const { choice } = this.#texts;
    const text = choice === 'french' ? null : choice;
    this.#context.address.set({ text, ...this.#adapter.address }, this.#compare.typed);
    if (this.#recorded && this.#view.run?.kind !== this.#adapter.kind) return this.#replay();
    this.#askCost();
    this.#render();
  }

  async #chooseText(source: TextSource | Promise<TextSource> | null): Promise<void> {
    const session = this.#session;
    if (!session) return;
    this.#compare.comparison = null;
    const text = await this.#texts.read(
      source,
      (chosen) => session.chooseText(chosen),
      () => this.#context.language,
    );
    if (!text) return;
    this.#compare.suggest(promptFor(text));
    this.#lookAtBase();
  }

  /** Asks what the settings cost, once they stay for a moment. */
  #askCost(): void {
    clearTimeout(this.#asking);
    if (!this.#base || this.#view.running || this.#recorded || this.#texts.reading) return;
    const key = this.#costKey;
    if (this.#costs?.key === key) return;
    if (this.#adapter.choice.targets?.length === 0) {
      this.#costs = { key, cost: null, problem: 'no targets' };
      return;
    }
    this.#asking = setTimeout(() => {
      void this.#session!.cost(this.#adapter.choice).then(
        (cost) => this.#takeCost({ key, cost, problem: null }),
        (error: unknown) => this.#takeCost({ key, cost: null, problem: error as Error }),
      );
    }, 150);
  }

  #takeCost(costs: Costs & { readonly problem: Error | null }): void {
    if (costs.key !== this.#costKey || costs.problem?.name === 'AbortError') return;
    this.#costs = costs;
    this.#render();
  }

  get #costKey(): string {
    const { title, storage } = this.#base ?? {};
    return JSON.stringify([this.#adapter.choice, title, storage, this.#texts.text?.fingerprint]);
  }

  // Calls to the worker -------------------------------------------------------------------------------------------

  #opened(model: OpenedBase, shipped: ShippedModel | null): void {
    this.#base = { ...model, shipped: shipped !== null };
    this.#unsaved = false;
    this.#costs = null;
    this.#time = null;
    this.#compare.comparison = null;
    this.#compare.clear('base', 'now');
    this.#adapter.setTargets(model.targets);
    this.#lookAtBase();
  }

  /** The base judges the text and goes on with the beginning, without a click. */
  #lookAtBase(): void {
    const { text } = this.#texts;
    if (!this.#base || !text || this.#view.running) return;
    const turn = this.#turn;
    const session = this.#session!;
    void this.#attempt(turn, async () => {
      const isWanted = (): boolean =>
        text === this.#texts.text && !this.#texts.reading && turn === this.#turn && !this.#view.running;
      if (isWanted()) await session.compare();
      if (isWanted()) await session.write(this.#compare.writing);
    });
  }

  async #train(): Promise<void> {
    if (!this.#session) return;
    const [strings, { notices }] = [this.#strings, this.#context];
    notices.clear();
    await this.#choosing;
    if (!this.#base) return notices.error(strings.noModel);
    if (!this.#texts.text) return notices.error(strings.noText);
    const problem = this.#adapter.problem(strings);
    if (problem !== null) return notices.error(problem);
    const { run } = this.#view;
    if (run && !this.#fits(run) && !this.#mayForget(strings.replaceQuestion(run.kept))) return;
    await this.#trainBy(this.#adapter.settings);
  }

  /** Goes on with the adapter that is paused or stopped, by its own settings whatever the panel shows. */
  async #resume(): Promise<void> {
    if (this.#view.state === 'paused') return this.#session?.resume();
    const { run } = this.#view;
    if (!run?.settings) return;
    this.#adapter.adopt(run.settings);
    this.#onSettings();
    await this.#trainBy(run.settings);
  }

  async #trainBy(settings: Omit<TuneSettings, 'writing'>): Promise<void> {
    this.#view.prepare();
    this.#time = null;
    this.#render();
    try {
      await this.#session!.train({ ...settings, writing: this.#compare.writing });
    } catch (error) {
      this.#context.notices.error(error as Error);
    }
    this.#askCost();
    this.#render();
  }

  #write(): void {
    this.#context.address.set({}, this.#compare.typed);
    if (this.#base) void this.#attempts.run(() => this.#session!.write(this.#compare.writing));
  }

  #use(on: boolean): void {
    void this.#attempts.run(async () => {
      await this.#session!.use(on);
      await this.#session!.compare();
      await this.#session!.write(this.#compare.writing);
    });
  }

  async #startOver(): Promise<void> {
    if (this.#unsaved && !confirm(this.#strings.startOverQuestion)) return;
    await this.#attempts.run(async () => this.#session?.forget());
    this.#unsaved = false;
    this.#compare.clear('now');
    this.#lookAtBase();
    this.#byId('train').focus();
  }

  async #save(): Promise<void> {
    const files = await this.#session!.save();
    if (!(await saveFolder(files))) return;
    this.#unsaved = false;
    this.#context.notices.news(this.#strings.savedAdapter(files.length));
  }

  async #saveMerged(): Promise<void> {
    const files = await this.#session!.merged();
    if (await saveFolder(files)) this.#context.notices.news(this.#strings.savedModel(files.length));
  }

  async #openAdapter(files: readonly File[]): Promise<void> {
    const strings = this.#strings;
    if (this.#view.running) return this.#context.notices.meanwhile(strings.stopFirst);
    if (!this.#base) return this.#context.notices.error(strings.noModel);
    const names = files.map(({ name }) => name);
    const both = ['adapter_config.json', 'adapter_model.safetensors'].every((name) => names.includes(name));
    if (!both) return this.#context.notices.error(strings.twoFiles);
    if (!this.#mayForget(strings.forgetQuestion)) return;
    await this.#attempts.run(async () => {
      await this.#session!.openAdapter(files);
      this.#unsaved = false;
      this.#time = null;
      this.#compare.clear('now');
      this.#context.notices.news(strings.openedAdapter);
      if (this.#texts.text) await this.#session!.compare();
      await this.#session!.write(this.#compare.writing);
    });
  }

  /** Whether the adapter that is there may go. */
  #mayForget(question: string): boolean {
    return !this.#unsaved || !this.#view.run || confirm(question);
  }

  /** A model is looked up or loaded: what was under way of that ends. Null where nothing can. */
  #begin(): number | null {
    return this.#session && !this.#view.running ? ++this.#turn : null;
  }

  /** Errors of what is not wanted any more are nobody's business. */
  async #attempt(turn: number, work: () => Promise<void>): Promise<void> {
    this.#context.notices.clear('error');
    try {
      await work();
    } catch (error) {
      if (turn !== this.#turn || (error as Error).name === 'AbortError') return;
      this.#choice.panel.setState('idle');
      this.#context.notices.error(error as Error);
    }
  }

  // Events from the worker ----------------------------------------------------------------------------------------

  #hear(event: TuneEvent): void {
    switch (event.kind) {
      case 'adapter':
        break;
      case 'download':
      case 'weights':
        return this.#choice.hear(event);
      case 'notice':
        return this.#context.notices.news(event.message);
      case 'recovered':
        this.#context.notices.news(this.#strings.recovered(event.step));
        break;
      case 'compared':
        this.#compare.comparison = event.comparison;
        break;
      case 'written':
        this.#compare.take(event.side, event);
        break;
      default:
        this.#view.take(event);
    }
    if (event.kind === 'steps') [this.#unsaved, this.#time] = [true, event.stepMilliseconds];
    if (event.kind === 'state') {
      if (event.run === null) this.#compare.clear('now');
      if (event.state === 'empty') this.#view.forgetSpeed();
    }
    if (event.kind === 'steps' && !this.#view.due) this.#soon.start();
    else this.#render();
  }

  // Drawing -------------------------------------------------------------------------------------------------------

  #render(): void {
    this.#soon.cancel();
    const [strings, format, view] = [this.#strings, this.#format, this.#view];
    const { run, running, state, latest } = view;
    const { ready } = this.engine;
    const { busy } = this.#attempts;
    const recorded = this.#recorded;
    this.#adapter.say(strings);
    this.#texts.render(strings, format);
    setText(this.#byId('text-story'), strings.textStories[this.#texts.choice] ?? '');
    this.#lock(running, ready);
    const canResume = run?.settings != null && this.#texts.text?.fingerprint === run.text?.fingerprint;
    const same = run !== null && this.#fits(run);
    const buttons = { busy, ready, writing: false, canTrain: this.#base !== null, canResume, same };
    const { steps } = this.#adapter.settings;
    view.render(strings, format, buttons, steps);
    for (const id of ['save', 'save-model']) {
      const button = this.#byId<HTMLButtonElement>(id);
      button.disabled ||= running || run?.files === 0 || recorded;
    }
    this.#byId<HTMLButtonElement>('load').disabled ||= this.#base === null;
    const { key, cost = null, problem = null } = this.#costs ?? {};
    const time = this.#time === null ? null : { stepMilliseconds: this.#time, steps: run?.steps ?? steps };
    const stale = key !== this.#costKey && !running;
    this.#byId('cost').classList.toggle('stale', stale);
    this.#cost.show(strings, format, {
      cost,
      time,
      problem: this.#costProblem(problem),
    });
    this.#compare.recorded = this.#ghost;
    this.#compare.setDisabled(
      !ready || running || busy || this.#base === null,
      run === null || running || busy || recorded,
    );
    this.#compare.show(strings, format, run, languageOfText(this.#texts.text?.id ?? ''));
    this.#drawHint(same, canResume);
    const note = this.#byId('recorded');
    note.hidden = !recorded;
    const from = this.#recording ? strings.recordedFrom(this.#recording.adapter) : '';
    setText(note, recorded ? `${strings.recorded}${strings.space}${from}` : '');
    this.#context.showRun(recorded ? null : runStatus(state, latest.step, format.loss(latest.training)));
  }

  #costProblem(problem: Error | 'no targets' | null): readonly (Node | string)[] {
    if (problem === 'no targets') return [this.#strings.noTargets];
    return problem ? told(problem, this.#context.language) : [];
  }

  #lock(running: boolean, ready: boolean): void {
    const recorded = this.#recorded;
    this.#byId('tuning').classList.toggle('locked', running);
    this.#byId('locked').hidden = !running;
    for (const part of this.#byId('settings').querySelectorAll('fieldset'))
      part.disabled = running || !ready || recorded;
    this.#byId<HTMLFieldSetElement>('kind-part').disabled = running || (!ready && !recorded);
    if (recorded) {
      for (const input of this.#byId('kinds').querySelectorAll('input'))
        input.disabled = !(input.value in this.#recording!.runs);
    }
    this.#byId('facts').hidden = recorded;
    this.#byId('model-part').inert = running || !ready;
  }

  /** What an adapter of this kind wrote once, for the place where there is none yet. */
  get #ghost() {
    const usual = this.#base?.shipped && this.#texts.choice === 'french';
    const recorded = usual ? this.#recording?.runs[this.#adapter.kind] : undefined;
    if (!recorded) return null;
    const { prompt, written, run, comparison } = recorded;
    return { prompt, text: written.now, step: run.kept, loss: comparison.now! };
  }

  /** What Train will do with the adapter that is there. */
  #drawHint(same: boolean, canResume: boolean): void {
    const { run, running, state } = this.#view;
    this.#byId('hint').hidden = !run || running || this.#recorded;
    if (!run || running) return;
    const { continues, startsAgain, startsNew } = this.#strings;
    const goesOn = state === 'stopped' && canResume ? continues(run.step) : startsAgain;
    setText(this.#byId('hint-text'), same ? goesOn : startsNew);
  }

  /** Whether Train would go on with this adapter, or learn it again. */
  #fits({ settings, text }: TuneRun): boolean {
    if (!settings || text?.fingerprint !== this.#texts.text?.fingerprint) return false;
    const key = ({ choice, rate, steps, seed }: Omit<TuneSettings, 'writing'>): string =>
      JSON.stringify([choice, rate, steps, seed]);
    return key(settings) === key(this.#adapter.settings);
  }

  get #session() {
    return this.engine.session;
  }

  get #strings(): TuneStrings {
    return this.#context.language === 'zh' ? chinese : english;
  }

  get #format(): Format {
    return new Format(this.#context.language);
  }
}
