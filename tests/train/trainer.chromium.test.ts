// Training as a whole: determinism, steady memory, resume, recovery, and everything that can go wrong.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  AdamW,
  characterTokenizer,
  checkpointInfo,
  DataError,
  Device,
  nextToken,
  PauseSwitch,
  randomWindows,
  Run,
  splitText,
  Trainer,
  TrainingError,
  windows,
  type Batch,
  type FitEvent,
  type TrainerOptions,
} from '../../engine/index';
import { Generator, GPT, type GPTConfig } from '../../models/index';
import { fixtureText } from '../fixtures/load';
import { openTestGpu } from '../harness/host';

const BATCH = 4;
const LENGTH = 16;
let device: Device;
let text: string;
let tokens: { train: Uint32Array; validation: Uint32Array };
let vocabulary: number;

beforeAll(async () => {
  device = await Device.open({ gpu: openTestGpu() });
  text = await fixtureText('sonnets.txt');
  const tokenizer = characterTokenizer(text);
  vocabulary = tokenizer.size;
  tokens = splitText(tokenizer.encode(text));
});
afterAll(() => device[Symbol.dispose]());

const model = (config: Partial<GPTConfig> = {}) =>
  new GPT({ vocabulary, context: LENGTH, layers: 1, heads: 2, width: 16, ...config });
type Options = TrainerOptions<Batch, GPT>;
const optionsOf = ({
  batch = BATCH,
  length = LENGTH,
  ...options
}: Partial<Options> & { readonly batch?: number; readonly length?: number } = {}): Options => ({
  device,
  model: model(),
  optimizer: new AdamW(),
  schedule: { kind: 'cosine', lr: 3e-3, warmup: 5, steps: 100 },
  objective: nextToken({ batch, length }),
  seed: 7,
  ...options,
});
const batches = (seed = 1) => randomWindows(tokens.train, { batch: BATCH, length: LENGTH, seed });
const validation = () => windows(tokens.validation, { batch: BATCH, length: LENGTH, limit: 2 });

async function steps(trainer: Trainer, count: number, source = batches()): Promise<number[]> {
  const losses: number[] = [];
  while (losses.length < count) {
    for (let i = 0; i < Math.min(10, count - losses.length); i++) trainer.submit(source);
    losses.push(...(await trainer.losses()).map((r) => r.loss));
  }
  return losses;
}

