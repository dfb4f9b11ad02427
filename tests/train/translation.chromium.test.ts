// One function from pairs to a model that translates: what it says while it trains, stops, goes on and ends.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkpointInfo, Device, openSafetensors } from '../../engine/index';
import {
  trainTranslation,
  TranslationModel,
  Translator,
  type TranslationEvent,
  type TranslationTrainingOptions,
} from '../../models/translation/index';
import { openTestGpu } from '../harness/host';
import { Losing } from '../harness/losing';

const letters = 'abcdefgh';
/** Spelling: each letter's name in reverse order; two words for `bad`. */
const pairs = Array.from({ length: 60 }, (_, i) => {
  const word = [i % 8, (i * 3) % 7, (i * 5) % 6].map((k) => letters[k]).join('') + letters[i % 3];
  return { source: word, target: [...word].reverse().join(' ').toUpperCase() };
});
const options: Partial<TranslationTrainingOptions> = {
  ...{ kind: 'symbols', preset: 'tiny', steps: 9, evaluateEvery: 3, tokens: 256, maxShapes: 2, sample: 4 },
  ...{ model: { width: 16, hidden: 16, heads: 2, encoderLayers: 1, decoderLayers: 1, context: 16 } },
  ...{ validation: 6, test: 4, average: 3, info: { title: 'Spelling', licence: 'none' } },
};
let device: Device;
beforeAll(async () => {
  device = await Device.open({ gpu: openTestGpu() });
});
afterAll(() => device[Symbol.dispose]());

async function train(more: Partial<TranslationTrainingOptions> = {}) {
  const events: TranslationEvent[] = [];
  const result = await trainTranslation({
    ...{ device, pairs, ...options, ...more },
    onEvent: async (event) => {
      events.push(event);
      await more.onEvent?.(event);
    },
  });
  const reports = events.flatMap((event) => (event.kind === 'steps' ? event.reports : []));
  return { result, events, losses: reports.map(({ loss }) => loss), kinds: events.map(({ kind }) => kind) };
}
const of = <K extends TranslationEvent['kind']>(events: readonly TranslationEvent[], kind: K) =>
  events.filter((event): event is Extract<TranslationEvent, { kind: K }> => event.kind === kind);
/** Steps whose weights a checkpoint carries. */
const earlier = (names: readonly string[]): string[] => [
  ...new Set(names.flatMap((name) => /^average\.(\d+)\./.exec(name)?.[1] ?? [])),
];

it('trains, and goes on from where it was stopped with the same losses', async () => {
  const whole = await train();
  expect(whole.result.reason).toBe('finished');
  expect(whole.losses).toHaveLength(9);
  expect(whole.losses[8]).toBeLessThan(whole.losses[0]);
  const [ready] = of(whole.events, 'ready');
  expect(ready.report).toMatchObject({
    pairs: 60,
    train: 50,
    validation: 6,
    test: 4,
    vocabulary: [12, 12],
    tooLong: 0,
  });
  expect(ready.step).toBe(0);
  const evaluations = of(whole.events, 'evaluation');
  expect(evaluations.map(({ step }) => step)).toEqual([3, 6, 9]);
  expect(Object.keys(evaluations[0].metrics)).toEqual(['per', 'wer']);
  expect(evaluations[0].samples.length).toBeGreaterThan(2);
  expect(evaluations[0].samples[0].source).toMatch(/^[a-h]{4}$/);
  expect(of(whole.events, 'average').map((event) => event.of)).toEqual([3]);
  expect(of(whole.events, 'test').map((event) => event.pairs)).toEqual([4]);

  const controller = new AbortController();
  const first = await train({
    signal: controller.signal,
    onEvent: (event) => {
      if (event.kind === 'steps' && event.reports.some(({ index }) => index >= 4)) controller.abort();
    },
  });
  expect(first.result.reason).toBe('aborted');
  const { step, progress, extras } = await checkpointInfo(first.result.checkpoint);
  expect(step).toBe(first.losses.length);
  expect(progress!.evaluated).toBe(3); // the next one was cut short, if it began
  expect(JSON.parse(extras['info'])).toMatchObject({ title: 'Spelling', licence: 'none', steps: step });
  const second = await train({ resume: first.result.checkpoint, tokens: 64, seed: 9 }); // its own settings count
  expect(of(second.events, 'ready')[0].step).toBe(step);
  expect([...first.losses, ...second.losses]).toEqual(whole.losses);
  // The checkpoint carries the weights of earlier evaluations, so their mean does not know of the stop either.
  expect(of(second.events, 'average')).toEqual(of(whole.events, 'average'));
  const end = await openSafetensors(second.result.checkpoint);
  expect(earlier(end.names())).toEqual(['3', '6']);
  const [one, other] = [second.result.checkpoint, whole.result.checkpoint];
  expect(one.length).toBe(other.length);
  expect(one.every((byte, i) => byte === other[i])).toBe(true);
  expect(of(second.events, 'evaluation').at(-1)).toMatchObject({
    loss: evaluations[2].loss,
    metrics: evaluations[2].metrics,
  });

  const model = await TranslationModel.open(second.result.weights);
  expect(model.info).toMatchObject({
    steps: 9,
    scoredOn: '4 test pairs',
    scores: second.result.metrics,
  });
  using translator = await Translator.create(device, model, { sentences: 2, beams: 2 });
  const [{ text }] = await translator.translate(['Bad!']);
  expect(text).toMatch(/^([A-H]( |$))*$/);
});

