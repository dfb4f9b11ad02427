/** A network that learns the classes of a graph's members: its run, and how it did so far. */
import {
  AdamW,
  countParameters,
  IGNORE_INDEX,
  Run,
  type FitOptions,
  type PauseSwitch,
  type RunOptions,
} from '../../../engine/index';
import { nodeClasses, type GAT, type NodeBatch } from '../../../models/graphs/index';
import { FitRecord, type Steps } from '../../session/fit-record';
import { graphOf, networkOf, NetworkReader } from './network';
import type { Asked, GraphRun, GraphSettings, Judged, Looked, Taught } from './protocol';

/** Of AdamW. */
export const RATE = 1e-2;
/** Updates between two judgements. */
const JUDGE_EVERY = 5;

export interface LearnOptions {
  readonly signal: AbortSignal;
  readonly pause: PauseSwitch;
  readonly onSteps: (steps: Steps) => Promise<void>;
  readonly onPaused: (paused: boolean) => Promise<void>;
  readonly onJudged: (judged: Judged, loss: number) => void;
  readonly onRecovered: (step: number) => void;
}

export class Student implements Disposable {
  readonly settings: GraphSettings;
  readonly taught: Taught;
  readonly record = new FitRecord();
  /** How it did, by step. */
  judged: readonly Judged[] = [];
  readonly #model: GAT;
  readonly #run: Run<NodeBatch>;
  /** Members that it is judged by: those of known class that it is not told of. */
  readonly #rest: readonly number[];
  #reader: NetworkReader | null = null;

  private constructor(settings: GraphSettings, taught: Taught, model: GAT, run: Run<NodeBatch>) {
    [this.settings, this.taught, this.#model, this.#run] = [settings, taught, model, run];
    const told = new Set(taught.told);
    this.#rest = [...taught.labels.keys()].filter((i) => taught.labels[i] !== null && !told.has(i));
  }

  /** With fresh weights. Throws an `EngineError` for settings that cannot be. */
  static async create(
    settings: GraphSettings,
    taught: Taught,
    options: Pick<RunOptions, 'device' | 'reopen' | 'signal' | 'onProgress'>,
  ): Promise<Student> {
    const { classes, labels, known } = taught;
    const features = known.length;
    const model = networkOf(settings, { features, classes });
    const objective = nodeClasses(model.prepare(graphOf(taught, features)), {
      labels: labels.map((label) => label ?? IGNORE_INDEX),
      classes,
    });
    const run = await Run.create<NodeBatch, GAT>({
      ...options,
      ...{ model, objective, seed: settings.seed, schedule: RATE },
      optimizer: new AdamW({ weightDecay: 5e-4 }),
    });
    return new Student(settings, taught, model, run);
  }

  get step(): number {
    return this.#run.trainer.step;
  }

  /** It has learnt all that it will. */
  get done(): boolean {
    return this.step >= this.settings.steps;
  }

  get describe(): GraphRun {
    const { settings, step, taught } = this;
    const { steps } = settings;
    const parameters = countParameters(this.#model);
    return { settings, step, steps, vocabulary: taught.classes, parameters, known: taught.known };
  }

  /** Whether these settings, for this graph, are its own. */
  isOf(settings: GraphSettings, taught: Taught): boolean {
    return JSON.stringify([settings, taught]) === JSON.stringify([this.settings, this.taught]);
  }

  /** Goes on until it is done or stopped. */
  async learn(options: LearnOptions): Promise<void> {
    const { signal, pause, onSteps, onPaused, onJudged, onRecovered } = options;
    const told = { nodes: this.taught.told };
    const judge = async (): Promise<Record<string, number>> => {
      const { judged, loss } = await this.#judge();
      this.judged = [...this.judged.filter(({ step }) => step < judged.step), judged];
      this.record.judged(judged.step, loss);
      onJudged(judged, loss);
      return { right: judged.right };
    };
    const fit: FitOptions<NodeBatch> = {
      ...{ steps: this.settings.steps, batches: () => told, measure: judge, pause, signal },
      ...{ evaluateEvery: JUDGE_EVERY, checkpointEvery: 10 * JUDGE_EVERY },
      monitor: { metric: 'right', mode: 'max' },
      onEvent: async (event) => {
        if (event.kind === 'recovered') {
          this.#cut(event.step);
          onRecovered(event.step);
        }
        let waits: Promise<void> | undefined;
        this.record.hear(event, {
          onSteps: (steps) => void (waits = onSteps(steps)),
          onPaused: (paused) => void (waits = onPaused(paused)),
        });
        await waits;
      },
    };
    if (this.judged.length === 0) await this.#run.survive(judge);
    await this.#run.fit(fit);
    await this.#run.survive(() => this.#run.save()); // what it goes back to where a device is lost later
  }

  /** What it says of a graph as it is now. */
  look(asked: Asked, onRecovered: (step: number) => void): Promise<Looked> {
    const recover = (step: number): void => {
      this.#cut(step);
      onRecovered(step);
    };
    return this.#run.survive(() => this.#look(asked), { onRecovered: recover });
  }

  async weights(): Promise<ReadonlyMap<string, Float32Array>> {
    return this.#run.trainer.store.readAll('weights');
  }

  async #look(asked: Asked): Promise<Looked> {
    const { device } = this.#run.trainer;
    if (this.#reader?.device !== device) {
      this.#reader?.[Symbol.dispose]();
      this.#reader = new NetworkReader(device, this.#model);
    }
    const { step } = this;
    return { step, ...(await this.#reader.look(asked)) };
  }

  /** The mean cross-entropy of the rest, or, where there is none, of those that it is told of. */
  async #judge(): Promise<{ readonly judged: Judged; readonly loss: number }> {
    const { labels, told, classes } = this.taught;
    const { step, shares } = await this.#look(this.taught);
    const classOf = (i: number): number => {
      const own = shares.subarray(i * classes, (i + 1) * classes);
      return own.indexOf(Math.max(...own));
    };
    const judgedBy = this.#rest.length > 0 ? this.#rest : told;
    const loss = judgedBy.reduce((sum, i) => sum - Math.log(shares[i * classes + labels[i]!]), 0);
    const right = this.#rest.filter((i) => classOf(i) === labels[i]).length;
    return { judged: { step, right, rest: this.#rest.length }, loss: loss / judgedBy.length };
  }

  /** Forgets what came after this step: training went back to it. */
  #cut(step: number): void {
    this.record.cut(step);
    this.judged = this.judged.filter((one) => one.step <= step);
  }

  [Symbol.dispose](): void {
    this.#reader?.[Symbol.dispose]();
    this.#run[Symbol.dispose]();
  }
}
