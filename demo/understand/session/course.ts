/** A model that learns from examples: how far it came, and how well it did on what was held out. */
import type { Device, FitEvent, PauseSwitch } from '../../../engine/index';
import { finetune, type Judgement, type Split, type Task } from '../../../models/finetune/index';
import { FitRecord, type Steps } from '../../session/fit-record';
import type { History } from '../../session/protocol';
import type { LearnSettings } from './protocol';
import type { Pupil } from './pupil';

/** Evaluations in a run. */
const JUDGED = 12;

/** What it learns. */
export interface Taught<E extends object> {
  readonly title: string;
  readonly labels: readonly string[];
  readonly split: Split<E>;
  /** Of the examples. */
  readonly fingerprint: string;
  readonly task: Task<E>;
  /** Tokens of a batch, and of a text at most. */
  readonly tokens: number;
  readonly length: number;
}

export interface LearnOptions {
  readonly signal: AbortSignal;
  readonly pause: PauseSwitch;
  /** Another device in the place of this one, which is lost. */
  readonly another: (lost: Device) => Promise<Device>;
  readonly onCompile: (share: number) => void;
  readonly onSteps: (steps: Steps) => void;
  readonly onJudged: (step: number, loss: number, judgement: Judgement) => void;
  readonly onPaused: (paused: boolean) => void;
  readonly onRecovered: (step: number) => void;
}

export class Course<E extends object> {
  readonly id = crypto.randomUUID();
  readonly settings: LearnSettings;
  readonly taught: Taught<E>;
  readonly #record = new FitRecord();
  #done = false;
  #kept = 0;
  #long = 0;
  #judgement: Judgement | null = null;

  constructor(settings: LearnSettings, taught: Taught<E>) {
    [this.settings, this.taught] = [settings, taught];
  }

  /** Whether these settings, for these examples, are its own. */
  isOf({ rate, steps }: LearnSettings, fingerprint: string): boolean {
    const own = this.settings;
    return rate === own.rate && steps === own.steps && fingerprint === this.taught.fingerprint;
  }

  /** It has learnt all that it will. */
  get done(): boolean {
    return this.#done;
  }

  /** Updates up to the last checkpoint. */
  get step(): number {
    return this.#done ? this.settings.steps : this.#record.step;
  }

  /** The step whose weights the model has. */
  get kept(): number {
    return this.#kept;
  }

  /** Texts that were longer than what is read of them. */
  get long(): number {
    return this.#long;
  }

  /** Of the weights that the model has. */
  get judgement(): Judgement | null {
    return this.#judgement;
  }

  get history(): History {
    return this.#record.history;
  }

  /** Learns until it is done or stopped; what it had learnt before goes on. The model ends with the best weights of all judgements. */
  async learn(pupil: Pupil, options: LearnOptions): Promise<void> {
    const { signal, pause, another, onCompile, onSteps, onJudged, onPaused, onRecovered } = options;
    const { split, task, tokens, length } = this.taught;
    const record = this.#record;
    const { rate, steps } = this.settings;
    const { loaded, tokenizer } = pupil.opened;
    let judged: Judgement | null = null;
    let { device } = pupil;
    const onEvent = (event: FitEvent): void => {
      record.hear(event, { onSteps, onPaused });
      if (event.kind === 'evaluation') {
        record.judged(event.step, event.loss);
        onJudged(event.step, event.loss, judged!);
      } else if (event.kind === 'recovered') {
        record.cut(event.step);
        onRecovered(event.step);
      }
    };
    record.cut(this.step);
    const result = await finetune({
      ...{ device, tokenizer, signal, pause, onEvent },
      model: loaded.model,
      task: {
        ...task,
        judge: async (...asked) => (judged = await task.judge(...asked)),
      },
      ...{ training: split.training, held: split.held },
      ...{ steps, lr: rate, tokens, seed: 1 },
      maxLength: Math.min(
        length,
        (loaded.model as { readonly config: { readonly context: number } }).config.context,
      ),
      evaluateEvery: Math.max(1, Math.round(steps / JUDGED)),
      ...(record.last && { resume: record.last.bytes }),
      ...(record.last && record.best && { resumeBest: record.best.bytes }),
      onCompile: (done, total) => onCompile(done / total),
      reopen: async () => (device = await another(device)),
    }).finally(() => pupil.moved(device));
    this.#done = result.reason === 'finished';
    this.#kept = result.best;
    this.#long = result.long;
    this.#judgement = result.judgement;
  }
}
