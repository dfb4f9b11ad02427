// Explanations beside plain PyTorch: tests/fixtures/make_explanations.py.
import { describe, expect, it } from 'vitest';
import { tokenizerFromJson, type Device } from '../../engine/index';
import { Explainer, EXPLANATIONS, faithfulness, type ExplainedModel } from '../../models/explain/index';
import { bertForSequenceClassification, bertForTokenClassification } from '../../models/families/bert';
import { load } from '../../models/family/load';
import fixture from '../fixtures/explanations.json';
import tasks from '../fixtures/tasks.json';
import { why } from '../docs/why';
import { withDevice } from '../harness/device';
import { folderOf } from './folders';
import { relativeError } from './parity';
import { taskFiles, type TaskHead } from './task_models';

let device: Device;
withDevice((opened) => (device = opened), { empty: true });

/** An explainer of one of the tasks' models. */
async function withExplainer(head: TaskHead, use: (explainer: Explainer) => Promise<void>): Promise<void> {
  const tokenizer = await tokenizerFromJson(tasks.tokenizer);
  using loaded = await load(folderOf(taskFiles(head)), { device, families: [bertForSequenceClassification] });
  using explainer = new Explainer(device, loaded.model, tokenizer);
  await use(explainer);
}

describe('explanations equal PyTorch', () => {
  it.each(fixture.cases.map((one, i) => [i, one] as const))('case %d', async (_, one) => {
    await withExplainer(one.head as TaskHead, async (explainer) => {
      for (const method of EXPLANATIONS) {
        const { target, logOdds, tokens, gap } = await explainer.explain(one.text, {
          method,
          ...(one.label !== null && { target: one.label }),
          ...(method === 'integratedGradients' && { steps: fixture.steps }),
        });
        expect(target).toBe(one.target);
        expect(logOdds).toBeCloseTo(one.logOdds, 4);
        expect(tokens).toHaveLength(one.tokens.length);
        const scores = tokens.map(({ score }) => score);
        expect(relativeError(scores, one[method]), method).toBeLessThan(1e-4);
        for (const { text, start, end } of tokens) expect(one.text.slice(start, end)).toBe(text);
        if (method !== 'integratedGradients') expect(gap).toBeNull();
        else expect(gap).toBeCloseTo(one.gap, 3);
      }
    });
  });
});

describe('explanations', () => {
  it('miss less of the difference with more steps, and say so', async () => {
    await withExplainer('single', async (explainer) => {
      const gap = async (steps: number) =>
        Math.abs((await explainer.explain(tasks.texts[1], { steps })).gap!);
      expect(await gap(200)).toBeLessThan(0.2 * (await gap(2)));
    });
  });

  it('of pairs tell which text a token is of', async () => {
    await withExplainer('single', async (explainer) => {
      const { text, text_pair } = tasks.pair;
      const { tokens } = await explainer.explain([text, text_pair], { method: 'leaveOneOut' });
      expect(new Set(tokens.map(({ of }) => of))).toEqual(new Set([0, 1]));
      for (const token of tokens)
        expect([text, text_pair][token.of].slice(token.start, token.end)).toBe(token.text);
    });
  });

  it('are judged by what happens where tokens are left out', async () => {
    await withExplainer('single', async (explainer) => {
      const told: number[] = [];
      const few = { draws: 6, share: 0.01 };
      const found = await faithfulness(explainer, tasks.texts, {
        ...few,
        onProgress: (done) => told.push(done),
      });
      expect(Object.keys(found)).toEqual([...EXPLANATIONS]);
      expect(told).toEqual([1, 2, 3, 4, 5]);
      // One token at a time is the very question that leaving out asks, so it must win.
      expect(found.leaveOneOut.drop).toBeGreaterThan(found.leaveOneOut.random);
      expect(found.leaveOneOut.better).toBe(1);
      const again = await faithfulness(explainer, tasks.texts, few);
      expect(again).toEqual(found);
    });
  });

  it('are as docs/fine-tuning.md has them', async () => {
    const tokenizer = await tokenizerFromJson(tasks.tokenizer);
    using loaded = await load(folderOf(taskFiles('single')), {
      device,
      families: [bertForSequenceClassification],
    });
    const { model } = loaded;
    const { target, words, gap, faithful } = await why(
      device,
      { model, tokenizer },
      tasks.texts[1],
      tasks.texts,
    );
    expect(model.labels).toContain(target);
    expect(words).toHaveLength(3);
    for (const word of words) expect(tasks.texts[1]).toContain(word);
    expect(Math.abs(gap!)).toBeLessThan(1);
    expect(faithful.better).toBeGreaterThanOrEqual(0);
  });

  it('refuse what cannot be', async () => {
    await withExplainer('single', async (explainer) => {
      const refused = (options: object) => expect(explainer.explain('good', options as never)).rejects;
      await refused({ target: 'great' }).toThrow(/no label "great"\. It has bad, good, neither/);
      await refused({ method: 'lime' }).toThrow(/method is lime/);
      await refused({ steps: 0 }).toThrow(/steps is 0/);
      await refused({ method: 'rollout', steps: 4 }).toThrow(/rollout has no path/);
      await refused({ signal: AbortSignal.abort(new Error('enough')) }).toThrow('enough');
      await expect(faithfulness(explainer, ['good film'], { methods: [] })).rejects.toThrow(/no methods/);
      for (const place of [2, -1, 0.5])
        await expect(explainer.logOddsWithout('good film', 'good', [[place]])).rejects.toThrow(
          `no token ${place} of 2`,
        );
      await expect(faithfulness(explainer, ['a'])).rejects.toThrow(/no text has several tokens/);
      await expect(explainer.explain('a '.repeat(60))).rejects.toThrow(/62 tokens of at most 40/);
    });
    using loaded = await load(folderOf(taskFiles('token')), {
      device,
      families: [bertForTokenClassification],
    });
    const tokenizer = await tokenizerFromJson(tasks.tokenizer);
    const model = loaded.model as unknown as ExplainedModel;
    expect(() => new Explainer(device, model, tokenizer)).toThrow(
      /no classifier that reads texts in both directions/,
    );
  });
});
