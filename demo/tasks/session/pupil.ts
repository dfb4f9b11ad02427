/** A small GPT that is taught one task: its lesson, its training run, and how it did so far. */
import {
  AdamW,
  countParameters,
  EngineError,
  nextToken,
  Run,
  type Device,
  type FitOptions,
  type RunOptions,
} from '../../../engine/index';
import { GPT } from '../../../models/gpt';
import { likeliest } from '../../session/likeliest';
import { Look } from '../../session/look';
import { Lesson } from '../tasks/lesson';
import type { Example } from '../tasks/task';
import { makeTask, TASKS, WIDTH } from '../tasks/tasks';
import { answersWithout, headScores } from './heads';
import { Judge } from './judge';
import type { Answered, ByHead, Given, Judged, Solved, TaskRun, TaskSettings } from './protocol';

/** Updates until the learning rate is at its peak; then it falls as 1/√step. */
const WARMUP = 40;
/** Held-out examples that judge the answers, and those that attention is scored on. */
const EXAM = 256;
const SEEN = 12;
/** Tokens that are told of each place of an answer. */
const LIKELIEST = 5;

/** What works on one device. */
interface Tools {
  readonly device: Device;
  readonly judge: Judge;
  readonly look: Look;
}

export class Pupil implements Disposable {
  readonly settings: TaskSettings;
  readonly lesson: Lesson;
  readonly gpt: GPT;
  readonly run: Run;
  readonly losses: number[] = [];
  readonly judged: Judged[] = [];
  solved: Solved | null = null;
  /** Of training and judging so far. */
  seconds = 0;
  readonly #exam: readonly Example[];
  /** Those of it whose answers are made from places in the input. */
  readonly #seen: readonly Example[];
  #tools: Tools | null = null;

  private constructor(settings: TaskSettings, lesson: Lesson, gpt: GPT, run: Run) {
    [this.settings, this.lesson, this.gpt, this.run] = [settings, lesson, gpt, run];
    this.#exam = lesson.exam(EXAM);
    this.#seen = this.#exam.filter((example) => lesson.looks(example).length > 0).slice(0, SEEN);
  }

  /** With fresh weights. Throws an `EngineError` for settings that are not on offer. */
  static async create(
    settings: TaskSettings,
    options: Pick<RunOptions, 'device' | 'reopen' | 'signal' | 'onProgress'>,
  ): Promise<Pupil> {
    const { task, values, layers, heads, seed } = settings;
    const lesson = new Lesson(makeTask(task, values), seed);
    const vocabulary = lesson.symbols.length;
    const { batch, rate } = TASKS[task].course;
    const gpt = new GPT({ vocabulary, context: lesson.length, layers, heads, width: WIDTH });
    const run = await Run.create({
      ...options,
      ...{ model: gpt, seed },
      optimizer: new AdamW({ beta2: 0.99, weightDecay: 0.01 }),
      schedule: { kind: 'inverse_square_root', lr: rate, warmup: WARMUP },
      objective: nextToken({ batch, length: lesson.length }),
    });
    return new Pupil(settings, lesson, gpt, run);
  }

  /** It has learnt all that it will. */
  get done(): boolean {
    return this.solved !== null || this.run.trainer.step >= this.steps;
  }

  get steps(): number {
    return TASKS[this.settings.task].course.steps;
  }

  /** What `Run.fit` trains it by, and judges it by. */
  get course(): Pick<FitOptions, 'steps' | 'batches' | 'measure' | 'monitor'> {
    const { batch } = TASKS[this.settings.task].course;
    return {
      steps: this.steps,
      batches: (step) => this.lesson.batch(step, batch),
      measure: async () => {
        const { tokens, answers } = await this.judge();
        return { tokens, answers };
      },
      monitor: { metric: 'answers', mode: 'max' },
    };
  }

  /** As it is now; the last of `judged`. */
  async judge(): Promise<Judged> {
    const { judge, look } = await this.#use();
    const { step } = this.run.trainer;
    const heads = await headScores(look, this.lesson, this.#seen);
    const judged = { step, ...(await judge.accuracy()), ...heads };
    if (this.judged.at(-1)?.step === step) this.judged.pop(); // it went back to this step
    this.judged.push(judged);
    return judged;
  }

  /** Forgets what came after this step: training went back to it. */
  cut(step: number): void {
    this.losses.length = Math.min(this.losses.length, step);
    const kept = this.judged.filter((one) => one.step <= step);
    this.judged.splice(0, Infinity, ...kept);
  }

  /** Its likeliest tokens one after the other, as many as the right answer has. */
  async answer(input: readonly number[]): Promise<Answered> {
    const { look } = await this.#use();
    const answer = this.lesson.task.answer(input);
    const given: Given[] = [];
    let text: { readonly ids: readonly number[] } = { ids: this.lesson.before(input) };
    for (;;) {
      const row = await this.#lastRow(look, text.ids.length, text);
      const best = likeliest(row, LIKELIEST);
      given.push({ ...best[0], likeliest: best });
      if (given.length === answer.length) break;
      text = { ids: [...text.ids, best[0].id] };
    }
    const { layers } = await look.read(text);
    const maps = [];
    for (const layer of layers.keys()) maps.push(await look.maps(text, layer));
    return { input, answer, step: this.run.trainer.step, given, read: text.ids, maps };
  }

  /** Share of whole answers that are right without each head. */
  async without(): Promise<ByHead> {
    const { device, store } = this.run.trainer;
    const weights = await store.readAll('weights');
    return answersWithout(device, weights, this.gpt, { lesson: this.lesson, exam: this.#exam });
  }

  describe(): TaskRun {
    const { settings, steps, solved, gpt, lesson } = this;
    const { step } = this.run.trainer;
    const vocabulary = lesson.task.symbols.length;
    return { settings, step, steps, vocabulary, parameters: countParameters(gpt), solved };
  }

  /** Logits of what follows the last token. */
  async #lastRow(
    look: Look,
    count: number,
    text: { readonly ids: readonly number[] },
  ): Promise<Float32Array> {
    const logits = await look.logits(text);
    if (!logits) throw new EngineError('Answer', 'its vocabulary is too large to bring over');
    const { vocabulary, values } = logits;
    return values.subarray((count - 1) * vocabulary, count * vocabulary);
  }

  /** On the device that the run is on now. */
  async #use(): Promise<Tools> {
    const { device } = this.run.trainer;
    if (this.#tools?.device === device) return this.#tools;
    this.#drop();
    const judge = await Judge.of(device, this.gpt, this.lesson, this.#exam);
    const look = new Look(device, { way: 'forward', model: this.gpt }, { room: () => this.lesson.length });
    this.#tools = { device, judge, look };
    return this.#tools;
  }

  #drop(): void {
    this.#tools?.judge[Symbol.dispose]();
    this.#tools?.look[Symbol.dispose]();
    this.#tools = null;
  }

  [Symbol.dispose](): void {
    this.#drop();
    this.run[Symbol.dispose]();
  }
}
