// Fine-tuning of tiny models from checkpoint to folder: every task learns, ends with its best weights, and refuses what cannot be.
import { beforeAll, describe, expect, it } from 'vitest';
import { parameters, ParameterStore, RandomStream, type Device, type FitEvent } from '../../engine/index';
import { bertForSequenceClassification, bertModel } from '../../models/families/bert';
import {
  answering,
  classification,
  finetune,
  openFor,
  pairing,
  regression,
  tagging,
  type FinetuneOptions,
  type FinetuneResult,
  type Task,
} from '../../models/finetune/index';
import {
  gpt2ForQuestionAnswering,
  gpt2ForSequenceClassification,
  gpt2ForTokenClassification,
} from '../../models/families/decoder_heads';
import { gpt2 } from '../../models/families/gpt2';
import { load, save } from '../../models/family/load';
import { GPT } from '../../models/gpt';
import { TextClassifier } from '../../models/tasks/index';
import { learnLabels } from '../docs/labels';
import { searched } from '../docs/settings';
import { withDevice } from '../harness/device';
import { Random } from '../harness/op';
import { FAMILIES, taskFolder } from './finetune_folder';
import { contents, folderOf } from './folders';
import { taskFiles } from './task_models';

let device: Device;
withDevice((opened) => (device = opened), { empty: true });

/** A body that has learnt nothing yet, as a folder. */
let fresh: ReturnType<typeof folderOf>;
beforeAll(async () => {
  const files = taskFiles('model');
  const config = { ...files['config.json'], hidden_dropout_prob: 0, attention_probs_dropout_prob: 0 };
  const given = folderOf({ ...files, 'config.json': config });
  using loaded = await load(given, { device, families: [bertModel] });
  for (const [name, { init, size }] of parameters(loaded.model))
    loaded.store.write(name, init(size, new RandomStream(5, name)));
  fresh = folderOf({ ...(await contents(await loaded.save())), 'tokenizer.json': files['tokenizer.json'] });
});

const FILLERS = 'the film is of and to in a b c d e f'.split(' ');
const CITIES = ['berlin', 'paris', 'york'];
const PEOPLE = ['anna', 'ed', 'tom'];
/** Texts of random words, the i-th with what is given somewhere in it. */
function sentences(count: number, seed: number, among: (i: number) => readonly string[]): string[][] {
  const random = new Random(seed);
  return Array.from({ length: count }, (_, i) => {
    const words = Array.from({ length: 3 + random.below(6) }, () => FILLERS[random.below(FILLERS.length)]);
    for (const word of among(i)) words.splice(random.below(words.length + 1), 0, word);
    return words;
  });
}

/** What differs from the numbers that suit these models. */
async function tuned<E extends object>(
  task: Task<E>,
  from: ReturnType<typeof folderOf>,
  examples: readonly E[],
  more: Partial<FinetuneOptions<E>> = {},
): Promise<FinetuneResult & { readonly before: number }> {
  using opened = await openFor(from, task, { device, families: FAMILIES });
  const held = examples.slice(0, 24);
  const { loaded, tokenizer } = opened;
  const { model } = loaded;
  const [metric] = [task.monitor.metric];
  const reading = { tokenizer, maxLength: more.maxLength ?? 40 };
  const { metrics } = await task.judge({ device, model, ...reading }, held);
  const result = await finetune({
    ...{ device, model, tokenizer, task, training: examples.slice(24), held },
    ...{ lr: 5e-3, epochs: 8, tokens: 240, seed: 1, ...more },
  });
  const after = await task.judge({ device, model, ...reading }, held);
  expect(after.metrics).toEqual(result.judgement?.metrics); // the best weights are there
  return { ...result, before: metrics[metric] };
}

const judged = sentences(144, 1, (i) => [i % 3 === 0 ? 'bad' : 'good']).map((words, i) => ({
  ...{ text: words.join(' '), label: Number(i % 3 !== 0), row: i },
}));
const names = { labels: ['bad', 'good'] };
const apart = { training: judged.slice(24), held: judged.slice(0, 24) };