describe('a training run', () => {
  it('overfits one batch', async () => {
    using trainer = await Trainer.create(
      optionsOf({ schedule: { kind: 'constant', lr: 1e-2 }, model: model({ width: 32 }) }),
    );
    const { ids, targets } = batches()(0);
    const one = { ids: ids.slice(), targets: targets.slice() };
    const losses = await steps(trainer, 150, () => one);
    expect(losses[0]).toBeGreaterThan(3.5);
    expect(losses.at(-1)).toBeLessThan(0.3);
  });

  it('gives the same bits for the same seed, with dropout, and others for another', async () => {
    const run = async (seed: number) => {
      using trainer = await Trainer.create(optionsOf({ model: model({ dropout: 0.1 }), seed }));
      await steps(trainer, 12);
      return await trainer.store.readAll('weights');
    };
    const [a, b, c] = [await run(3), await run(3), await run(4)];
    for (const [name, data] of a) expect(b.get(name), name).toEqual(data);
    expect(c.get('tokens.weight')).not.toEqual(a.get('tokens.weight'));
  });

  it('creates no buffer, bind group or pipeline in a steady step, and 200 steps leave the ledger flat', async () => {
    using trainer = await Trainer.create(optionsOf());
    using generator = new Generator(device, trainer.model as GPT);
    const generate = async () => {
      for await (const _ of generator.generate([1, 2, 3], { tokens: 8 }));
    };
    await steps(trainer, 10);
    await generate();
    const made = (
      ['createBuffer', 'createBindGroup', 'createComputePipelineAsync', 'createShaderModule'] as const
    ).map((name) => vi.spyOn(device.gpu, name));
    const before = device.buffers.stats;
    await steps(trainer, 200);
    await generate();
    expect(made.map((m) => m.mock.calls.length)).toEqual([0, 0, 0, 0]);
    expect(device.buffers.stats).toEqual(before);
    for (const spy of made) spy.mockRestore();
  });

  it('averages micro-batches exactly like one large batch', async () => {
    const run = async (batch: number, accumulate: number) => {
      using trainer = await Trainer.create(optionsOf({ batch, accumulate }));
      const whole = batches()(0);
      const all = { ids: whole.ids.slice(), targets: whole.targets.slice() };
      const size = batch * LENGTH;
      trainer.submit((k) => {
        const part = k % accumulate;
        return {
          ids: all.ids.slice(part * size, (part + 1) * size),
          targets: all.targets.slice(part * size, (part + 1) * size),
        };
      });
      return (await trainer.losses())[0];
    };
    const one = await run(4, 1);
    const four = await run(1, 4);
    expect(four.loss).toBeCloseTo(one.loss, 5);
    expect(four.norm).toBeCloseTo(one.norm, 5);
  });

  it('resumes from a checkpoint with exactly the same losses', async () => {
    using trainer = await Trainer.create(optionsOf({ model: model({ dropout: 0.2 }) }));
    await steps(trainer, 7);
    const file = await trainer.save({ note: 'halfway' });
    const want = await steps(trainer, 8);
    expect(await checkpointInfo(file)).toMatchObject({
      step: 7,
      seed: 7,
      objective: { batch: BATCH, length: LENGTH },
      extras: { note: 'halfway' },
    });
    using second = await Trainer.create(optionsOf({ model: model({ dropout: 0.2 }) }));
    await second.load(file);
    expect(second.step).toBe(7);
    expect(await steps(second, 8)).toEqual(want);
  });

  it('refuses truncated, foreign and mismatched checkpoints and keeps what it has', async () => {
    using trainer = await Trainer.create(optionsOf());
    await steps(trainer, 3);
    const file = await trainer.save();
    using other = await Trainer.create(optionsOf({ model: model({ width: 32 }) }));
    await expect(other.load(file)).rejects.toThrow(
      /tokens\.weight is \(\d+, 16\) there but \(\d+, 32\) here/,
    );
    using deeper = await Trainer.create(optionsOf({ model: model({ layers: 2 }) }));
    await expect(deeper.load(file)).rejects.toThrow(/12 parameters are missing \(stack\.layers\.1\./);
    using wide = await Trainer.create(optionsOf({ batch: 2 }));
    await expect(wide.load(file)).rejects.toThrow(/trained with batch 4 but this trainer has 2/);
    await expect(trainer.load(file.slice(0, file.length - 100))).rejects.toThrow(DataError);
    await expect(trainer.load(new TextEncoder().encode('<!doctype html><p>404'))).rejects.toThrow(DataError);
    expect(trainer.step).toBe(3);
    using fresh = await Trainer.create(optionsOf());
    await fresh.load(file);
    expect(await steps(trainer, 2)).toEqual(await steps(fresh, 2));
  });

  it('refuses the checkpoint of a model whose numbers are others, though its shapes fit', async () => {
    using first = await Trainer.create(optionsOf());
    const bytes = await first.save();
    for (const [other, message] of [
      [{ heads: 4 }, 'eads 2, but this one has 4'],
      [{ activation: 'relu' }, 'activation "gelu_tanh", but this one has "relu"'],
      [{ epsilon: 0.1 }, 'epsilon 0.00001, but this one has 0.1'],
      [{ dropout: 0.5 }, 'dropout 0, but this one has 0.5'],
    ] as const) {
      using trainer = await Trainer.create(optionsOf({ model: model(other) }));
      await expect(trainer.load(bytes)).rejects.toThrow(message);
    }
    // Recompute changes no number.
    using trainer = await Trainer.create(optionsOf({ model: model({ recompute: true }) }));
    await trainer.load(bytes);
  });

  it('touches nothing any more once it was disposed of', async () => {
    const trainer = await Trainer.create(optionsOf());
    trainer[Symbol.dispose]();
    const gone = 'Trainer: it was disposed of. Create a new one.';
    expect(() => trainer.submit(batches())).toThrow(gone);
    expect(() => trainer.clearGradients()).toThrow(gone);
    await expect(trainer.losses()).rejects.toThrow(gone);
    await expect(trainer.save()).rejects.toThrow(gone);
    await expect(trainer.evaluate([batches()(0)])).rejects.toThrow(gone);
    await expect(trainer.profile(batches()(0))).rejects.toThrow(gone);
  });

  it('profiles a step without moving the weights', async () => {
    using trainer = await Trainer.create(optionsOf());
    const before = await trainer.store.read('tokens.weight');
    const rows = await trainer.profile(batches()(0));
    expect(rows.some((r) => r.kernel.startsWith('attention.') && r.milliseconds > 0)).toBe(true);
    // Forward and two products backward of every matrix, whichever kernels they went to.
    const flops = rows.filter((r) => r.kernel.startsWith('matmul')).reduce((sum, r) => sum + r.flops, 0);
    expect(flops).toBe(6 * BATCH * LENGTH * (12 * 16 * 16 + 16 * vocabulary));
    expect(await trainer.store.read('tokens.weight')).toEqual(before);
    using twin = await Trainer.create(optionsOf());
    expect(await steps(trainer, 2)).toEqual(await steps(twin, 2));
  });
});

describe('fit', () => {
  it('evaluates, keeps the best, stops early and reports everything', async () => {
    using run = await Run.create(optionsOf());
    const events: FitEvent[] = [];
    const result = await run.fit({
      steps: 40,
      batches: batches(),
      validation: validation(),
      evaluateEvery: 10,
      onEvent: (e) => void events.push(e),
    });
    expect(result).toMatchObject({ reason: 'finished', step: 40 });
    expect(events.filter((e) => e.kind === 'evaluation').map((e) => e.step)).toEqual([10, 20, 30, 40]);
    const reports = events.flatMap((e) => (e.kind === 'steps' ? e.reports : []));
    expect(reports.map((r) => r.index)).toEqual([...Array(40).keys()]);
    expect(result.best!.value).toBeLessThan(reports[0].loss);

    // A rate of 0 never improves, so patience runs out.
    using idle = await Run.create(optionsOf({ schedule: { kind: 'constant', lr: 0 } }));
    const stopped = await idle.fit({
      steps: 100,
      batches: batches(),
      validation: validation(),
      evaluateEvery: 5,
      patience: 2,
    });
    expect(stopped).toMatchObject({ reason: 'early stop', step: 15, best: { step: 5 } });
  });

  it('keeps the best evaluation where a saved run goes on, and takes no other checkpoint for it', async () => {
    const scores = [0, 3, 2, 1];
    const optionsFor = (run: Run) => ({
      ...{ batches: batches(), evaluateEvery: 1, keepBest: true },
      monitor: { metric: 'f1', mode: 'max' as const },
      measure: () => Promise.resolve({ f1: scores[run.trainer.step] }),
    });
    using run = await Run.create(optionsOf());
    await run.fit({ ...optionsFor(run), steps: 2 });
    const best = run.best!;
    expect(best.step).toBe(1);
    const last = await run.save();

    using other = await Run.create(optionsOf());
    await other.load(last);
    expect(other.best).toBeNull();
    await other.load(best.bytes);
    expect(other.best).toEqual(best);
    await expect(other.load(last, { best: last })).rejects.toThrow(
      'load: best: it is of step 2, and the best evaluation of the saved run was at step 1. Give',
    );
    await other.load(last, { best: best.bytes });
    await other.fit({ ...optionsFor(other), steps: 3 });
    expect(other.best).toEqual(best);
  });

  it('tells of a monitored metric that never was a number, with all saved', async () => {
    using run = await Run.create(optionsOf());
    const options = {
      ...{ batches: batches(), evaluateEvery: 1, monitor: { metric: 'f1', mode: 'max' as const } },
      measure: () => Promise.resolve({ f1: NaN }),
    };
    const told = (step: number): RegExp =>
      new RegExp(`"f1" was not finite in any of 2 .* at step ${step} and saved`);
    await expect(run.fit({ ...options, steps: 10, patience: 2 })).rejects.toThrow(told(2));
    expect(run.trainer.step).toBe(2);
    const measure = () => Promise.resolve({ f1: run.trainer.step });
    expect(await run.fit({ ...options, measure, steps: 3 })).toMatchObject({ best: { step: 3, value: 3 } });
  });

  it('pauses, resumes and aborts without changing the losses', async () => {
    const collect = async (interrupt: boolean) => {
      using run = await Run.create(optionsOf());
      const pause = new PauseSwitch();
      const losses: number[] = [];
      const seen: string[] = [];
      const saved: number[] = [];
      let asked = false;
      await run.fit({
        steps: 20,
        batches: batches(),
        evaluateEvery: 5,
        checkpointEvery: 20,
        pause,
        onEvent: (e) => {
          if (e.kind === 'steps') losses.push(...e.reports.map((r) => r.loss));
          if (e.kind === 'paused' || e.kind === 'resumed') seen.push(e.kind);
          if (e.kind === 'checkpoint') saved.push(e.step);
          if (e.kind === 'paused') setTimeout(() => pause.resume(), 20);
          if (interrupt && !asked && losses.length >= 5) {
            asked = true;
            pause.pause();
          }
        },
      });
      return { losses, seen, saved };
    };
    const plain = await collect(false);
    const paused = await collect(true);
    expect(paused.seen).toEqual(['paused', 'resumed']);
    expect(paused.losses).toEqual(plain.losses);
    expect(plain.saved).toEqual([0, 20]);
    expect(paused.saved).toEqual([0, expect.any(Number), 20]); // what a pause holds is saved

    using run = await Run.create(optionsOf());
    const abort = new AbortController();
    const result = await run.fit({
      steps: 1000,
      batches: batches(),
      evaluateEvery: 10,
      signal: abort.signal,
      onEvent: (e) => {
        if (e.kind === 'checkpoint' && e.step === 10) abort.abort();
      },
    });
    expect(result.reason).toBe('aborted');
    expect(result.step).toBeLessThan(100);
  });

  it('stops on a loss that is not finite, says where, and goes back to the last good checkpoint', async () => {
    using run = await Run.create(
      optionsOf({ schedule: { kind: 'constant', lr: 1e30 }, optimizer: new AdamW({ clip: Infinity }) }),
    );
    const failure = await run.fit({ steps: 50, batches: batches() }).catch((e: unknown) => e);
    expect(failure).toBeInstanceOf(TrainingError);
    expect((failure as Error).message).toMatch(
      /^step \d+: the (loss|gradient norm) is not finite at learning rate 1\.00e\+30\./,
    );
    expect(run.trainer.step).toBe(0);
    expect(run.checkpoint!.step).toBe(0);
    const weights = await run.trainer.store.read('stack.layers.0.attention.qkv.weight');
    expect(weights.every((w) => Math.abs(w) < 1)).toBe(true);
  });

  it('goes back, too, where only the evaluation shows that the last step broke the weights', async () => {
    using run = await Run.create(optionsOf());
    const name = 'stack.layers.0.attention.qkv.weight';
    const fitting = run.fit({
      steps: 20,
      batches: batches(),
      validation: validation(),
      evaluateEvery: 5,
      onEvent: async (event) => {
        if (event.kind !== 'steps' || run.trainer.step !== 10) return;
        const weights = await run.trainer.store.read(name);
        run.trainer.store.write(name, weights.fill(NaN));
      },
    });
    await expect(fitting).rejects.toThrow(TrainingError);
    await expect(fitting).rejects.toThrow('step 10: the validation loss is not finite.');
    expect(run.trainer.step).toBe(5);
    expect((await run.trainer.store.read(name)).every(Number.isFinite)).toBe(true);
  });

  it('survives a lost device with the same losses', async () => {
    const plain: number[] = [];
    using calm = await Run.create(optionsOf());
    await calm.fit({
      steps: 30,
      batches: batches(),
      evaluateEvery: 10,
      onEvent: (e) => e.kind === 'steps' && plain.push(...e.reports.map((r) => r.loss)),
    });
    const losses = new Map<number, number>();
    const seen: string[] = [];
    const first = await Device.open({ gpu: openTestGpu('own') });
    let second: Device | null = null;
    using run = await Run.create(optionsOf({ device: first, model: model() }));
    const result = await run.fit({
      steps: 30,
      batches: batches(),
      evaluateEvery: 10,
      onEvent: (e) => {
        if (e.kind === 'steps') {
          for (const r of e.reports) losses.set(r.index, r.loss);
          if (e.reports.at(-1)!.index >= 14 && !second) first.gpu.destroy();
        }
        if (e.kind === 'recovered') seen.push(`recovered at ${e.step}`);
      },
      reopen: async () => (second = await Device.open({ gpu: openTestGpu('own') })),
    });
    expect(result.reason).toBe('finished');
    expect(seen).toEqual(['recovered at 10']);
    expect([...losses.values()]).toEqual(plain);
    run[Symbol.dispose]();
    (second as Device | null)?.[Symbol.dispose]();
  });
});

describe('bad input', () => {
  it('says what is wrong with texts, ids, prompts and numbers', async () => {
    expect(() =>
      randomWindows(new Uint32Array(5), { batch: 1, length: 8 }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[DataError: randomWindows: the text has 5 tokens but a window takes 9. Use a longer text or a shorter context.]`,
    );
    expect(() => windows(new Uint32Array(5), { batch: 2, length: 8 })).toThrowErrorMatchingInlineSnapshot(
      `[DataError: windows: the text has 5 tokens but one evaluation batch takes 17. Use a longer validation text, a smaller batch or a shorter context.]`,
    );
    expect(() => model({ width: 30, heads: 4 })).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: GPT: width 30 does not divide into 4 heads. Choose a multiple.]`,
    );
    expect(() => model({ dropout: 1 })).toThrowErrorMatchingInlineSnapshot(
      `[EngineError: GPT: dropout is 1. It must be at least 0 and below 1.]`,
    );
    expect(() => model({ layers: 0 })).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: GPT: layers is 0. Use a whole number from 1 to 16777216.]`,
    );
    await expect(Trainer.create(optionsOf({ length: 17 }))).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: GPT context: ids are (4, 17), that is 17 tokens in a context of 16. Give ids as (B, T), shorten the text or raise context.]`,
    );
    expect(() => optionsOf({ batch: 0 })).toThrowErrorMatchingInlineSnapshot(
      `[EngineError: nextToken: batch is 0. Use a whole number ≥ 1.]`,
    );
    await expect(
      Trainer.create(optionsOf({ schedule: { kind: 'constant', lr: NaN } })),
    ).rejects.toThrowErrorMatchingInlineSnapshot(
      `[EngineError: schedule: lr is NaN. Use a finite number of at least 0, such as 3e-4.]`,
    );
    using trainer = await Trainer.create(optionsOf());
    expect(() =>
      trainer.submit(() => ({ ids: new Uint32Array(64).fill(999), targets: new Uint32Array(64) })),
    ).toThrow(/input ids holds 999 at index 0, but ids must be below/);
    using generator = new Generator(device, trainer.model as GPT);
    const first = (prompt: number[], options = {}) => generator.generate(prompt, options).next();
    await expect(first([])).rejects.toThrowErrorMatchingInlineSnapshot(
      `[DataError: generate: the prompt is empty. Give at least one token, such as the end, or leave it out.]`,
    );
    await expect(first(Array<number>(20).fill(1))).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: generate: the prompt has 20 tokens, but the model's context holds 16. Cut it at the ends of sentences, or use a model with a larger context.]`,
    );
    await expect(first([0, 999])).rejects.toThrow(/the prompt holds 999 at index 1/);
    await expect(first([1], { temperature: -1 })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[EngineError: generate: temperature is -1. Use 0 (greedy) or more.]`,
    );
    await expect(first([1], { topP: 0 })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[EngineError: generate: topP is 0. Use a share above 0 and at most 1.]`,
    );
    await expect(first([1], { signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrow('stop');
  });
});

describe('generation', () => {
  it('is the same with the cache as without, for every prompt length, and slides over the end', async () => {
    using trainer = await Trainer.create(optionsOf());
    await steps(trainer, 20);
    using generator = new Generator(device, trainer.model as GPT);
    const take = async (prompt: number[], options: object) => {
      const out: number[] = [];
      for await (const id of generator.generate(prompt, options)) out.push(id);
      return out;
    };
    // Greedy from a prompt, then from a longer prompt made of its own output: the same continuation.
    const start = [...tokens.train.slice(0, 4)];
    const whole = await take(start, { temperature: 0, tokens: 10 });
    expect(whole).toHaveLength(10);
    for (const n of [1, 5, 9]) {
      expect(await take([...start, ...whole.slice(0, n)], { temperature: 0, tokens: 10 - n })).toEqual(
        whole.slice(n),
      );
    }
    expect(await take(start, { temperature: 0, tokens: 100 })).toHaveLength(LENGTH - start.length + 1);
    expect(await take(start, { temperature: 0.8, tokens: 50, overflow: 'slide' })).toHaveLength(50);
    const a = await take(start, { tokens: 12, seed: 5 });
    expect(await take(start, { tokens: 12, seed: 5 })).toEqual(a);
    expect(await take(start, { tokens: 12, seed: 6 })).not.toEqual(a);
    expect(await take(start, { tokens: 12, temperature: 0, stop: [whole[2]] })).toEqual(
      whole.slice(0, whole.indexOf(whole[2])),
    );
  });
});
