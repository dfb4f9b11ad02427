// What tasks make of texts, beside Transformers' pipelines (tests/fixtures/make_tasks.py).
import { beforeAll, describe, expect, it } from 'vitest';
import { encodingOf, tokenizerFromJson, windowsOf, type Device, type Tokenizer } from '../../engine/index';
import {
  bert,
  bertForQuestionAnswering,
  bertForSequenceClassification,
  bertForTokenClassification,
  bertModel,
} from '../../models/families/bert';
import type { AnyFamily } from '../../models/family/family';
import { load, type Pretrained } from '../../models/family/load';
import {
  MaskFiller,
  openEmbedder,
  QuestionAnswerer,
  SentenceEmbedder,
  TextClassifier,
  TokenTagger,
  ZeroShotClassifier,
  type Aggregation,
} from '../../models/tasks/index';
import fixture from '../fixtures/tasks.json';
import { closest } from '../docs/closest';
import { withDevice } from '../harness/device';
import { folderOf } from './folders';
import { taskFiles, type TaskHead } from './task_models';

const { texts, masked, questions, results } = fixture;

describe('tasks beside pipelines', () => {
  let device: Device;
  let tokenizer: Tokenizer;
  withDevice((opened) => (device = opened), { empty: true });
  beforeAll(async () => {
    tokenizer = await tokenizerFromJson(fixture.tokenizer);
  });

  const folder = (head: TaskHead): ReturnType<typeof folderOf> => folderOf(taskFiles(head));
  const open = <F extends AnyFamily>(
    head: TaskHead,
    family: F,
  ): Promise<Pretrained<ReturnType<F['build']>>> => load(folder(head), { device, families: [family] });
  const near = (wanted: number): unknown => expect.closeTo(wanted, 4);

  it('classifies, one label or several, texts and pairs', async () => {
    for (const head of ['single', 'several'] as const) {
      using loaded = await open(head, bertForSequenceClassification);
      using classifier = new TextClassifier(device, loaded.model, tokenizer);
      const { text, text_pair } = fixture.pair;
      const given = head === 'single' ? [...texts, [text, text_pair] as const] : texts;
      const told: [number, number][] = [];
      const got = await classifier.classify(given, { onProgress: (...at) => told.push(at) });
      expect(got).toEqual(
        results[head].map((list) => list.map(({ label, score }) => ({ label, score: near(score) }))),
      );
      expect(told.at(-1)).toEqual([given.length, given.length]);
    }
  });

  it('classifies by labels that it was never trained on', async () => {
    using loaded = await open('entailment', bertForSequenceClassification);
    using classifier = new ZeroShotClassifier(device, loaded.model, tokenizer);
    const shown = (list: readonly { labels: string[]; scores: number[] }[]): object[] =>
      list.map(({ labels, scores }) => labels.map((label, k) => ({ label, score: near(scores[k]) })));
    expect(await classifier.classify(texts, fixture.labels)).toEqual(shown(results.zero));
    const options = { multiLabel: true, hypothesis: 'it is {}' };
    expect(await classifier.classify(texts, fixture.labels, options)).toEqual(shown(results.zeroMulti));
    await expect(classifier.classify(texts, ['x'], { hypothesis: 'it' })).rejects.toThrow(
      /hypothesis is "it"/,
    );
    using other = await open('single', bertForSequenceClassification);
    expect(() => new ZeroShotClassifier(device, other.model, tokenizer)).toThrow(
      /none of the labels is entailment/,
    );
  });

  it('fills in what is hidden', async () => {
    using loaded = await open('mask', bert);
    using filler = new MaskFiller(device, loaded.model, tokenizer);
    const shown = (list: readonly { token: number; token_str: string; score: number }[]): object[] =>
      list.map(({ token, token_str, score }) => ({ token, text: token_str, score: near(score) }));
    const [one, two] = results.mask as unknown as [
      Parameters<typeof shown>[0],
      Parameters<typeof shown>[0][],
    ];
    expect(await filler.fill(masked, { topK: 4 })).toEqual([[shown(one)], two.map(shown)]);
    const targets = results.targets.map(({ token }) => token);
    expect(await filler.fill(masked.slice(0, 1), { targets })).toEqual([[shown(results.targets)]]);
    await expect(filler.fill(['nothing here'])).rejects.toThrow(/text 0 hides nothing\. Write \[MASK\]/);
    await expect(filler.fill(masked, { targets: [9999] })).rejects.toThrow(/9999 is among the targets/);
  });

  it('tags names, by token and by word', async () => {
    using loaded = await open('token', bertForTokenClassification);
    using tagger = new TokenTagger(device, loaded.model, tokenizer);
    for (const aggregation of [
      'none',
      'simple',
      'first',
      'average',
      'max',
    ] as const satisfies Aggregation[]) {
      const got = await tagger.tag(texts, { aggregation });
      const wanted = results[aggregation] as readonly {
        entity?: string;
        entity_group?: string;
        score: number;
        start: number;
        end: number;
      }[][];
      expect(got, aggregation).toEqual(
        wanted.map((list, i) =>
          list.map(({ entity, entity_group, score, start, end }) => ({
            ...{ label: entity_group ?? entity, score: near(score), start, end },
            text: texts[i].slice(start, end),
          })),
        ),
      );
    }
  });

  it('tags long texts in windows, with places in the whole text', async () => {
    using loaded = await open('token', bertForTokenClassification);
    using tagger = new TokenTagger(device, loaded.model, tokenizer);
    // Words of one token each, so that a part of the text has the tokens that it has there.
    const words = 'anna lives in berlin and the film is bad to new york of paris who'.split(' ');
    const long = Array.from({ length: 97 }, (_, i) => words[(i * i) % words.length]).join(' ');
    const tokens = await tagger.tag([texts[0], long], { aggregation: 'none', ignore: [], long: 'windows' });
    // A text that fits is one window: nothing changes.
    const [alone] = await tagger.tag([texts[0]], { aggregation: 'none', ignore: [] });
    expect(tokens[0]).toEqual(alone);
    // Every token once, in its order, at its place.
    const all = encodingOf(tokenizer, long, { special: false });
    expect(tokens[1].map(({ start, end }) => [start, end])).toEqual(
      Array.from(all.ids, (_, at) => [...all.offsets.subarray(2 * at, 2 * at + 2)]),
    );
    expect(tokens[1].every(({ text, start, end }) => text === long.slice(start, end))).toBe(true);
    // Each from the window that sees most around it: 38 tokens of the text in one, of which it shares 10.
    const windows = windowsOf(tokenizer, long, { maxLength: 40, stride: 10 });
    const bounds = windows.map((_, w) => [
      w === 0 ? 0 : 28 * w + 5,
      w === windows.length - 1 ? all.ids.length : 28 * w + 33,
    ]);
    for (const [w, [from, to]] of bounds.entries()) {
      const [first, last] = [
        all.offsets[2 * 28 * w],
        all.offsets[2 * Math.min(28 * w + 38, all.ids.length) - 1],
      ];
      const [part] = await tagger.tag([long.slice(first, last)], { aggregation: 'none', ignore: [] });
      const own = tokens[1]
        .slice(from, to)
        .map(({ label, score, start }) => ({ label, score: near(score), start }));
      const wanted = part
        .map(({ label, score, start }) => ({ label, score, start: start + first }))
        .slice(from - 28 * w, to - 28 * w);
      expect(wanted).toEqual(own);
    }
    for (const aggregation of ['simple', 'first', 'average', 'max'] as const) {
      const [named] = await tagger.tag([long], { aggregation, long: 'windows', stride: 4 });
      expect(named.every(({ text, start, end }) => text === long.slice(start, end) && text !== '')).toBe(
        true,
      );
      expect(named.every(({ start }, i) => i === 0 || start >= named[i - 1].end)).toBe(true);
    }
    await expect(tagger.tag([long])).rejects.toThrow(/text 0 has \d+ tokens of at most 40/);
    await expect(tagger.tag([long], { stride: 4 })).rejects.toThrow(/stride is 4, but there are no windows/);
    await expect(tagger.tag([long], { long: 'windows', stride: 38 })).rejects.toThrow(
      /text 0: windows of 40/,
    );
  });

  it('answers questions, of long texts in windows', async () => {
    using loaded = await open('question', bertForQuestionAnswering);
    using answerer = new QuestionAnswerer(device, loaded.model, tokenizer);
    const shown = (
      list: readonly { answer: string; start: number; end: number; score: number }[],
    ): object[] =>
      list.map(({ answer, start, end, score }) => ({ text: answer, start, end, score: near(score) }));
    expect(await answerer.answer(questions.slice(0, 1), { topK: 3 })).toEqual([shown(results.question[0])]);
    const windows = { topK: 3, maxLength: 32, stride: 6 };
    expect(await answerer.answer(questions.slice(1), windows)).toEqual([shown(results.question[1])]);
    const impossible = await answerer.answer(questions.slice(0, 1), { topK: 3, impossible: true });
    expect(impossible).toEqual([shown(results.impossible)]);
    await expect(answerer.answer([{ question: 'x', context: ' ' }])).rejects.toThrow(
      /the context of 0 is empty/,
    );
    await expect(answerer.answer(questions, { maxLength: 4 })).rejects.toThrow(/windows of 4 tokens/);
  });

  it('embeds and ranks', async () => {
    using loaded = await open('model', bertModel);
    using embedder = new SentenceEmbedder(device, loaded.model, tokenizer);
    const got = await embedder.embed(texts);
    for (const [i, { embedding }] of results.embeddings.entries()) {
      expect([...got[i]]).toEqual(embedding.map((x): unknown => expect.closeTo(x, 5)));
    }
    const ranked = await embedder.rank(texts[0], texts);
    expect(ranked[0]).toEqual({ index: 0, score: near(1) });
    expect(ranked.map(({ score }) => score)).toEqual(ranked.map(({ score }) => score).sort((a, b) => b - a));
    const [first] = await closest(device, folder('model'), tokenizer, texts[0], texts);
    expect(first.text).toBe(texts[0]);
    const long = 'the film is good and bad '.repeat(9);
    await expect(embedder.embed([texts[0], long])).rejects.toThrow(/text 1 has 56 tokens of at most 40/);
    expect(await embedder.embed([long], { long: 'cut' })).toHaveLength(1);
    const reason = new Error('enough');
    await expect(embedder.embed(texts, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    embedder[Symbol.dispose]();
    await expect(embedder.embed(texts)).rejects.toThrow(/disposed of/);
  });

  it('opens sentence encoders as their files say', async () => {
    const files = (more: Readonly<Record<string, object>>) => (name: string) =>
      name in more
        ? Promise.resolve(new Blob([JSON.stringify(more[name])]))
        : name === 'tokenizer.json'
          ? Promise.resolve(new Blob([JSON.stringify(fixture.tokenizer)]))
          : folder('model')(name);
    const step = (kind: string, path: string): object => ({
      type: `sentence_transformers.models.${kind}`,
      path,
    });
    const steps = [step('Transformer', ''), step('Pooling', '1_Pooling'), step('Normalize', '2_Normalize')];
    const pooling = (mode: string): object => ({
      word_embedding_dimension: 36,
      [`pooling_mode_${mode}`]: true,
    });
    const open = (more: Readonly<Record<string, object>>) =>
      openEmbedder(files(more), { device, families: [bertModel] });
    const all = { 'modules.json': steps, '1_Pooling/config.json': pooling('mean_tokens') };
    {
      using opened = await open({
        ...all,
        'sentence_bert_config.json': { max_seq_length: 12, do_lower_case: false },
      });
      expect(opened.embedder.maxLength).toBe(12);
      const [embedding] = await opened.embedder.embed([texts[0]], { long: 'cut' });
      expect(Math.hypot(...embedding)).toBeCloseTo(1, 5);
    }
    {
      using opened = await open({ ...all, 'modules.json': steps.slice(0, 2) });
      const [embedding] = await opened.embedder.embed([texts[0]]);
      expect(Math.hypot(...embedding)).toBeGreaterThan(1.5);
    }
    const dense = [...steps, step('Dense', '3_Dense')];
    await expect(open({ ...all, 'modules.json': dense })).rejects.toThrow(/models\.Dense" is not done/);
    await expect(open({ ...all, '1_Pooling/config.json': pooling('max_tokens') })).rejects.toThrow(
      /it asks for pooling_mode_max_tokens/,
    );
    await expect(open({ 'modules.json': steps })).rejects.toThrow(/1_Pooling\/config.json: it is not there/);
    await expect(open({ ...all, 'sentence_bert_config.json': { do_lower_case: true } })).rejects.toThrow(
      /do_lower_case/,
    );
  });
});