describe('fine-tuning', () => {
  it('classifies, by weights and smoothing', async () => {
    const task = classification({ ...names, weights: 'balanced', smoothing: 0.05 });
    const { before, judgement, best, step, padding, long } = await tuned(task, fresh, judged);
    expect(before).toBeLessThan(0.9);
    expect(judgement!.metrics).toMatchObject({ accuracy: 1, macroF1: 1, f1: 1, mcc: 1, auc: 1 });
    expect(judgement!.metrics.calibrationError).toBeLessThan(0.3);
    expect(judgement!.confusion).toEqual([
      [8, 0],
      [0, 16],
    ]);
    expect(judgement!.classes!.good.support).toBe(16);
    expect(best).toBeLessThanOrEqual(step);
    expect(padding).toBeLessThan(0.1);
    expect(long).toBe(0);
  });

  it('classifies by several labels, slower below, against an adversary', async () => {
    const given = sentences(144, 2, (i) => [...(i % 2 ? ['good'] : []), ...(i % 3 ? ['bad'] : [])]);
    const examples = given.map((words, row) => ({
      text: words.join(' '),
      label: [...(row % 3 ? [0] : []), ...(row % 2 ? [1] : [])],
      row,
    }));
    const task = classification({ ...names, multiLabel: true, weights: 'balanced' });
    const settings = { layerDecay: 0.9, adversarial: 0.05, accumulate: 2, epochs: 20 };
    const { before, judgement } = await tuned(task, fresh, examples, settings);
    expect(judgement!.metrics.macroF1).toBeGreaterThan(Math.max(0.85, before));
    expect(judgement!.metrics).toHaveProperty('subsetAccuracy');
  });

  it('tells numbers', async () => {
    const given = sentences(144, 3, (i) => new Array<string>(i % 4).fill('good'));
    const examples = given.map((words, row) => ({ text: words.join(' '), score: row % 4, row }));
    const { judgement } = await tuned(regression(), fresh, examples, { freeze: 1, epochs: 14 });
    expect(judgement!.metrics.spearman).toBeGreaterThan(0.8);
    expect(judgement!.metrics.pearson).toBeGreaterThan(0.6);
  });

  it('tags words, long sentences in windows', async () => {
    const given = sentences(120, 4, (i) => [CITIES[i % 3], PEOPLE[i % 3], ...(i % 2 ? ['washington'] : [])]);
    const labels = ['O', 'B-PER', 'B-LOC'];
    const examples = given.map((words, row) => ({
      words: row === 3 || row === 40 ? [...words, ...words, ...words, ...words, ...words] : words,
      tags: [] as number[],
      row,
    }));
    for (const one of examples)
      one.tags = one.words.map((word) =>
        PEOPLE.includes(word) ? 1 : [...CITIES, 'washington'].includes(word) ? 2 : 0,
      );
    const { before, judgement, long } = await tuned(tagging({ labels }), fresh, examples, {
      maxLength: 30,
    });
    expect(before).toBeLessThan(0.5);
    expect(judgement!.metrics.spanF1).toBeGreaterThan(0.85);
    expect(judgement!.metrics.accuracy).toBeGreaterThan(0.9);
    expect(Object.keys(judgement!.classes!)).toEqual(['LOC', 'PER']);
    expect(long).toBe(1);
  });

  it('answers with words of the text, or not at all', async () => {
    const given = sentences(144, 5, (i) => (i % 4 === 3 ? ['who'] : [CITIES[i % 3]]));
    const examples = given.map((words, row) => {
      const context = words.join(' ');
      const start = row % 4 === 3 ? -1 : context.indexOf(CITIES[row % 3]);
      const answers = start < 0 ? [] : [{ text: CITIES[row % 3], start }];
      return { question: 'where is it?', context, answers, row };
    });
    const { before, judgement } = await tuned(answering(), fresh, examples, { epochs: 12 });
    expect(before).toBeLessThan(0.5);
    expect(judgement!.metrics.f1).toBeGreaterThan(0.9);
  });

  it('brings texts that belong together near each other', async () => {
    const random = new Random(6);
    const code = () => Array.from({ length: 3 }, () => random.below(10)).join(' ');
    const letters = 'abcdefghij';
    const examples = Array.from({ length: 200 }, (_, row) => {
      const text = code();
      return { text, pair: text.replace(/\d/g, (d) => letters[Number(d)]), row };
    });
    const { before, judgement } = await tuned(pairing(), fresh, examples, { epochs: 30, tokens: 400 });
    expect(judgement!.metrics.mrr).toBeGreaterThan(before + 0.3);
  });
});

