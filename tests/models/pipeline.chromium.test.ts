// Pipelines by Hugging Face's names: results have the shapes of transformers.js, and the numbers of tests/fixtures/make_tasks.py.
import { describe, expect, it } from 'vitest';
import { characterTokenizer, type Device } from '../../engine/index';
import { gpt2, llama } from '../../models/families/index';
import { pipeline } from '../../models/tasks/index';
import { sentiment } from '../docs/sentiment';
import modern from '../fixtures/gpt-modern.json';
import { fixtureTensors } from '../fixtures/load';
import fixture from '../fixtures/tasks.json';
import { withDevice } from '../harness/device';
import { checkpointOf, folderOf } from './folders';
import { taskFiles, type TaskHead } from './task_models';

const { texts, masked, questions, results } = fixture;

describe('pipelines', () => {
  let device: Device;
  withDevice((opened) => (device = opened), { empty: true });

  const folder = (head: TaskHead): ReturnType<typeof folderOf> => folderOf(taskFiles(head));
  const near = (wanted: number): unknown => expect.closeTo(wanted, 4);

  it('classify: the best label of each, or all', async () => {
    using classify = await pipeline('sentiment-analysis', folder('single'), { device });
    expect(classify.task).toBe('text-classification');
    const best = results.single.slice(0, 2).map(([{ label, score }]) => ({ label, score: near(score) }));
    expect(await classify(texts[0])).toEqual([best[0]]);
    expect(await classify(texts.slice(0, 2))).toEqual(best);
    expect(await sentiment(device, folder('single'), texts.slice(0, 2))).toEqual(best);
    const [all] = await classify([texts[0]], { top_k: null });
    expect(all.map(({ label }) => label)).toEqual(results.single[0].map(({ label }) => label));
    expect((await classify(texts[0], { top_k: 2 })).length).toBe(2);
    await expect(classify(texts[0], { topk: 2 } as never)).rejects.toThrow(/topk/);
  });

  it('tag, answer, fill in', async () => {
    using tag = await pipeline('ner', folder('token'), { device });
    const [first] = results.none[0];
    const { entity, score, start, end } = first;
    expect((await tag(texts[0]))[0]).toEqual({
      entity,
      score: near(score),
      word: texts[0].slice(start, end),
      start,
      end,
    });
    const grouped = await tag(texts, { aggregation_strategy: 'simple' });
    expect(grouped.map((list) => list.length)).toEqual(results.simple.map((list) => list.length));
    expect(grouped[0][0].entity_group).toBe(results.simple[0][0].entity_group);

    using answer = await pipeline('question-answering', folder('question'), { device });
    const { question, context } = questions[0];
    const [wanted] = results.question[0];
    expect(await answer(question, context)).toEqual({ ...wanted, score: near(wanted.score) });
    expect(await answer(question, context, { top_k: 3 })).toHaveLength(3);

    using fill = await pipeline('fill-mask', folder('mask'), { device });
    const shown = (list: unknown): object[] =>
      (list as { score: number }[]).map((one) => ({ ...one, score: near(one.score) }));
    const [one, two] = results.mask as unknown[];
    expect(await fill(masked[0], { top_k: 4 })).toEqual(shown(one));
    const several = await fill(masked, { top_k: 4 });
    expect(several[0]).toEqual(shown(one));
    expect((several[1] as { token: number }[][]).map((list) => list.map(({ token }) => token))).toEqual(
      (two as { token: number }[][]).map((list) => list.map(({ token }) => token)),
    );
  });

  it('rows of tokens and of texts, whatever head the checkpoint has', async () => {
    using extract = await pipeline('feature-extraction', folder('model'), { device });
    const { dims, data } = await extract(texts, { pooling: 'mean', normalize: true });
    expect(dims).toEqual([texts.length, 36]);
    expect([...data.subarray(36, 72)]).toEqual(
      results.embeddings[1].embedding.map((x): unknown => expect.closeTo(x, 5)),
    );
    const rows = await extract(texts[0]);
    const { tokens } = results.embeddings[0];
    expect(rows.dims).toEqual([1, tokens, 36]);
    const [lists] = rows.tolist() as number[][][];
    const mean = lists[0].map((_, c) => lists.reduce((sum, row) => sum + row[c], 0) / tokens);
    const length = Math.hypot(...mean);
    expect(mean.map((x) => x / length)).toEqual(
      results.embeddings[0].embedding.map((x): unknown => expect.closeTo(x, 5)),
    );
    await expect(extract(texts, { pooling: 'max' as 'mean' })).rejects.toThrow(/pooling is max/);
    using other = await pipeline('feature-extraction', folder('mask'), { device });
    expect((await other(texts[0], { pooling: 'cls' })).dims).toEqual([1, 36]);
  });

  it('goes on with texts', async () => {
    const all = await fixtureTensors('gpt-modern.safetensors');
    const file = checkpointOf(new Map(Object.keys(modern.parameters).map((key) => [key, all.get(key)!])));
    const alphabet = String.fromCharCode(...Array.from({ length: 67 }, (_, i) => 33 + i));
    const files = {
      'config.json': modern.config,
      'model.safetensors': file,
      'tokenizer.json': characterTokenizer(alphabet).toJson(),
    };
    using write = await pipeline('text-generation', folderOf(files), { device, families: [gpt2, llama] });
    const options = { max_new_tokens: 5, do_sample: false };
    const [{ generated_text: text }] = await write('ABC', options);
    expect(text).toMatch(/^ABC.{5}$/);
    expect(await write(['ABC', 'HEED'], { ...options, return_full_text: false })).toEqual([
      [{ generated_text: text.slice(3) }],
      [{ generated_text: expect.stringMatching(/^.{5}$/) as string }],
    ]);
    await expect(write('ABC', { max_length: 5 } as never)).rejects.toThrow(/max_length/);
  });

  it('refuses what cannot be', async () => {
    await expect(pipeline('text-to-speech' as 'ner', folder('token'), { device })).rejects.toThrow(
      /text-to-speech/,
    );
    await expect(pipeline('question-answering', folder('token'), { device })).rejects.toThrow(
      /BertForTokenClassification.* Use a model that was trained for question-answering\.$/,
    );
    await expect(pipeline('ner', folder('token'), { device, families: [gpt2] })).rejects.toThrow(
      /none of the families/,
    );
    await expect(pipeline('ner', folder('token'), { device, revision: 'main' })).rejects.toThrow(/revision/);
    const reason = new Error('enough');
    await expect(
      pipeline('ner', folder('token'), { device, signal: AbortSignal.abort(reason) }),
    ).rejects.toBe(reason);
  });
});
