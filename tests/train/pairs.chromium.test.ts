// Training on pairs: many shapes in one memory, gradients weighed by labels, evaluation by any metric.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PairBatches, pairs, type IdPair, type PairBatch } from '../../engine/data';
import {
  AdamW,
  averageWeights,
  checkpointInfo,
  Device,
  openSafetensors,
  Run,
  saveSafetensors,
  Trainer,
  type FitEvent,
  type TrainerOptions,
} from '../../engine/index';
import { EncoderDecoder } from '../../models/index';
import { openTestGpu } from '../harness/host';

const special = { begin: 1, end: 2, pad: 0 };
let device: Device;

beforeAll(async () => {
  device = await Device.open({ gpu: openTestGpu() });
});
afterAll(() => device[Symbol.dispose]());

/** Sources of 1 to 9 tokens; the target is the source backwards. */
const mirrored: IdPair[] = Array.from({ length: 200 }, (_, i) => {
  const source = Array.from({ length: 1 + ((i * 7) % 9) }, (_, k) => 3 + ((i * 5 + k * k) % 9));
  return { source, target: [...source].reverse() };
});
const training = new PairBatches(mirrored.slice(0, 180), {
  ...special,
  tokens: 160,
  maxShapes: 3,
  padding: 0,
});
const validation = new PairBatches(mirrored.slice(180), {
  ...special,
  shapes: training.shapes,
  shuffle: false,
});
const held = Array.from({ length: validation.perEpoch }, (_, k) => validation.at(k));

const optionsOf = (
  options: Partial<TrainerOptions<PairBatch, EncoderDecoder>> & { readonly dropout?: number } = {},
): TrainerOptions<PairBatch, EncoderDecoder> => {
  const { dropout = 0.1, ...rest } = options;
  const model = new EncoderDecoder({
    ...{ vocabulary: 12, context: 12, encoderLayers: 1, decoderLayers: 1, heads: 2, width: 16, hidden: 32 },
    dropout,
  });
  return {
    device,
    model,
    objective: pairs(training),
    optimizer: new AdamW(),
    schedule: { kind: 'constant', lr: 3e-3 },
    seed: 5,
    ...rest,
  };
};
const at = (k: number): PairBatch => training.at(k);

async function losses(trainer: Trainer<PairBatch>, count: number): Promise<number[]> {
  for (let i = 0; i < count; i++) trainer.submit(at);
  return (await trainer.losses()).map((report) => report.loss);
}