it('sentences of three words: chrF chooses where BLEU, which counts four, cannot', async () => {
  const [from, to] = ['one two three four five six'.split(' '), 'un deux trois quatre cinq six'.split(' ')];
  const three = Array.from({ length: 200 }, (_, i) => {
    const digits = [...(i + 216).toString(6).slice(-3)].map(Number);
    const say = (words: readonly string[]): string => digits.map((k) => words[k]).join(' ');
    return { source: say(from), target: say(to) };
  });
  const { result, events } = await train({
    ...{ pairs: three, kind: 'subwords', vocabularySize: 300, lr: 1e-2, warmup: 24, steps: 120 },
    ...{ evaluateEvery: 20, validation: 10, sample: 10, test: 0, average: 1, tokens: 512 },
    model: { width: 32, hidden: 32, heads: 2, encoderLayers: 1, decoderLayers: 1, context: 32, dropout: 0 },
    info: { languages: ['eng', 'fr_XX'] },
    seed: 4, // which meets such garbage
  });
  const evaluations = of(events, 'evaluation');
  // Garbage that is longer may have a BLEU; what is right never has.
  expect(evaluations.at(-1)!.metrics.bleu).toBe(0);
  expect(evaluations.some(({ metrics }) => metrics.bleu > 0)).toBe(true);
  const best = evaluations.filter((event) => event.best).at(-1)!;
  const most = Math.max(...evaluations.map(({ metrics }) => metrics.chrf));
  expect(best.metrics.chrf).toBe(most);
  expect(most).toBeGreaterThan(90);
  const equal = evaluations.filter(({ metrics }) => metrics.chrf === most);
  expect(best.loss).toBe(Math.min(...equal.map(({ loss }) => loss)));
  expect(best.by).toMatch(equal.length > 1 ? /chrf|loss/ : /chrf/);
  expect(result).toMatchObject({ chosen: 'best', chosenBy: best.by, best: { step: best.step, by: best.by } });
  const { info } = await TranslationModel.open(result.weights);
  expect(info).toMatchObject({ chosenBy: best.by, scores: best.metrics, languages: ['en', 'fr'] });
  expect(info.signature).toContain('tok:13a');
});

it('stops where nothing gets better; refuses what it cannot go on with', async () => {
  const stuck = await train({ schedule: { kind: 'constant', lr: 0 }, patience: 1, test: 0, average: 1 });
  expect(stuck.result.reason).toBe('early stop');
  expect(stuck.losses).toHaveLength(6);
  expect(stuck.result).toMatchObject({ chosen: 'best', best: { step: 3 } });
  expect(earlier((await openSafetensors(stuck.result.checkpoint)).names())).toEqual([]);
  const still = await train({ resume: stuck.result.checkpoint, steps: 9, average: 2, monitor: 'loss' });
  const [{ loss }] = of(still.events, 'evaluation');
  const [average] = of(still.events, 'average');
  expect(average.of).toBe(2);
  expect(average.metrics.loss).toBeCloseTo(loss, 3); // of the same weights, rounded
  expect(average.best).toBe(average.metrics.loss < loss);
  await expect(train({ resume: stuck.result.checkpoint, pairs: pairs.slice(1) })).rejects.toThrow(
    /these 59 pairs make batches .* trained on/,
  );
  await expect(train({ resume: stuck.result.weights })).rejects.toThrow(
    /does not say how its training goes on/,
  );
  await expect(train({ preset: 'huge' as 'tiny' })).rejects.toThrow(/unknown preset "huge"/);
  await expect(train({ monitor: 'bleu' })).rejects.toThrow(
    /monitor is "bleu". Of symbols, use one of per, wer, loss/,
  );
  await expect(train({ pairs: [] })).rejects.toThrow(/of 0 pairs/);
});

it('loses its device while it compiles, while the mean is scored and in the test, and ends as it would have', async () => {
  const calm = await train({ monitor: 'loss' });
  const losing = new Losing(openTestGpu());
  const devices: Device[] = [];
  const reopen = async (): Promise<Device> => {
    devices.push(await Device.open({ gpu: losing.gpu }));
    return devices.at(-1)!;
  };
  const first = await reopen();
  losing.plan([{ call: 'createComputePipelineAsync', n: 10, when: 'after' }]);
  const { result, events, losses } = await train({
    ...{ device: first, monitor: 'loss', reopen, reopenPauses: [0] },
    onEvent: (event) => {
      if (event.kind === 'checkpoint' && event.step === 9)
        losing.plan([{ call: 'submit', n: 3, when: 'after' }]);
      if (event.kind === 'average') losing.plan([{ call: 'mapAsync', n: 1, when: 'after' }]);
    },
  });
  expect(devices).toHaveLength(4);
  expect(of(events, 'recovered').map(({ step }) => step)).toEqual([9, 9]);
  expect(losses).toEqual(calm.losses);
  for (const kind of ['average', 'test'] as const) expect(of(events, kind)).toEqual(of(calm.events, kind));
  expect(result).toEqual(calm.result); // files included

  const controller = new AbortController();
  const aborted = await train({
    ...{ device: await reopen(), signal: controller.signal, reopen },
    onEvent: (event) => {
      if (event.kind !== 'steps' || event.reports.at(-1)!.index < 4) return;
      controller.abort();
      losing.lose();
    },
  });
  expect(aborted.result).toMatchObject({ reason: 'aborted', step: 3 });
  expect((await checkpointInfo(aborted.result.checkpoint)).step).toBe(3);
  for (const each of devices) {
    expect(each.buffers.stats.owners).toEqual({});
    each[Symbol.dispose]();
  }
});
