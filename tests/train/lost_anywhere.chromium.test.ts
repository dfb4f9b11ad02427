/**
 * Devices that are lost at random moments of a training, once or several times in a row: it ends as the undisturbed one
 * does, bit for bit. HEED_LOSSES draws that many, HEED_SEED others; a failure prints the moments.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Device, ParameterStore, Run, type FitOptions, type RecoveryOptions } from '../../engine/index';
import { trainTranslation } from '../../models/translation/index';
import { openTestGpu } from '../harness/host';
import { CALLS, Losing, OPENING, type Call, type Moment } from '../harness/losing';
import { Random } from '../harness/op';
import { at, tinyGPT, tinyOptions } from './tiny';

/** All that a training says and leaves. What was said again after a loss stands in place of what was said before. */
class Outcome {
  readonly #said = new Map<string, unknown>();
  readonly files: Record<string, Uint8Array> = {};

  say(key: string, value: unknown): void {
    this.#said.set(key, value);
  }

  get said(): Record<string, unknown> {
    return Object.fromEntries([...this.#said].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

interface Conditions {
  readonly device: Device;
  readonly recovery: RecoveryOptions;
  readonly outcome: Outcome;
  /** From here on devices are lost; at once unless the training calls it. */
  readonly begin: () => void;
}

const NAME = 'stack.layers.0.attention.qkv.weight';
const letters = 'abcdefgh';
const pairs = Array.from({ length: 40 }, (_, i) => {
  const word = [i % 8, (i * 3) % 7, (i * 5) % 6].map((k) => letters[k]).join('') + letters[i % 3];
  return { source: word, target: [...word].reverse().join(' ').toUpperCase() };
});

async function language({ device, recovery, outcome, begin }: Conditions, model = tinyGPT()): Promise<void> {
  const options = tinyOptions(device, { model, seed: 5, onProgress: begin });
  using run = await Run.create({ ...options, ...recovery });
  const fitting: FitOptions = {
    ...{ steps: 6, batches: at, validation: [at(99)], evaluateEvery: 2, checkpointEvery: 3 },
    ...{ keepBest: true, keepLast: 2, extras: { text: 'none' } },
    onEvent: (event) => {
      if (event.kind === 'steps')
        for (const { index, loss, norm } of event.reports) outcome.say(`loss ${index}`, [loss, norm]);
      if (event.kind === 'evaluation') outcome.say(`evaluation ${event.step}`, event);
    },
  };
  outcome.say('end', await run.fit(fitting));
  outcome.say('afterwards', await run.survive(() => run.trainer.evaluate([at(98)])));
  outcome.files.checkpoint = run.checkpoint!.bytes;
  outcome.files.best = run.best!.bytes;
  outcome.files.mean = (await run.average())!.bytes;
}

async function translation(
  { device, recovery, outcome, begin }: Conditions,
  monitor?: 'loss',
): Promise<void> {
  begin();
  const { checkpoint, weights, ...rest } = await trainTranslation({
    ...{ device, pairs, kind: 'symbols', preset: 'tiny', steps: 4, evaluateEvery: 2, checkpointEvery: 1 },
    model: { width: 16, hidden: 16, heads: 2, encoderLayers: 1, decoderLayers: 1, context: 16 },
    ...{ tokens: 128, maxShapes: 1, sample: 3, validation: 4, test: 2, average: 2 },
    ...(monitor && { monitor }),
    ...recovery,
    onEvent: (event) => {
      if (event.kind === 'steps')
        for (const { index, loss, norm } of event.reports) outcome.say(`loss ${index}`, [loss, norm]);
      if (event.kind === 'evaluation') outcome.say(`evaluation ${event.step}`, event);
      if (event.kind === 'average' || event.kind === 'test') outcome.say(event.kind, event);
      if (event.kind === 'checkpoint') outcome.files[`checkpoint ${event.step}`] = event.bytes;
    },
  });
  outcome.say('end', rest);
  Object.assign(outcome.files, { checkpoint, weights });
}

const courses: Readonly<Record<string, (conditions: Conditions) => Promise<void>>> = {
  'a language model': (conditions) => {
    conditions.begin();
    return language(conditions);
  },
  // Until the run has read them, they are nowhere else: it begins when the first kernel is compiled.
  'a model with weights of its own': async (conditions) => {
    const model = tinyGPT();
    using store = new ParameterStore(conditions.device, model, { seed: 9 });
    store.write(NAME, (await store.read(NAME)).fill(0.125));
    await language(conditions, model);
    expect(store.living).toBe(true);
  },
  'a translation model': (conditions) => translation(conditions),
  'a translation model by its loss': (conditions) => translation(conditions, 'loss'),
};

interface Trial {
  readonly outcome: Outcome;
  readonly counts: ReadonlyMap<Call, number>;
  readonly reached: readonly Moment[];
}

const unhandled: unknown[] = [];
const remember = (reason: unknown): unknown => unhandled.push(reason);

async function undergo(name: string, moments: readonly Moment[]): Promise<Trial> {
  const losing = new Losing(openTestGpu());
  const devices: Device[] = [];
  const open = async (): Promise<Device> => {
    const device = await Device.open({ gpu: losing.gpu });
    devices.push(device);
    return device;
  };
  const device = await open();
  let begun = false;
  const begin = (): void => {
    if (!begun) losing.plan(moments);
    begun = true;
  };
  const outcome = new Outcome();
  try {
    const recovery = { reopen: open, reopenPauses: [0, 0, 0, 0, 0, 0] };
    await courses[name]({ device, outcome, begin, recovery });
  } finally {
    for (const each of devices) {
      expect(each.buffers.stats.owners).toEqual({});
      each[Symbol.dispose]();
    }
  }
  return { outcome, counts: losing.counts, reached: losing.reached };
}

function draw(random: Random, counts: ReadonlyMap<Call, number>): Moment[] {
  const pick = <T>(list: readonly T[]): T => list[random.below(list.length)];
  const moments: Moment[] = [];
  do {
    const call = pick(moments.length > 0 && random.below(3) === 0 ? OPENING : CALLS);
    const most = (OPENING as readonly string[]).includes(call) ? 1 : counts.get(call)!;
    moments.push({ call, n: 1 + random.below(most), when: pick(['before', 'after', 'answered']) });
  } while (moments.length < 4 && random.below(3) === 0);
  return moments;
}

const env = import.meta.env as Readonly<Record<string, string | undefined>>;

describe('a device that is lost, whenever', () => {
  const calm = new Map<string, Trial>();
  const reached: Moment[] = [];
  let passed = 0;
  beforeAll(async () => {
    (globalThis as { process?: NodeJS.Process }).process?.on?.('unhandledRejection', remember);
    for (const name of Object.keys(courses)) calm.set(name, await undergo(name, []));
  });
  afterAll(() => {
    const calls = [...CALLS, ...OPENING].map((call) => [call, reached.filter((m) => m.call === call).length]);
    console.info(
      `${passed} trainings, ${reached.length} moments: ${calls.map((c) => c.join(' ')).join(', ')}`,
    );
    (globalThis as { process?: NodeJS.Process }).process?.off?.('unhandledRejection', remember);
  });

  const seed = Number(env.HEED_SEED ?? 1);
  const names = Object.keys(courses);
  for (let i = 0; i < Number(env.HEED_LOSSES ?? 8); i++) {
    const name = names[i % names.length];
    it(`${name}, trial ${i} of seed ${seed}`, async () => {
      const undisturbed = calm.get(name)!;
      const moments = draw(new Random(seed * 100_003 + i), undisturbed.counts);
      const where = JSON.stringify(moments);
      const trial = await undergo(name, moments).catch((cause: unknown) => {
        throw new Error(`after ${where}`, { cause });
      });
      const { outcome } = trial;
      expect(trial.reached.length, where).toBeGreaterThan(0);
      expect(outcome.said, where).toEqual(undisturbed.outcome.said);
      for (const [file, bytes] of Object.entries(undisturbed.outcome.files)) {
        const got = outcome.files[file];
        expect(
          got.length === bytes.length && got.every((byte, k) => byte === bytes[k]),
          `${file} ${where}`,
        ).toBe(true);
      }
      expect(unhandled, where).toEqual([]);
      reached.push(...trial.reached);
      passed++;
    });
  }
});