describe('training on pairs', () => {
  it('has several shapes, and one memory for all', async () => {
    expect(training.shapes.length).toBe(3);
    using trainer = await Trainer.create(optionsOf());
    const { owners } = device.buffers.stats;
    // Each shape's own: inputs and constants. What passes through is in the workspace, as large as the largest needs.
    expect(owners['train']).toBeLessThan(1.3 * trainer.memory.activations);
    const before = device.buffers.stats.live;
    const [first] = await losses(trainer, 1);
    const rest = await losses(trainer, 60);
    expect(rest.slice(-10).reduce((a, b) => a + b) / 10).toBeLessThan(0.8 * first);
    expect(device.buffers.stats.live).toBe(before);
  });

  it('resumes in the middle of an epoch with the same losses, and refuses other pairs', async () => {
    using trainer = await Trainer.create(optionsOf());
    await losses(trainer, 5);
    const file = await trainer.save();
    const rest = await losses(trainer, 5);
    using second = await Trainer.create(optionsOf());
    await second.load(file);
    expect(await losses(second, 5)).toEqual(rest);

    const model = new EncoderDecoder({ ...(trainer.model.config as EncoderDecoder['config']) });
    const fewer = new PairBatches(mirrored.slice(0, 170), { ...special, tokens: 160, maxShapes: 1 });
    using other = await Trainer.create(optionsOf({ model, objective: pairs(fewer) }));
    await expect(other.load(file)).rejects.toThrow(
      /it was trained with pairs [0-9a-f]{8} but this trainer has/,
    );
  });

  it('weighs accumulated batches by their labels: two are one of twice the rows', async () => {
    // Rows of one shape, in one batch of 8 or in two of 4 with unequal numbers of labels.
    const rows: IdPair[] = [9, 9, 9, 9, 1, 1, 1, 1].map((length, i) => ({
      source: Array.from({ length: 9 }, (_, k) => 3 + ((i + k) % 9)),
      target: Array.from({ length }, (_, k) => 3 + ((2 * i + k) % 9)),
    }));
    const order = { ...special, shuffle: false };
    const whole = new PairBatches(rows, { ...order, shapes: [{ B: 8, S: 10, T: 10 }] });
    const halves = new PairBatches(rows, { ...order, shapes: [{ B: 4, S: 10, T: 10 }] });
    const one = optionsOf({ dropout: 0 });
    const two = optionsOf({ dropout: 0 });
    using a = await Trainer.create({ ...one, objective: pairs(whole) });
    using b = await Trainer.create({
      ...two,
      objective: pairs(halves),
      accumulate: 2,
    });
    for (let i = 0; i < 3; i++) {
      a.submit((k) => whole.at(k));
      b.submit((k) => halves.at(k));
    }
    const [left, right] = [await a.losses(), await b.losses()];
    for (const [i, report] of left.entries()) {
      expect(right[i].loss).toBeCloseTo(report.loss, 5);
      expect(right[i].norm).toBeCloseTo(report.norm, 4);
      expect(right[i].tokens).toBe(report.tokens);
    }
    expect(left[0].tokens).toBe(8 * 10 + 4 * 10 + 4 * 2);
  });

  it('evaluates by labels, whatever the batches', async () => {
    using trainer = await Trainer.create(optionsOf());
    const all = await trainer.evaluate(held);
    let [sum, labels] = [0, 0];
    for (const batch of held) {
      const own = trainer.options.objective.feed(batch).labels;
      sum += (await trainer.evaluate([batch])) * own;
      labels += own;
    }
    expect(all).toBeCloseTo(sum / labels, 6);
  });

  it('stops early on any metric, keeps the best checkpoint, and averages some', async () => {
    using run = await Run.create(optionsOf());
    const scores = [3, 7, 9, 5, 6, 4];
    const events: FitEvent[] = [];
    const options = {
      steps: 100,
      batches: at,
      validation: held,
      evaluateEvery: 4,
      measure: () => Promise.resolve({ bleu: scores.shift()! }),
      monitor: { metric: 'bleu', mode: 'max' },
      patience: 2,
      keepBest: true,
      keepLast: 3,
      onEvent: (event: FitEvent) => void events.push(event),
    } as const;
    const result = await run.fit(options);
    expect(result).toMatchObject({
      reason: 'early stop',
      step: 20,
      best: { step: 12, value: 9, by: 'bleu' },
    });
    expect(run.best!.step).toBe(12);
    const seen = events.flatMap((e) => (e.kind === 'evaluation' ? [[e.step, e.metrics.bleu, e.best]] : []));
    expect(seen).toEqual([
      [4, 3, true],
      [8, 7, true],
      [12, 9, true],
      [16, 5, false],
      [20, 6, false],
    ]);
    // A resumed run knows what the best was and how long ago.
    using resumed = await Run.create(optionsOf());
    const earlier = events.findLast((e) => e.kind === 'checkpoint' && e.step === 16);
    await resumed.load((earlier as FitEvent & { kind: 'checkpoint' }).bytes);
    const last = { ...options, steps: 20, measure: () => Promise.resolve({ bleu: 8 }) };
    expect(await resumed.fit(last)).toEqual(result);
    const average = await run.average();
    expect(average!.steps).toEqual([12, 16, 20]);
    expect(await resumed.average()).toEqual(average);

    const checkpoints = events.flatMap((e) => (e.kind === 'checkpoint' ? [e] : []));
    const files = average!.steps.map((step) => checkpoints.find((e) => e.step === step)!.bytes);
    const file = await averageWeights(files);
    expect(await checkpointInfo(file)).toMatchObject({ step: 20, objective: { smoothing: 0.1 } });
    await expect(resumed.trainer.load(file)).rejects.toThrow('it holds weights but no optimizer state');
    const mean = await openSafetensors(file);
    const name = 'encoder.layers.0.feedForward.up.weight';
    const each = await Promise.all(files.map(async (f) => (await openSafetensors(f)).float32(name)));
    const expected = each[0].map((_, i) => each.reduce((sum, weights) => sum + weights[i], 0) / 3);
    const found = await mean.float32(name);
    for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 6);
    expect(mean.names().some((n) => /^(optimizer|average)\./.test(n))).toBe(false);
    const rounded = await openSafetensors(average!.bytes);
    expect([rounded.names(), rounded.metadata['extras']]).toEqual([mean.names(), mean.metadata['extras']]);
    for (const n of mean.names()) {
      const ours = await rounded.float32(n);
      for (const [i, value] of (await mean.float32(n)).entries()) {
        expect(Math.abs(ours[i] - value)).toBeLessThanOrEqual(2 ** -11 * Math.abs(value) + 1e-5);
      }
    }
  });

  it('takes up checkpoints without the weights of earlier evaluations, and refuses those that lack a part', async () => {
    const options = { batches: at, validation: held, evaluateEvery: 2, keepLast: 3 } as const;
    using run = await Run.create(optionsOf());
    await run.fit({ ...options, steps: 4 });
    const file = await openSafetensors(run.checkpoint!.bytes);
    const only = async (wanted: (name: string) => boolean): Promise<Uint8Array<ArrayBuffer>> => {
      const names = file.names().filter(wanted);
      const tensors = names.map(async (name) => ({ name, ...file.info(name), data: await file.bytes(name) }));
      return saveSafetensors(await Promise.all(tensors), file.metadata);
    };
    const part = 'average.2.encoder.layers.0.feedForward.up.weight';
    await expect(run.load(await only((name) => name !== part))).rejects.toThrow(
      'checkpoint: encoder.layers.0.feedForward.up.weight of the evaluation at step 2 is missing',
    );
    await run.load(await only((name) => !name.startsWith('average.')));
    await run.fit({ ...options, steps: 6 });
    expect((await run.average())!.steps).toEqual([4, 6]);
    // An evaluation that is cut short is made up for.
    const controller = new AbortController();
    const measure = (): Promise<never> => {
      controller.abort();
      return Promise.reject(new Error('cut short'));
    };
    const cut = await run.fit({ ...options, steps: 10, measure, signal: controller.signal });
    expect(cut).toMatchObject({ reason: 'aborted', step: 8 });
    await run.fit({ ...options, steps: 10 });
    expect((await run.average())!.steps).toEqual([6, 8, 10]);
    await expect(run.fit({ ...options, steps: 6, keepLast: 0 })).rejects.toThrow('keepLast is 0');
  });

  it('refuses batches of other shapes and metrics that nobody measures', async () => {
    using run = await Run.create(optionsOf());
    const foreign = new PairBatches(mirrored.slice(0, 20), { ...special, tokens: 100, maxShapes: 1 });
    expect(() => run.trainer.submit((k) => foreign.at(k))).toThrow(/Make all batches with the same shapes/);
    await expect(
      run.fit({
        steps: 1,
        batches: at,
        validation: held,
        monitor: { metric: 'bleu', mode: 'max' },
      }),
    ).rejects.toThrow('it monitors "bleu", but evaluations give loss.');
  });
});
