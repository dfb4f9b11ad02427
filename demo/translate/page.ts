/** The Translate page: holds what the worker last said, and hands it to the views. */
import type { RunState } from '../session/protocol';
import { Appearance } from '../view/appearance';
import { Attempts } from '../view/attempts';
import { byId, onClick, onFile, openPagesBeside, setText } from '../view/dom';
import { acceptDrops } from '../view/drop-target';
import { EngineWorker } from '../view/engine-worker';
import { Format } from '../view/format';
import { heatMapPng, heatMapSvg } from '../view/map-file';
import { Notices } from '../view/notices';
import { saveFile } from '../view/save-file';
import { chinese } from './chinese';
import { english, type TranslateStrings } from './english';
import { SHIPPED } from './models';
import type { ModelInfo, PairsSource, TranslateEvent, TranslationResult } from './session/protocol';
import type { WorkerSession } from './session/worker';
import { AlignmentView } from './view/alignment-view';
import { PartsPicker } from './view/parts-picker';
import { RequestPanel } from './view/request-panel';
import { TrainingPanel } from './view/training-panel';

export class TranslatePage {
  readonly #appearance = new Appearance({ en: english, zh: chinese });
  readonly #notices = new Notices(byId('notices'));
  readonly #attempts = new Attempts(this.#notices, () => this.#render());
  readonly #request = new RequestPanel();
  readonly #alignment = new AlignmentView(this.#strings);
  readonly #parts = new PartsPicker(() => this.#showPart());
  readonly #training = new TrainingPanel();
  readonly #engine = new EngineWorker<WorkerSession, TranslateEvent>(
    () => this.#strings,
    () => this.#render(),
  );
  #format = new Format(this.#appearance.language);
  #model: ModelInfo | 'opening' | null = null;
  #result: TranslationResult | null = null;
  /** Translations asked for so far: only the last counts. */
  #turn = 0;
  #translating = false;
  #reading = false;
  /** Pairs that are being read, and how many were chosen before. */
  #choosing: Promise<void> = Promise.resolve();
  #chosen = 0;
  #waiting: ReturnType<typeof setTimeout> | undefined;

  async start(): Promise<void> {
    this.#connect();
    this.#appearance.onChange = () => this.#onAppearance();
    byId('translate-page').hidden = false;
    this.#appearance.apply();
    this.#training.start();
    const opened = await this.#engine.start(
      () => new Worker(new URL('./session/worker.ts', import.meta.url), { type: 'module' }),
      (event) => this.#onEvent(event),
    );
    if (!opened) return;
    await this.#attempt(async () => {
      const pairs = await this.#session!.restore();
      if (pairs) this.#training.setReport(pairs);
      const { run } = this.#training;
      if (!run) return;
      this.#training.adopt(run);
      this.#notices.news(this.#strings.kept(run.step, this.#training.title(this.#strings)));
    });
    if (this.#model === null) await this.#useModel();
  }

  #connect(): void {
    onClick('train', () => this.#train());
    onClick('pause', () => this.#session?.pause());
    onClick('resume', () => (this.#state === 'paused' ? this.#session?.resume() : this.#train()));
    onClick('stop', () => this.#session?.stop());
    onClick('save', () => this.#attempt(() => this.#save()));
    onFile('load', 'checkpoint-file', (file) => void this.#load(file));
    onClick('start-over', () => this.#startOver());
    onClick('save-svg', () => this.#savePicture('svg'));
    onClick('save-png', () => this.#savePicture('png'));
    this.#request.onModel = () => void this.#useModel();
    this.#request.onTranslate = () => void this.#translate();
    this.#request.onStop = () => void this.#session?.stopTranslating();
    this.#request.onHypothesis = () => void this.#align();
    this.#training.onPairs = (source) => {
      this.#choosing = this.#choosePairs(source);
    };
    this.#training.onChange = () => this.#render();
    acceptDrops(byId('drop'), (dropped) => this.#onDrop(dropped));
  }

  #onDrop(file: File): void {
    if (this.#engine.missing) return;
    if (/\.(safetensors|bin|pt|ckpt)$/i.test(file.name)) void this.#load(file);
    else if (this.#training.running) this.#notices.news(this.#strings.stopFirst);
    else this.#training.takeFile(file);
  }

  // Translating ---------------------------------------------------------------------------------------------------

  /** Opens the model that is chosen, and translates what is there. */
  async #useModel(): Promise<void> {
    const choice = this.#request.model;
    if (!this.#session || !choice) {
      this.#model = null;
      return this.#render();
    }
    this.#model = 'opening';
    this.#result = null;
    this.#request.setHypotheses([]);
    this.#alignment.clear();
    this.#render();
    try {
      this.#model = await this.#session.useModel(choice);
    } catch (error) {
      this.#model = null;
      this.#notices.error((error as Error).message);
    }
    this.#request.say(this.#strings);
    this.#render();
    if (this.#model !== null) await this.#translate();
  }

  /** Shows the translation as it grows, then its candidates and what they attended to. */
  async #translate(): Promise<void> {
    const { text, settings } = this.#request;
    if (!this.#session || this.#model === null || this.#model === 'opening') return;
    const turn = ++this.#turn;
    this.#notices.clear('error');
    this.#translating = true;
    this.#render();
    try {
      const result = await this.#session.translate(text, settings);
      if (turn !== this.#turn || !result) return;
      this.#result = result;
      this.#parts.offer(result);
      this.#showPart();
    } catch (error) {
      if (turn === this.#turn) this.#notices.error((error as Error).message);
    } finally {
      if (turn === this.#turn) this.#translating = false;
      this.#render();
    }
  }

  #showPart(): void {
    const part = this.#result?.parts[this.#parts.chosen];
    this.#request.setHypotheses(part?.hypotheses ?? []);
    if (part) void this.#align();
    else this.#alignment.clear();
    this.#render();
  }

  /** Brings the attention of the candidate that is chosen. */
  async #align(): Promise<void> {
    const model = this.#model;
    if (!this.#session || model === null || model === 'opening') return;
    const turn = this.#turn;
    this.#render();
    const alignment = await this.#session.alignment(this.#parts.chosen, this.#request.hypothesis);
    if (!alignment || turn !== this.#turn) return;
    this.#alignment.show(alignment, model.languages, model.tokens);
  }

  async #savePicture(kind: 'svg' | 'png'): Promise<void> {
    const { picture } = this.#alignment;
    if (!picture) return;
    const name = `heed-attention-${this.#alignment.chosen}.${kind}`;
    const file =
      kind === 'svg' ? new Blob([heatMapSvg(picture)], { type: 'image/svg+xml' }) : await heatMapPng(picture);
    saveFile(name, file);
  }

  // Training ------------------------------------------------------------------------------------------------------

  async #choosePairs(source: PairsSource | null): Promise<void> {
    if (!this.#session) return;
    const turn = ++this.#chosen;
    setText(byId('pairs-problem'), '');
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
      setText(byId('pairs-problem'), (error as Error).message);
    }
    this.#reading = false;
    this.#render();
  }

  async #train(): Promise<void> {
    if (!this.#session) return;
    this.#notices.clear();
    await this.#choosing;
    if (!this.#training.pairs) return this.#notices.error(this.#strings.noPairs);
    this.#training.prepare();
    this.#render();
    try {
      await this.#session.train(await this.#training.source(), this.#training.values);
    } catch (error) {
      const step = this.#training.run?.step;
      const back = (error as Error).name === 'TrainingError' && step !== undefined;
      this.#notices.error((error as Error).message, back ? this.#strings.wentBack(step) : '');
    }
  }

  async #save(): Promise<void> {
    const { name, bytes } = await this.#session!.save();
    saveFile(name, new Blob([bytes], { type: 'application/octet-stream' }));
    this.#notices.news(this.#strings.saved(name));
  }

  /** Takes up a file: a run to go on with, or weights that only translate. */
  async #load(file: File): Promise<void> {
    await this.#attempt(async () => {
      const run = await this.#session!.load(file);
      if (run) {
        const sentences = [this.#strings.loaded(run.step)];
        if (!this.#training.adopt(run)) sentences.push(this.#strings.pairsNeeded(run.pairs.title));
        this.#notices.news(...sentences);
      }
      this.#offerOwn(true);
      await this.#useModel();
    });
  }

  async #startOver(): Promise<void> {
    if (!confirm(this.#strings.startOverQuestion)) return;
    await this.#attempt(() => this.#session!.forget());
    this.#training.clear();
    this.#request.setOwn(null, this.#strings, false);
    if (this.#request.model === null || this.#request.model.kind === 'own') await this.#useModel();
    this.#render();
    byId('train').focus();
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    if (this.#session) await this.#attempts.run(work);
  }

  // Events from the worker ----------------------------------------------------------------------------------------

  #onEvent(event: TranslateEvent): void {
    const strings = this.#strings;
    switch (event.kind) {
      case 'partial':
        if (this.#translating) this.#alignment.write(event.text, this.#languages[1]);
        return;
      case 'unkept':
        return this.#notices.news(strings.unkept[event.why](event.reason));
      case 'recovered':
        this.#notices.news(event.step === null ? strings.recoveredIdle : strings.recovered(event.step));
        break;
      default:
        this.#training.take(event);
    }
    if (event.kind === 'state' && event.run && event.state !== 'preparing') {
      this.#offerOwn(SHIPPED.length === 0);
      if (this.#model === null && event.state === 'training') void this.#useModel();
    }
    // The model at hand knows more now.
    if (event.kind === 'evaluation' && this.#request.model?.kind === 'own') void this.#translate();
    if (event.kind === 'steps' && !this.#training.due) this.#renderSoon();
    else this.#render();
  }

  #offerOwn(take: boolean): void {
    this.#request.setOwn(this.#training.run?.examples ?? [], this.#strings, take);
  }

  // Drawing -------------------------------------------------------------------------------------------------------

  get #session(): EngineWorker<WorkerSession, TranslateEvent>['session'] {
    return this.#engine.session;
  }

  get #state(): RunState {
    return this.#training.state;
  }

  get #strings(): TranslateStrings {
    return this.#appearance.strings;
  }

  get #languages(): readonly [string, string] {
    return this.#model !== null && this.#model !== 'opening' ? this.#model.languages : ['', ''];
  }

  #renderSoon(): void {
    this.#waiting ??= setTimeout(() => this.#render(), 250);
  }

  #render(): void {
    clearTimeout(this.#waiting);
    this.#waiting = undefined;
    const strings = this.#strings;
    const { ready } = this.#engine;
    this.#request.render(strings, this.#format, { model: this.#model, ready, busy: this.#translating });
    this.#parts.render(this.#result, this.#languages[1]);
    byId('output').classList.toggle('writing-now', this.#translating);
    byId('output-empty').hidden = this.#result !== null || byId('output').textContent !== '';
    setText(byId('took'), this.#took);
    this.#training.render(strings, this.#format, {
      ready,
      busy: this.#attempts.busy,
      reading: this.#reading,
    });
    this.#engine.draw();
    openPagesBeside(this.#training.running);
  }

  get #took(): string {
    if (this.#translating || !this.#result) return '';
    const { parts, milliseconds } = this.#result;
    const time = this.#format.whole(milliseconds);
    return parts.length > 1 ? this.#strings.tookParts(parts.length, time) : this.#strings.took(time);
  }

  #onAppearance(): void {
    const strings = this.#strings;
    this.#format = new Format(this.#appearance.language);
    document.title = strings.title;
    this.#notices.setDismissLabel(strings.dismiss);
    this.#request.say(strings);
    this.#alignment.say(strings);
    this.#alignment.repaint();
    this.#training.repaint();
    this.#render();
  }
}
