// What a fine-tuning does at the edges of what people bring: heads of other tasks, rows longer than all others, few pairs.
import { describe, expect, it } from 'vitest';
import type { Device, FitEvent } from '../../engine/index';
import {
  answering,
  classification,
  finetune,
  openFor,
  pairing,
  regression,
  tagging,
  type FinetuneOptions,
  type Task,
} from '../../models/finetune/index';
import { TextClassifier, type ClassifierModel } from '../../models/tasks/index';
import { withDevice } from '../harness/device';
import { FAMILIES, taskFolder } from './finetune_folder';
import { taskFiles } from './task_models';

let device: Device;
withDevice((opened) => (device = opened), { empty: true });

const task = classification({ labels: ['bad', 'good'] });
const examples = Array.from({ length: 12 }, (_, row) => ({
  text: `the film is ${row % 2 ? 'good' : 'bad'} ${'a b c '.repeat(row % 3)}`,
  label: row % 2,
  row,
}));

/** A model that is opened for one task, used as that of another. */
async function opened<E extends object>(
  of: Task<never>,
  used: Task<E>,
  use: (given: Omit<FinetuneOptions<E>, 'training'>) => Promise<void>,
): Promise<void> {
  using model = await openFor(taskFolder('model'), of, { device, families: FAMILIES });
  const { loaded, tokenizer } = model;
  await use({ device, model: loaded.model, tokenizer, task: used, lr: 1e-3, steps: 2, tokens: 240 });
}

describe('a head that is not the task’s', () => {
  const words = { words: ['the', 'film'], tags: [0, 1], row: 0 };
  const score = { text: 'the film', score: 1, row: 0 };
  const cases: [string, Task<never>, Task<never>, object, RegExp][] = [
    [
      'of other labels',
      classification({ labels: ['a', 'b'] }),
      task,
      examples[0],
      /labels are a, b, not bad, good/,
    ],
    [
      'of more labels',
      classification({ labels: ['bad', 'good', 'c'] }),
      task,
      examples[0],
      /good, c, not bad, good/,
    ],
    [
      'in another order',
      classification({ labels: ['good', 'bad'] }),
      task,
      examples[0],
      /labels are good, bad/,
    ],
    [
      'of one label each',
      task,
      classification({ labels: ['bad', 'good'], multiLabel: true }),
      { ...examples[0], label: [0] },
      /head is for single_label_classification, not multi_label_classification/,
    ],
    ['of classes', task, regression(), score, /head is for single_label_classification, not regression/],
    [
      'of other tags',
      tagging({ labels: ['O', 'B-X', 'I-X'] }),
      tagging({ labels: ['O', 'B-X'] }),
      words,
      /I-X, not O, B-X/,
    ],
  ];
  it.each(cases)('is refused: %s', async (_, of, used, example, message) => {
    await opened(of, used as Task<object>, async (given) => {
      const { model, tokenizer } = given;
      await expect(finetune({ ...given, training: [example] })).rejects.toThrow(message);
      const judging = used.judge({ device, model, tokenizer, maxLength: 20 }, [example as never]);
      await expect(judging).rejects.toThrow(message);
    });
  });

  it('begins anew for as many other labels, and is kept where it tells something else of its own', async () => {
    const { id2label } = taskFiles('single')['config.json'] as unknown as {
      id2label: Record<string, string>;
    };
    const own = Object.values(id2label);
    const weightsFor = async (labels: readonly string[], multiLabel: boolean) => {
      const used = classification({ labels, multiLabel });
      using model = await openFor(taskFolder('single'), used, { device, families: FAMILIES });
      expect(model.loaded.model).toMatchObject({
        labels,
        problem: multiLabel ? 'multi_label_classification' : 'single_label_classification',
      });
      return { newHead: model.newHead, weights: await model.loaded.store.readAll('weights') };
    };
    const plain = await weightsFor(own, false);
    expect(plain.newHead).toBe(false);
    const several = await weightsFor(own, true);
    expect(several).toEqual({ newHead: false, weights: plain.weights });
    const others = await weightsFor([...own].reverse(), false);
    expect(others.newHead).toBe(true);
    const changed = [...others.weights.keys()].filter(
      (name) => String(others.weights.get(name)) !== String(plain.weights.get(name)),
    );
    expect(changed).toEqual(['classifier.output.weight', 'classifier.output.bias']);
  });
});

describe('lengths', () => {
  it('are cut for classes where training cuts them, also to judge', async () => {
    await opened(task, task, async ({ model, tokenizer }) => {
      const long = [0, 1].map((row) => ({ text: `the film is ${'bad good '.repeat(9)}`, label: row, row }));
      const short = long.map((one) => ({ ...one, text: 'the film' })); // what 4 tokens have of it
      const at = async (maxLength: number, of: typeof long) =>
        (await task.judge({ device, model, tokenizer, maxLength }, of)).metrics;
      expect(await at(4, long)).toEqual(await at(40, short));
      expect(await at(4, long)).not.toEqual(await at(40, long));
      using classifier = new TextClassifier(device, model as ClassifierModel, tokenizer);
      await expect(classifier.classify(['a'], { maxLength: 41 })).rejects.toThrow(
        /maxLength is 41\. Use 1 to 40/,
      );
    });
  });

  it('over those of all training texts are evaluated whole', async () => {
    const losses: number[] = [];
    const onEvent = (event: FitEvent): void => {
      if (event.kind === 'evaluation') losses.push(event.loss);
    };
    const asked = { question: 'who', context: 'a film of a b c d e f', row: 0 };
    const far = { ...asked, answers: [{ text: 'f', start: 20 }] };
    const near = { question: 'who', context: 'film', answers: [{ text: 'film', start: 0 }], row: 1 };
    const used = answering();
    await opened(used, used, async (given) => {
      // The rate is too low to learn: with and without long texts in the training, the loss on the held one is the same.
      const how = { ...given, held: [far], lr: 1e-12, onEvent };
      await finetune({ ...how, training: [near] });
      const [apart] = losses.splice(0);
      await finetune({ ...how, training: [near, far] });
      expect(losses[0]).toBeCloseTo(apart, 4);
    });
  });

  it('that one pair alone has do not end the training of pairs', async () => {
    const used = pairing();
    const pairs = ['a', 'b c', 'd e f', 'the film is good and the film is bad'].map((text, row) => ({
      ...{ text, pair: `${text} film`, row },
    }));
    await opened(used, used, async (given) => {
      const { step } = await finetune({ ...given, training: pairs });
      expect(step).toBe(2);
      await expect(finetune({ ...given, training: pairs.slice(0, 1) })).rejects.toThrow(
        /alone in their batches/,
      );
      await expect(finetune({ ...given, training: pairs, tokens: 8 })).rejects.toThrow(/Raise tokens/);
    });
  });
});

describe('a checkpoint', () => {
  it('goes on only with the layers frozen that were', async () => {
    await opened(task, task, async (given) => {
      let bytes: Uint8Array<ArrayBuffer> | undefined;
      const onEvent = (event: FitEvent): void => {
        if (event.kind === 'checkpoint') bytes = event.bytes;
      };
      const how = { ...given, training: examples.slice(0, 8), held: examples.slice(8) };
      await finetune({ ...how, freeze: 1, onEvent });
      await expect(finetune({ ...how, resume: bytes! })).rejects.toThrow(
        /trained with freeze 1 but this trainer has 0/,
      );
      expect((await finetune({ ...how, freeze: 1, resume: bytes! })).step).toBe(2);
    });
  });
});
