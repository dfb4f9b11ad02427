/** An adapter that learns a text: what a checkpoint of it is, and how far it came. */
import { Run, type FitEvent, type PauseSwitch } from '../../../engine/index';
import { adaptPeft } from '../../../models/adapters/index';
import { adapterSettings, textCourse, type TextSplit } from '../../../models/adapters/tuning';
import { FitRecord, type Steps } from '../../session/fit-record';
import type { History } from '../../session/protocol';
import type { ChosenText } from '../../session/texts';
import type { Base } from './base';
import type { TuneSettings } from './protocol';

/** A text as a base reads it. */
export interface LessonTokens {
  readonly text: ChosenText;
  readonly split: TextSplit;
}

export interface LearnOptions {
  readonly signal: AbortSignal;
  readonly pause: PauseSwitch;
  /** The adapter stands beside its base, and everything is compiled. */
  readonly onBegin: () => void;
  readonly onCompile: (share: number) => void;
  readonly onSteps: (steps: Steps) => void;
  readonly onJudged: (step: number, loss: number) => Promise<void>;
  readonly onPaused: (paused: boolean) => void;
}

export class Lesson {
  readonly settings: TuneSettings;
  readonly tokens: LessonTokens;
  readonly #record = new FitRecord();
  #done = false;
  #kept = 0;

  constructor(settings: TuneSettings, tokens: LessonTokens) {
    [this.settings, this.tokens] = [settings, tokens];
  }

  /** Whether these settings, for this text, are its own. */
  isOf(settings: TuneSettings, tokens: LessonTokens): boolean {
    const key = ({ choice, rate, steps, seed }: TuneSettings): string =>
      JSON.stringify([choice, rate, steps, seed]);
    const same = tokens.text.info.fingerprint === this.tokens.text.info.fingerprint;
    return same && key(settings) === key(this.settings);
  }

  /** It has learnt all that it will. */
  get done(): boolean {
    return this.#done;
  }

  get begun(): boolean {
    return this.#record.last !== null;
  }

  /** Updates up to the last checkpoint. */
  get step(): number {
    return this.#record.step;
  }

  /** The step whose weights the adapter has. */
  get kept(): number {
    return this.#kept;
  }

  get history(): History {
    return this.#record.history;
  }

  judged(step: number, loss: number): void {
    this.#record.judged(step, loss);
  }

  /** Forgets what came after the last checkpoint: it begins there again. */
  cut(): void {
    this.#record.cut(this.step);
  }

  /** Learns until it is done or stopped; what it had learnt before goes on, and the best of all judgements is what the adapter has at the end. */
  async learn(base: Base, options: LearnOptions): Promise<void> {
    const { signal, pause, onBegin, onCompile, onSteps, onJudged, onPaused } = options;
    const { choice, rate: lr, steps, seed } = this.settings;
    const record = this.#record;
    const course = textCourse(this.tokens.split, { steps, lr, seed });
    using run = await base.adapt(
      (loaded) => adaptPeft(loaded, adapterSettings(choice), { seed }),
      async (adapter) => {
        const made = await Run.create({
          ...{ device: base.device, model: base.model, adapter, signal, ...course.run },
          onProgress: (done, total) => onCompile(done / total),
        });
        const before = this.#done ? record.best : record.last;
        if (before) await made.load(before.bytes);
        return made;
      },
    );
    if (this.#done) return; // a device was lost after its end
    onBegin();
    const onEvent = async (event: FitEvent): Promise<void> => {
      record.hear(event, { onSteps, onPaused });
      if (event.kind !== 'evaluation') return;
      this.judged(event.step, event.loss);
      await onJudged(event.step, event.loss);
    };
    try {
      const { step } = await run.fit({ ...course.fit, pause, signal, onEvent });
      if (step < steps) record.last = { step, bytes: await run.save() };
      else {
        if (record.best) await run.load(record.best.bytes);
        this.#done = true;
      }
    } finally {
      this.#kept = this.#done ? (record.best?.step ?? steps) : this.step;
    }
  }
}
