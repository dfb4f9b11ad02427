import { element, finder, setText } from '../../view/dom';
import type { Format } from '../../view/format';
import { RateAndSteps } from '../../view/rate-and-steps';
import { LossChart } from '../../view/loss-chart';
import type { RunState } from '../../session/protocol';
import type { BringStrings } from '../english';
import type { BringEvent, LearnRun, LearnSettings, Opened } from '../session/protocol';

/** What the model is to learn, and how it gets on. */
export class LearnPanel {
  onLearn: (settings: LearnSettings) => unknown = () => undefined;
  /** What to type instead of what is no number. */
  onProblem: (problem: string) => void = () => undefined;
  onPause: () => unknown = () => undefined;
  onResume: () => unknown = () => undefined;
  onStop: () => unknown = () => undefined;
  readonly #byId = finder();
  readonly #numbers = new RateAndSteps();
  readonly #chart = new LossChart(this.#byId('plot'), () => undefined);
  #strings: BringStrings;
  #format: Format;
  #model: Opened | null = null;
  #state: RunState = 'empty';
  #run: LearnRun | null = null;
  #share: { readonly phase: string; readonly share: number } | null = null;
  #speed: { readonly tokensPerSecond: number; readonly stepMilliseconds: number } | null = null;

  constructor(strings: BringStrings, format: Format) {
    [this.#strings, this.#format] = [strings, format];
    this.#byId('lesson').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#press();
    });
    this.#byId('stop-learning').addEventListener('click', () => this.onStop());
    const file = this.#byId<HTMLInputElement>('lesson-file');
    this.#byId('choose-lesson').addEventListener('click', () => file.click());
    file.addEventListener('change', () => {
      const [chosen] = file.files ?? [];
      file.value = '';
      if (chosen) void this.take(chosen);
    });
  }

  get running(): boolean {
    return this.#state === 'preparing' || this.#state === 'training' || this.#state === 'paused';
  }

  get state(): RunState {
    return this.#state;
  }

  get latest(): { readonly step: number; readonly loss: number | undefined } {
    const { step, training } = this.#chart.latest;
    return { step, loss: training };
  }

  open(model: Opened): void {
    [this.#model, this.#state, this.#run] = [model, 'empty', null];
    this.#chart.setHistory([], []);
    this.say(this.#strings, this.#format);
  }

  async take(file: File): Promise<void> {
    this.#byId<HTMLTextAreaElement>('lesson-text').value = await file.text();
  }

  hear(event: BringEvent): void {
    if (event.kind === 'state') {
      [this.#state, this.#run, this.#share] = [event.state, event.run, null];
      this.#chart.setScale(event.run?.steps ?? 1, null);
    } else if (event.kind === 'progress') this.#share = event;
    else if (event.kind === 'steps') {
      this.#chart.add(event.from, event.losses);
      this.#speed = event;
    } else if (event.kind === 'evaluation') this.#chart.addValidation(event.step, event.loss);
    else if (event.kind === 'history') this.#chart.setHistory([], []);
    this.#render();
  }

  say(strings: BringStrings, format: Format): void {
    [this.#strings, this.#format] = [strings, format];
    const kind = this.#model?.learns ?? null;
    this.#byId('lesson').hidden = kind === null;
    this.#byId('save-row').hidden = this.#model === null;
    const rounded = this.#model !== null && this.#model.storage !== 'f32';
    setText(this.#byId('save-hint'), rounded ? strings.saveRounded : strings.saveHint);
    setText(
      this.#byId('learn-intro'),
      this.#model === null
        ? strings.useEmpty
        : kind !== null
          ? strings.learnIntro[kind]
          : this.#model.storage !== 'f32'
            ? strings.learnNotRounded
            : strings.learnNot,
    );
    if (kind) {
      this.#byId('lesson-text').setAttribute('placeholder', strings.lessonPlaceholder[kind]);
    }
    this.#chart.repaint();
    this.#render();
  }

  #press(): void {
    if (this.#state === 'training') return void this.onPause();
    if (this.#state === 'paused') return void this.onResume();
    const problem = this.#numbers.problem(this.#strings);
    if (problem !== null) return this.onProblem(problem);
    const text = this.#byId<HTMLTextAreaElement>('lesson-text').value;
    this.onLearn({ text, ...this.#numbers.values });
  }

  #render(): void {
    const strings = this.#strings;
    const button = this.#byId<HTMLButtonElement>('start');
    const word =
      this.#state === 'training' ? strings.pause : this.#state === 'paused' ? strings.resume : strings.start;
    setText(button, word);
    button.disabled = this.#state === 'preparing';
    this.#byId('stop-learning').hidden = !this.running;
    const { step, training, validation } = this.#chart.latest;
    const run = this.#run;
    const percent = this.#share && `${Math.round(100 * this.#share.share)} %`;
    const state: Readonly<Record<RunState, string>> = {
      empty: '',
      preparing: percent ? strings.compiling(percent) : strings.preparing,
      training: run ? strings.learning(step, run.steps) : '',
      paused: strings.paused(step),
      stopped: strings.learnt(step),
      finished: strings.learnt(step),
    };
    setText(this.#byId('learn-state'), state[this.#state]);
    const speed = this.#speed;
    const facts = [
      run && strings.lessonFacts(run),
      run && run.skipped.length > 0 && strings.skipped(run.skipped),
      speed &&
        this.running &&
        strings.learningPer(
          this.#format.whole(speed.tokensPerSecond),
          this.#format.milliseconds(speed.stepMilliseconds),
        ),
      validation !== undefined && strings.held(validation.toFixed(3)),
    ].filter((part): part is string => typeof part === 'string');
    this.#byId('learn-facts').replaceChildren(...facts.map((fact) => element('span', {}, fact)));
    const plot = this.#byId('plot');
    plot.querySelector<HTMLElement>('.empty')!.hidden = step > 0;
    plot.setAttribute(
      'aria-label',
      step > 0 ? strings.curveLabel(training?.toFixed(3) ?? '–') : strings.curveEmpty,
    );
  }
}
