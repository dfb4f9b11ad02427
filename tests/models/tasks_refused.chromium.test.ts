// What careless callers do to tasks and pipelines: each is told, nothing is left behind.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Device, tokenizerFromJson } from '../../engine/index';
import { bertForSequenceClassification, bertModel } from '../../models/families/bert';
import { load } from '../../models/family/load';
import { openEmbedder, pipeline, TextClassifier, type PipelineTask } from '../../models/tasks/index';
import fixture from '../fixtures/tasks.json';
import { openTestGpu } from '../harness/host';
import { withDevice } from '../harness/device';
import { folderOf } from './folders';
import { taskFiles, type TaskHead } from './task_models';

const { texts, masked, questions } = fixture;

describe('tasks that are used carelessly', () => {
  let device: Device;
  withDevice((opened) => (device = opened), { empty: true });
  const idle = (): void => {
    const { readback: _, ...owners } = device.buffers.stats.owners;
    expect(owners).toEqual({});
  };
  afterEach(() => {
    vi.restoreAllMocks();
    idle();
  });
  const open = <T extends PipelineTask>(task: T, head: TaskHead) =>
    pipeline(task, folderOf(taskFiles(head)), { device });

  it('refuses numbers of results that cannot be', async () => {
    using classify = await open('text-classification', 'single');
    using answer = await open('question-answering', 'question');
    using fill = await open('fill-mask', 'mask');
    const { question, context } = questions[0];
    for (const top_k of [0, -1, 1.5, NaN, '2' as never]) {
      const told = `top_k is ${String(top_k)}`;
      await expect(classify(texts[0], { top_k })).rejects.toThrow(told);
      await expect(answer(question, context, { top_k })).rejects.toThrow(told);
      await expect(fill(masked[0], { top_k })).rejects.toThrow(told);
    }
    const most = 1e9;
    expect(await classify(texts.slice(0, 1), { top_k: most })).toEqual([expect.any(Array)]);
    expect(await fill(masked[0], { top_k: most })).toHaveLength(99);
    const spans = (await answer(question, context, { top_k: most })) as { score: number }[];
    expect(spans.length).toBeGreaterThan(50);
    expect(spans.map(({ score }) => score)).toEqual(spans.map(({ score }) => score).sort((a, b) => b - a));
  });

  it('refuses texts that are none, and options of other kinds', async () => {
    using classify = await open('text-classification', 'single');
    using tag = await open('token-classification', 'token');
    using zero = await open('zero-shot-classification', 'entailment');
    using extract = await open('feature-extraction', 'model');
    using answer = await open('question-answering', 'question');
    const any = [classify, tag, extract, (given: never) => zero(given, ['a'])] as unknown as readonly ((
      given: unknown,
    ) => Promise<unknown>)[];
    for (const call of any) {
      await expect(call(null)).rejects.toThrow(/the texts are no list/);
      await expect(call([texts[0], null])).rejects.toThrow(/text 1 is null/);
      await expect(call([7])).rejects.toThrow(/text 0 is a number/);
      await expect(call([[texts[0], texts[1]]])).rejects.toThrow(/text 0 is a list/);
    }
    await expect(zero(texts, [null] as never)).rejects.toThrow(/label 0 is null/);
    await expect(zero(texts, [])).rejects.toThrow(/there are no labels/);
    await expect(zero(texts, ['a'], { multi_label: 'false' as never })).rejects.toThrow(
      /multiLabel is false/,
    );
    await expect(zero(texts, ['a'], { hypothesis_template: 3 as never })).rejects.toThrow(/hypothesis is 3/);
    await expect(tag(texts, { ignore_labels: 'O' as never })).rejects.toThrow(/ignored labels are no list/);
    await expect(extract(texts, { normalize: 'yes' as never })).rejects.toThrow(/normalize is yes/);
    await expect(answer(['who?'] as never, 'Anna')).rejects.toThrow(
      /question of 0 is no text, but \["who\?"\]/,
    );
    await expect(answer('who?', '\u0001')).rejects.toThrow(/the context of 0 has no token/);
    await expect(answer(null as never, 'Anna')).rejects.toThrow(/question of 0 is no text, but null/);
    expect(await classify([])).toEqual([]);
    expect(await tag([])).toEqual([]);
    expect(await zero([], ['a'])).toEqual([]);
    expect((await extract([])).dims).toEqual([0, 0, 36]);
    expect((await extract([], { pooling: 'mean' })).tolist()).toEqual([]);
  });

  it('says which text it is, also in a ranking', async () => {
    using opened = await openEmbedder(folderOf(taskFiles('model')), { device, families: [bertModel] });
    const { embedder } = opened;
    await expect(embedder.rank('film', [texts[0], '\ud83d'])).rejects.toThrow(
      /text 1: half of a surrogate pair/,
    );
    await expect(embedder.rank(null as never, texts)).rejects.toThrow(/query 0 is null/);
    const [ranked] = await embedder.rank(texts[2], texts);
    expect(ranked.index).toBe(2);
    expect(embedder.similarity(new Float32Array(36), new Float32Array(36))).toBe(0);
    expect(await embedder.rank('film', [])).toEqual([]);
  });

  it('ends for good, and twice', async () => {
    const extract = await open('feature-extraction', 'model');
    await extract(texts[0]);
    extract[Symbol.dispose]();
    extract[Symbol.dispose]();
    idle();
    await expect(extract(texts[0])).rejects.toThrow(/disposed of/);
    await expect(extract(texts[0], { pooling: 'cls' })).rejects.toThrow(/disposed of/); // never made
    const classify = await open('text-classification', 'single');
    const calls = Promise.allSettled([classify(texts), classify(texts[0])]);
    classify[Symbol.dispose](); // while they compile
    for (const call of await calls)
      expect(String(call.status === 'rejected' && call.reason)).toMatch(/disposed of/);
  });

  it('answers two calls at once as one after the other', async () => {
    using classify = await open('text-classification', 'single');
    const one = await classify(texts);
    const [a, b, c] = await Promise.all([
      classify(texts),
      classify(texts[1]),
      classify([...texts].reverse()),
    ]);
    expect(a).toEqual(one);
    expect(b[0].score).toBeCloseTo(one[1].score, 5);
    expect(c.map(({ label }) => label)).toEqual(one.map(({ label }) => label).reverse());
  });

  it('tells of weights that are damaged', async () => {
    const broken = (head: TaskHead) => folderOf(taskFiles(head, (data) => data.fill(NaN)));
    using classify = await pipeline('text-classification', broken('single'), { device });
    await expect(classify(texts)).rejects.toThrow(/the logits are not finite\. These weights are damaged/);
    using extract = await pipeline('feature-extraction', broken('model'), { device });
    await expect(extract(texts)).rejects.toThrow(/the rows are not finite/);
    await expect(extract(texts, { pooling: 'mean' })).rejects.toThrow(/the embeddings are not finite/);
    using answer = await pipeline('question-answering', broken('question'), { device });
    await expect(answer(questions[0].question, questions[0].context)).rejects.toThrow(/not finite/);
  });

  it('tells of windows that the model cannot read', async () => {
    using answer = await open('question-answering', 'question');
    const { question } = questions[0];
    await expect(answer('who '.repeat(50), question)).rejects.toThrow(/question 0: windows of 40 tokens/);
    using fill = await open('fill-mask', 'mask');
    await expect(fill(`${'a film '.repeat(40)} [MASK]`)).rejects.toThrow(
      /hides nothing in its first 40 tokens/,
    );
  });

  it('leaves nothing where opening fails, at any file', async () => {
    const files = taskFiles('model');
    const whole = folderOf(files);
    let names = new Set<string>();
    const listing = (name: string) => (names.add(name), whole(name));
    const failure = new Error('the disk is gone');
    const without = (wrong: string) => (name: string) =>
      name === wrong ? Promise.reject(failure) : whole(name);
    (await openEmbedder(listing, { device, families: [bertModel] }))[Symbol.dispose]();
    expect([...names]).toEqual(expect.arrayContaining(['modules.json', 'config.json', 'model.safetensors']));
    for (const wrong of names) {
      const opening = openEmbedder(without(wrong), { device, families: [bertModel] });
      await expect(opening, wrong).rejects.toBe(failure);
      idle();
    }
    names = new Set();
    (await pipeline('feature-extraction', listing, { device }))[Symbol.dispose]();
    for (const wrong of names) {
      const own = await Device.open({ gpu: openTestGpu() });
      const gone = vi.spyOn(own, Symbol.dispose);
      vi.spyOn(Device, 'open').mockResolvedValue(own);
      await expect(pipeline('feature-extraction', without(wrong)), wrong).rejects.toBe(failure);
      expect(gone).toHaveBeenCalledTimes(1);
      vi.restoreAllMocks();
      idle();
    }
    const larger = structuredClone(fixture.tokenizer) as { model: { vocab: Record<string, number> } };
    for (let id = 97; id < 120; id++) larger.model.vocab[`more${id}`] = id;
    const other = folderOf({ ...files, 'tokenizer.json': larger });
    await expect(openEmbedder(other, { device, families: [bertModel] })).rejects.toThrow(
      /the tokenizer knows 120 tokens, the model 99/,
    );
    await expect(
      pipeline('text-classification', folderOf({ ...taskFiles('single'), 'tokenizer.json': larger }), {
        device,
      }),
    ).rejects.toThrow(/knows 120/);
  });

  it('opens no device for what is aborted already, and says what is in the way', async () => {
    const opening = vi.spyOn(Device, 'open');
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    await expect(pipeline('ner', folderOf(taskFiles('token')), { signal })).rejects.toBe(reason);
    const source = { revision: 'main', token: undefined } as never;
    await expect(pipeline('ner', folderOf(taskFiles('token')), source)).rejects.toThrow(
      /^pipeline: revision is for a model that is named/,
    );
    await expect(pipeline('ner', 'x', { dtype: 'q8' } as never)).rejects.toThrow(/no option "dtype"/);
    expect(opening).not.toHaveBeenCalled();
  });

  it('keeps labels that repeat apart', async () => {
    const files = taskFiles('single');
    const config = { ...files['config.json'], id2label: { 0: 'same', 1: 'same', 2: 'same' } };
    using loaded = await load(folderOf({ ...files, 'config.json': config }), {
      ...{ device, families: [bertForSequenceClassification] },
    });
    using classifier = new TextClassifier(device, loaded.model, await tokenizerFromJson(fixture.tokenizer));
    const [found] = await classifier.classify([texts[0]]);
    expect(found.map(({ label }) => label)).toEqual(['same', 'same', 'same']);
  });
});
