/** Judges a model by held-out examples. */
import { Graph, type Device, type Plan } from '../../../engine/index';
import type { GPT } from '../../../models/gpt';
import type { Lesson } from '../tasks/lesson';
import type { Example } from '../tasks/task';
import type { Accuracy } from './protocol';

export class Judge implements Disposable {
  readonly #plan: Plan;
  readonly #lesson: Lesson;
  readonly #exam: readonly Example[];

  private constructor(plan: Plan, lesson: Lesson, exam: readonly Example[]) {
    [this.#plan, this.#lesson, this.#exam] = [plan, lesson, exam];
  }

  static async of(device: Device, model: GPT, lesson: Lesson, exam: readonly Example[]): Promise<Judge> {
    const g = new Graph(device, { label: 'held out' });
    const ids = g.input('ids', [exam.length, lesson.length], 'u32');
    return new Judge(await g.compile({ logits: model.forward(g, ids) }), lesson, exam);
  }

  /** By the weights as they are. */
  async accuracy(): Promise<Accuracy> {
    const { length: T, start } = this.#lesson;
    const ids = new Uint32Array(this.#exam.length * T);
    this.#exam.forEach((example, i) => ids.set(this.#row(example), i * T));
    this.#plan.run({ ids });
    const logits = await this.#plan.read('logits');
    const vocabulary = logits.length / ids.length;
    const right = new Float64Array(this.#lesson.task.longest.answer);
    const all = new Float64Array(right.length);
    let [loss, answers] = [0, 0];
    for (const [i, { answer }] of this.#exam.entries()) {
      let wrong = 0;
      for (const [place, token] of answer.entries()) {
        const at = (i * T + start - 1 + place) * vocabulary;
        const row = logits.subarray(at, at + vocabulary);
        const isRight = row.every((x, id) => id === token || x < row[token]);
        right[place] += Number(isRight);
        all[place]++;
        wrong += Number(!isRight);
        loss += lossOf(row, token);
      }
      answers += Number(wrong === 0);
    }
    const sum = (counts: Float64Array): number => counts.reduce((a, b) => a + b, 0);
    return {
      examples: this.#exam.length,
      loss: loss / sum(all),
      tokens: sum(right) / sum(all),
      answers: answers / this.#exam.length,
      places: Array.from(right, (count, place) => (all[place] > 0 ? count / all[place] : 0)),
    };
  }

  /** What the model reads of an example: all but the last token, then padding. */
  #row({ input, answer }: Example): number[] {
    const { length, start } = this.#lesson;
    return [...this.#lesson.before(input), ...answer.slice(0, length - start)];
  }

  [Symbol.dispose](): void {
    this.#plan[Symbol.dispose]();
  }
}

/** Cross-entropy in nats. */
function lossOf(row: Float32Array, token: number): number {
  const most = row.reduce((a, b) => Math.max(a, b));
  const sum = row.reduce((total, x) => total + Math.exp(x - most), 0);
  return Math.log(sum) + most - row[token];
}
