/** Which head does a task: where each attends to, and how the model does without it. */
import { ParameterStore, type Device } from '../../../engine/index';
import { GPT } from '../../../models/gpt';
import type { Look } from '../../session/look';
import type { Lesson } from '../tasks/lesson';
import type { Example } from '../tasks/task';
import { Judge } from './judge';
import type { ByHead, HeadScores } from './protocol';

/** Scores of all heads on these examples, each of which is read once; none without examples. */
export async function headScores(
  look: Look,
  lesson: Lesson,
  examples: readonly Example[],
): Promise<HeadScores> {
  const scores: number[][] = [];
  let [rows, uniform] = [0, 0];
  for (const example of examples) {
    const looks = lesson.looks(example);
    rows += looks.length;
    for (const { row, places } of looks) uniform += places.length / (row + 1);
    const text = { ids: [...lesson.before(example.input), ...example.answer.slice(0, -1)] };
    const { layers } = await look.read(text);
    for (const layer of layers.keys()) {
      const { heads, columns, rows: height, probabilities } = await look.maps(text, layer);
      scores[layer] ??= Array.from({ length: heads }, () => 0);
      for (let head = 0; head < heads; head++) {
        for (const { row, places } of looks) {
          const at = (head * height + row) * columns;
          for (const place of places) scores[layer][head] += probabilities[at + place];
        }
      }
    }
  }
  return {
    scores: scores.map((layer) => layer.map((sum) => sum / rows)),
    uniform: uniform / Math.max(1, rows),
  };
}

/**
 * Share of whole answers that are right while one head is switched off, for every head: its rows of the output layer are zero in a
 * copy of the model, so nothing of what it read comes through.
 */
export async function answersWithout(
  device: Device,
  weights: ReadonlyMap<string, Float32Array>,
  model: GPT,
  judged: { readonly lesson: Lesson; readonly exam: readonly Example[] },
): Promise<ByHead> {
  const { heads, layers } = model.config;
  const copy = new GPT(model.config);
  using store = new ParameterStore(device, copy, { init: 'none', owner: 'without a head' });
  for (const [name, values] of weights) store.write(name, values);
  using judge = await Judge.of(device, copy, judged.lesson, judged.exam);
  const answers: number[][] = [];
  for (let layer = 0; layer < layers; layer++) {
    const name = `stack.layers.${layer}.attention.output.weight`;
    const whole = weights.get(name)!; // (in, out): a head has neighbouring rows
    const size = whole.length / heads;
    answers.push([]);
    for (let head = 0; head < heads; head++) {
      const without = whole.slice();
      without.fill(0, head * size, (head + 1) * size);
      store.write(name, without);
      answers[layer].push((await judge.accuracy()).answers);
    }
    store.write(name, whole);
  }
  return answers;
}
