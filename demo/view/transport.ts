import type { RunState } from '../session/protocol';
import type { Strings } from '../train/english';
import { finder, element, setText } from './dom';
import type { Format } from './format';

/** Eyes need new figures no more often. */
const EVERY_MS = 400;

export interface Progress {
  readonly step: number;
  readonly loss: number | undefined;
  readonly validation: number | undefined;
  readonly tokensPerSecond: number | undefined;
  readonly stepMilliseconds: number | undefined;
}

/** What the buttons depend on, beside the state. */
export interface ButtonsNow {
  /** A call is under way. */
  readonly busy: boolean;
  readonly ready: boolean;
  readonly writing: boolean;
  /** What Train would learn from is not being read. */
  readonly canTrain: boolean;
  /** What a stopped run learnt from is at hand. */
  readonly canResume: boolean;
  /** Train would do what Resume does. */
  readonly same: boolean;
}

/** What goes on: the state, the run in it, and while it prepares, how far that is. */
export interface Doing<Phase extends string> {
  readonly state: RunState;
  readonly run: { readonly steps: number } | null;
  readonly phase: { readonly phase: Phase; readonly share: number } | null;
}

export type TransportStrings<Phase extends string> = Pick<
  Strings,
  'states' | 'step' | 'of' | 'loss' | 'asIfAmong'
> & {
  readonly phases: Readonly<Record<Phase, string>>;
};

/** Buttons and figures at the top: what goes on, how far it is, how well and how fast it goes. */
export class Transport {
  readonly #byId = finder();
  /** Only this word is announced; figures change too often to be read out. */
  readonly #state = element('span', { role: 'status' });
  readonly #percent = element('span');
  readonly #step = element('span', { class: 'figure' });
  readonly #loss = element('span', { class: 'figure loss' });
  #last = 0;

  constructor() {
    this.#byId('status').append(
      element('span', { class: 'state' }, this.#state, this.#percent),
      ' ',
      this.#step,
      ' ',
      this.#loss,
    );
  }

  /** Whether enough time has passed to show the next figures. */
  get due(): boolean {
    return performance.now() - this.#last >= EVERY_MS;
  }

  render<Phase extends string>(
    strings: TransportStrings<Phase>,
    format: Format,
    { state, run, phase }: Doing<Phase>,
    progress: Progress,
    plannedSteps: number,
  ): void {
    this.#last = performance.now();
    const steps = run?.steps ?? plannedSteps;
    const percent = phase ? ` ${Math.round(100 * phase.share)} %` : '';
    const preparing = state === 'preparing' && phase !== null;
    setText(this.#state, preparing ? strings.phases[phase.phase] : strings.states[state]);
    setText(this.#percent, preparing ? percent : '');
    this.#figure(
      this.#step,
      strings.step,
      String(progress.step),
      `${strings.of} ${Number.isFinite(steps) ? steps : '–'}`,
    );
    const { loss } = progress;
    const asIf = loss === undefined ? '' : strings.asIfAmong(format.choices(Math.exp(loss)));
    this.#figure(this.#loss, strings.loss, format.loss(loss), asIf);
    const running = state === 'training';
    const { tokensPerSecond: rate, stepMilliseconds: time } = progress;
    setText(this.#byId('validation'), format.loss(progress.validation));
    setText(this.#byId('per-second'), rate === undefined ? '–' : format.whole(rate));
    setText(this.#byId('step-time'), time === undefined ? '–' : `${format.milliseconds(time)} ms`);
    // Room is kept for figures that do not exist yet.
    this.#byId('figures').classList.toggle('none', time === undefined && progress.validation === undefined);
    const seconds = running && time !== undefined ? ((steps - progress.step) * time) / 1000 : NaN;
    setText(this.#byId('left'), format.duration(seconds));
    const share = Number.isFinite(steps) && steps > 0 ? Math.min(1, progress.step / steps) : 0;
    const bar = this.#byId('progress');
    bar.setAttribute('aria-valuenow', (100 * share).toFixed(0));
    (bar.firstElementChild as HTMLElement).style.transform = `scaleX(${share})`;
  }

  #figure(host: Element, name: string, value: string, after: string): void {
    const parts = [name, value, after];
    if (host.childElementCount === 0) {
      host.append(element('small'), ' ', element('span'), ' ', element('small'));
    }
    for (const [i, child] of [...host.children].entries()) setText(child, parts[i]);
  }

  /** Which buttons are there, and which can be pressed now. What starts and what holds a run share one place. */
  setButtons({
    state,
    busy,
    ready,
    writing,
    canTrain,
    canResume,
    same,
  }: ButtonsNow & { state: RunState }): void {
    const running = state === 'training' || state === 'preparing' || state === 'paused';
    const held = state === 'stopped' || state === 'finished';
    const [train, pause, resume] = ['train', 'pause', 'resume'].map((id) =>
      this.#byId<HTMLButtonElement>(id),
    );
    const focused = [train, pause, resume].find((button) => button === document.activeElement);
    resume.hidden = state !== 'paused' && (state !== 'stopped' || !canResume);
    resume.disabled = busy;
    train.hidden = running || (same && !resume.hidden);
    train.disabled = !ready || busy || !canTrain;
    pause.hidden = !running || state === 'paused';
    // Not disabled: whoever pressed Train with the keyboard stands on it.
    pause.setAttribute('aria-disabled', String(state !== 'training'));
    if (focused?.hidden) [pause, resume, train].find(({ hidden }) => !hidden)!.focus();
    this.#byId<HTMLButtonElement>('stop').disabled = !running && !writing;
    for (const id of ['save', 'save-model']) {
      this.#byId<HTMLButtonElement>(id).disabled = !(running || held) || state === 'preparing' || busy;
    }
    this.#byId<HTMLButtonElement>('load').disabled = !ready || running || busy;
  }
}