describe('a fine-tuning', () => {
  const task = classification(names);

  it('puts a head of two labels in the place of three, is saved as a folder, and goes on from its checkpoint', async () => {
    using opened = await openFor(taskFolder('single'), task, { device, families: FAMILIES });
    expect(opened.newHead).toBe(true);
    const { loaded, tokenizer } = opened;
    const [files, checkpoints, losses] = [[] as Uint8Array<ArrayBuffer>[], [] as number[], [] as number[]];
    const common = {
      ...{ device, model: loaded.model, tokenizer, task, ...apart },
      ...{ lr: 3e-3, steps: 12, tokens: 240, evaluateEvery: 4 },
    };
    const onEvent = (event: FitEvent): void => {
      if (event.kind === 'steps') for (const { index, loss } of event.reports) losses[index] = loss;
      if (event.kind !== 'checkpoint') return;
      files.push(event.bytes);
      checkpoints.push(event.step);
    };
    await finetune({ ...common, onEvent });
    expect(checkpoints).toEqual([0, 4, 8, 12]);
    const whole = losses.splice(0);
    const again = await finetune({ ...common, resume: files[1], onEvent });
    expect(losses.slice(4)).toEqual(whole.slice(4));
    expect(again.step).toBe(12);

    const saved = await loaded.save();
    const tokenizerFile = taskFiles('single')['tokenizer.json'];
    const back = folderOf({ ...(await contents(saved)), 'tokenizer.json': tokenizerFile });
    using reopened = await openFor(back, task, { device, families: FAMILIES });
    expect(reopened.newHead).toBe(false);
    const texts = judged.slice(0, 4).map(({ text }) => text);
    const told = async (model: object) => {
      using classifier = new TextClassifier(device, model as never, tokenizer);
      return await classifier.classify(texts);
    };
    expect(await told(reopened.loaded.model)).toEqual(await told(loaded.model));
    using plain = await load(back, { device, families: [bertForSequenceClassification] });
    expect(plain.model.labels).toEqual(['bad', 'good']);
  });

  it('learns the labels of a table, as docs/fine-tuning.md has it', async () => {
    const rows = judged.map(({ text, label }) => `"${text}",${names.labels[label]}`);
    const { metrics, skipped, course, files } = await learnLabels(
      device,
      fresh,
      `text,label\n${rows.join('\n')}\nno label,\n`,
    );
    expect(metrics.macroF1).toBe(1);
    expect(skipped).toBe('1 row skipped: it has no label (row 146)');
    expect(course).toMatch(/^step,name,value\n1,train\/loss,0\.[67]/);
    expect(course).toMatch(/\d+,held\/macroF1,1\n/);
    expect([...files.keys()].sort()).toEqual(['config.json', 'model.safetensors', 'tokenizer.json']);
  });

  it('teaches models without segments, too: a GPT-2 to classify, to tag and to answer', async () => {
    const config = { vocab_size: 99, n_positions: 40, n_layer: 1, n_head: 2, n_embd: 16, pad_token_id: 0 };
    const body = new GPT({ vocabulary: 99, context: 40, layers: 1, heads: 2, width: 16, tied: true });
    using store = new ParameterStore(device, body, { seed: 3 });
    expect(store.parameters.size).toBeGreaterThan(10);
    const files = await contents(await save(gpt2, body, config));
    const from = folderOf({ ...files, 'tokenizer.json': taskFiles('model')['tokenizer.json'] });
    const heads = [gpt2ForSequenceClassification, gpt2ForTokenClassification, gpt2ForQuestionAnswering];
    const steps = async <E extends object>(one: Task<E>, examples: readonly E[]): Promise<void> => {
      using opened = await openFor(from, one, { device, families: heads });
      const { loaded, tokenizer } = opened;
      const { judgement } = await finetune({
        ...{ device, model: loaded.model, tokenizer, task: one, training: examples, held: examples },
        ...{ steps: 3, tokens: 200 },
      });
      expect(Object.values(judgement!.metrics).every(Number.isFinite)).toBe(true);
    };
    await steps(task, judged.slice(0, 40));
    const words = judged.slice(0, 40).map(({ text }) => text.split(' '));
    const tags = (list: readonly string[]): number[] => list.map((word) => Number(word === 'good'));
    await steps(
      tagging({ labels: ['O', 'B-X'] }),
      words.map((list, row) => ({ words: list, tags: tags(list), row })),
    );
    await steps(
      answering(),
      judged.slice(0, 40).map(({ text, row }) => {
        const word = row % 3 === 0 ? 'bad' : 'good';
        return {
          question: 'is it?',
          context: text,
          answers: [{ text: word, start: text.indexOf(word) }],
          row,
        };
      }),
    );
  });

  it('searches for settings, as docs/fine-tuning.md has it', async () => {
    const split = { training: judged.slice(24, 96), held: judged.slice(0, 24), alike: 0 };
    const { best, table } = await searched(device, fresh, task, split);
    expect(table.map(({ scores }) => scores.length).sort()).toEqual([1, 1, 1, 1, 2, 2]);
    const scores = table.map((trial) => trial.scores[1]?.score ?? 0);
    expect(best!.scores[1].score).toBe(Math.max(...scores));
    expect(best!.settings).toHaveProperty('lr');
  });

  it('ends in order when aborted, and stops early', async () => {
    using opened = await openFor(taskFolder('single'), task, { device, families: FAMILIES });
    const { loaded, tokenizer } = opened;
    const common = {
      ...{ device, model: loaded.model, tokenizer, task, ...apart },
      ...{ lr: 1e-3, steps: 40, tokens: 240, evaluateEvery: 2 },
    };
    const stop = new AbortController();
    const onEvent = (event: FitEvent): void => {
      if (event.kind === 'evaluation' && event.step === 4) stop.abort();
    };
    const aborted = await finetune({ ...common, signal: stop.signal, onEvent });
    expect(aborted).toMatchObject({ reason: 'aborted', step: 4 });
    expect(aborted.judgement).not.toBeNull();
    const early = await finetune({ ...common, lr: 1e-9, patience: 2 });
    expect(early).toMatchObject({ reason: 'early stop' });
    expect(early.step).toBeLessThan(40);
    const gone = new AbortController();
    gone.abort(new Error('no longer wanted'));
    await expect(finetune({ ...common, signal: gone.signal })).rejects.toThrow('no longer wanted');
  });

  it('refuses what cannot be, and leaves the model as it was', async () => {
    using opened = await openFor(taskFolder('single'), task, { device, families: FAMILIES });
    const { loaded, tokenizer } = opened;
    const common = { device, model: loaded.model, tokenizer, task, training: judged.slice(24) };
    const before = await loaded.store.readAll('weights');
    const refused = (more: object) => expect(finetune({ ...common, ...more })).rejects;
    await refused({ patience: 2 }).toThrow(/nothing to judge by/);
    await refused({ steps: 2, epochs: 2 }).toThrow(/both epochs and steps/);
    await refused({ epoch: 2 }).toThrow(/epoch/);
    await refused({ lr: -1 }).toThrow(/lr is -1/);
    await refused({ maxLength: 500 }).toThrow(/maxLength is 500\. Use 3 to 40/);
    await refused({ freeze: 9 }).toThrow(/layers is 9/);
    await refused({ layerDecay: 2 }).toThrow(/layerDecay is 2/);
    await refused({ adversarial: 1, freeze: 1 }).toThrow(/which freeze freezes/);
    await refused({ training: [] }).toThrow(/no examples/);
    await refused({ held: [] }).toThrow(/held has no examples/);
    await refused({ training: [{ text: 'a', label: [1], row: 7 }] }).toThrow(
      /row 7: it has a list of labels/,
    );
    await refused({ training: [{ text: 'a', label: 5, row: 7 }] }).toThrow(/label of row 0 is 5/);
    await refused({ task: {} }).toThrow(/has no task/);
    expect(await loaded.store.readAll('weights')).toEqual(before);
    await expect(openFor(taskFolder('single'), task, { device, families: [bertModel] })).rejects.toThrow(
      /none of the families does classify/,
    );
    expect(() => classification({ labels: ['a', 'b'], positive: 'c' })).toThrow(/positive is c/);
    expect(() => classification({ labels: ['a'] })).toThrow(/no list of two/);
  });
});
