/** An adapter that learns a text: what a checkpoint of it is, and how far it came. */
import { Run, type FitEvent, type PauseSwitch } from '../../../engine/index';
import { adaptPeft } from '../../../models/adapters/index';
import { adapterSettings, textCourse, type TextSplit } from '../../../models/adapters/tuning';
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
  readonly onSteps: (event: {
    readonly from: number;
    readonly losses: readonly number[];
    readonly tokensPerSecond: number;
    readonly stepMilliseconds: number;
  }) => void;
  readonly onJudged: (step: number, loss: number) => Promise<void>;
  readonly onPaused: (paused: boolean) => void;
}

interface Checkpoint {
  readonly step: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export class Lesson {
  readonly settings: TuneSettings;
  readonly tokens: LessonTokens;
  #losses: number[] = [];
  #validation: (readonly [step: number, loss: number])[] = [];
  #last: Checkpoint | null = null;
  #best: Checkpoint | null = null;
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
    return this.#last !== null;
  }

  /** Updates up to the last checkpoint. */
  get step(): number {
    return this.#last?.step ?? 0;
  }

  /** The step whose weights the adapter has. */
  get kept(): number {
    return this.#kept;
  }

  get history(): History {
    return { losses: this.#losses, validation: this.#validation };
  }

  judged(step: number, loss: number): void {
    this.#validation = [...this.#validation.filter(([at]) => at !== step), [step, loss]];
  }

  /** Forgets what came after the last checkpoint: it begins there again. */
  cut(): void {
    this.#losses.length = Math.min(this.#losses.length, this.step);
    this.#validation = this.#validation.filter(([at]) => at <= this.step);
  }

  /** Learns until it is done or stopped; what it had learnt before goes on, and the best of all judgements is what the adapter has at the end. */
  async learn(base: Base, options: LearnOptions): Promise<void> {
    const { signal, pause, onBegin, onCompile, onSteps, onJudged, onPaused } = options;
    const { choice, rate: lr, steps, seed } = this.settings;
    const course = textCourse(this.tokens.split, { steps, lr, seed });
    using run = await base.adapt(
      (loaded) => adaptPeft(loaded, adapterSettings(choice), { seed }),
      async (adapter) => {
        const made = await Run.create({
          ...{ device: base.device, model: base.model, adapter, signal, ...course.run },
          onProgress: (done, total) => onCompile(done / total),
        });
        const before = this.#done ? this.#best : this.#last;
        if (before) await made.load(before.bytes);
        return made;
      },
    );
    if (this.#done) return; // a device was lost after its end
    onBegin();
    const onEvent = async (event: FitEvent): Promise<void> => {
      if (event.kind === 'steps') {
        const { reports, tokensPerSecond, stepMilliseconds } = event;
        const losses = reports.map(({ loss }) => loss);
        const from = reports[0].index;
        this.#losses.length = Math.min(this.#losses.length, from);
        this.#losses.push(...losses);
        onSteps({ from, losses, tokensPerSecond, stepMilliseconds });
      } else if (event.kind === 'evaluation') {
        this.judged(event.step, event.loss);
        await onJudged(event.step, event.loss);
      } else if (event.kind === 'checkpoint') {
        const { step, bytes } = event;
        this.#last = { step, bytes };
        if (event.best) this.#best = this.#last;
      } else if (event.kind === 'paused' || event.kind === 'resumed') onPaused(event.kind === 'paused');
    };
    try {
      const { step } = await run.fit({ ...course.fit, pause, signal, onEvent });
      if (step < steps) this.#last = { step, bytes: await run.save() };
      else {
        if (this.#best) await run.load(this.#best.bytes);
        this.#done = true;
      }
    } finally {
      this.#kept = this.#done ? (this.#best?.step ?? steps) : this.step;
    }
  }
}
