/**
 * Translation with the small preset: training steps over batches of several shapes, with the share of padding in them,
 * and beam search with 4 beams for 8 sentences at once. Checks first that the loss starts at guessing and falls, and
 * that sentences come out of a batch as they do alone; then says where a step and a token go, kernel by kernel.
 * `-- --steps 24 --tokens 32 --only train|beam`.
 */
import { PairBatches, pairs, type IdPair, type PairBatch } from '../engine/data';
import { AdamW, Device, EngineError, ParameterStore, Trainer } from '../engine/index';
import { EncoderDecoder, encoderDecoderPresets } from '../models/encoder_decoder';
import { SequenceGenerator, type Hypothesis } from '../models/generation/sequence_generator';
import { expectLearning, median } from './harness/measure';
import { measurePeaks, type Peaks } from './harness/peaks';
import { kernelsOf, printProfile } from './harness/profile';
import { uniform } from './harness/random';
import { benchResult, option, percent, short, type BenchResult } from './harness/report';

const VOCABULARY = 4000;
const SPECIAL = { begin: 1, end: 2, pad: 0 };
const FIRST = 3;
const PAIRS = 20_000;
/** Steps submitted before their losses are read. */
const AHEAD = 4;

/**
 * Pairs of random ids as long as Tatoeba's English and French would be in subwords of four characters: logarithms of
 * lengths are normal, around 5.4 and 6.6 tokens, deviating by 0.25 and 0.30, correlated by 0.67.
 */
function randomPairs(count: number): IdPair[] {
  const random = uniform(1);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const ids = (length: number): Uint32Array =>
    Uint32Array.from({ length }, () => FIRST + Math.floor(random() * (VOCABULARY - FIRST)));
  const rounded = (log: number): number => Math.min(60, Math.max(1, Math.round(Math.exp(log))));
  return Array.from({ length: count }, () => {
    const common = normal();
    const own = 0.67 * common + Math.sqrt(1 - 0.67 ** 2) * normal();
    return {
      source: ids(rounded(Math.log(5.4) + 0.25 * common)),
      target: ids(rounded(Math.log(6.6) + 0.3 * own)),
    };
  });
}

const newModel = (): EncoderDecoder =>
  new EncoderDecoder({ ...encoderDecoderPresets.small, vocabulary: VOCABULARY });

async function benchTraining(device: Device, steps: number, peaks: Peaks) {
  const batches = new PairBatches(randomPairs(PAIRS), { ...SPECIAL, tokens: 2048, maxShapes: 8 });
  const { source, target, padded } = batches.tokens;
  const model = newModel();
  const started = performance.now();
  using trainer = await Trainer.create({
    device,
    model,
    objective: pairs(batches),
    optimizer: new AdamW({ beta2: 0.98 }),
    schedule: { kind: 'constant', lr: 1e-3 },
  });
  const [first, last] = await learn(trainer, batches.at(0));
  const startMilliseconds = performance.now() - started;
  expectLearning('translate', first, last, VOCABULARY);
  const { live } = device.buffers.stats;
  const times: number[] = [];
  let tokens = 0;
  for (let done = 0; done < steps; done += AHEAD) {
    const start = performance.now();
    for (let i = 0; i < AHEAD; i++) trainer.submit((k) => batches.at(k));
    for (const report of await trainer.losses()) tokens += report.tokens;
    times.push((performance.now() - start) / AHEAD);
  }
  const grown = device.buffers.stats.live - live;
  const seconds = (AHEAD * times.reduce((sum, time) => sum + time, 0)) / 1000;
  const milliseconds = median(times);
  console.log(
    `train: ${short(milliseconds)} ms a step [${short(Math.min(...times))}..${short(Math.max(...times))}], ` +
      `${short(tokens / seconds)} tokens/s without padding; ${batches.shapes.length} shapes, ${percent(batches.paddingShare)} ` +
      `of ${padded} tokens are padding; ready after ${short(startMilliseconds)} ms; memory grew by ${grown} bytes`,
  );
  const rows = await trainer.profile(batches.at(0));
  printProfile(rows, peaks);
  return {
    ...{ milliseconds, low: Math.min(...times), high: Math.max(...times) },
    tokensPerSecond: tokens / seconds,
    startMilliseconds,
    pairs: PAIRS,
    tokensOfAnEpoch: { source, target, padded },
    paddingShare: batches.paddingShare,
    shapes: batches.shapes,
    kernels: kernelsOf(rows),
  };
}

/** Losses of the first and the fifth step on one batch. */
async function learn(trainer: Trainer<PairBatch>, batch: PairBatch): Promise<[number, number]> {
  for (let i = 0; i < 5; i++) trainer.submit(() => batch);
  const reports = await trainer.losses();
  return [reports[0].loss, reports[4].loss];
}

async function benchBeam(device: Device, tokens: number, peaks: Peaks) {
  const [sentences, beams, length] = [8, 4, 24];
  const model = newModel();
  using _store = new ParameterStore(device, model, { seed: 1 });
  using generator = new SequenceGenerator(device, model, { ...SPECIAL, sentences, beams });
  const random = uniform(2);
  const sources = Array.from({ length: sentences }, (_, n) =>
    Array.from({ length: length - n }, () => FIRST + Math.floor(random() * (VOCABULARY - FIRST))),
  );
  const run = async (chosen: readonly number[][]): Promise<Hypothesis[]> => {
    const found = await generator.generate(chosen, { beams, tokens, banned: [SPECIAL.end] });
    return found.map(([best]) => best);
  };
  const together = await run(sources);
  const [alone] = await run(sources.slice(3, 4));
  if (together[3].ids.join() !== alone.ids.join()) {
    throw new EngineError(
      'translate',
      `a sentence gives ${together[3].ids.join()} among others and ${alone.ids.join()} alone`,
      'Fix that first.',
    );
  }
  const times = { batch: [] as number[], single: [] as number[] };
  for (let i = 0; i < 3; i++) {
    for (const [kind, chosen] of [
      ['batch', sources],
      ['single', sources.slice(0, 1)],
    ] as const) {
      const start = performance.now();
      await run(chosen);
      times[kind].push((performance.now() - start) / tokens);
    }
  }
  const [batch, single] = [median(times.batch), median(times.single)];
  await run(sources.slice(0, 1));
  await run(sources);
  const rows = await generator.plan!.profile({}, { position: tokens - 1, length: 1 });
  console.log(
    `beam ${beams}: ${short(batch)} ms a token of ${sentences} sentences, ${short((1000 * sentences) / batch)} tokens/s; ` +
      `alone ${short(single)} ms, ${short(1000 / single)} tokens/s (of the best hypothesis)`,
  );
  printProfile(rows, peaks);
  return {
    ...{ sentences, beams, sourceLength: length, tokens },
    batch: { millisecondsPerToken: batch, tokensPerSecond: (1000 * sentences) / batch },
    single: { millisecondsPerToken: single, tokensPerSecond: 1000 / single },
    kernels: kernelsOf(rows),
  };
}

export async function main(args: readonly string[] = []): Promise<BenchResult | undefined> {
  using device = await Device.open();
  const only = option(args, 'only', '');
  const peaks = await measurePeaks(device);
  const train =
    only === 'beam' ? null : await benchTraining(device, Number(option(args, 'steps', '24')), peaks);
  const beam = only === 'train' ? null : await benchBeam(device, Number(option(args, 'tokens', '32')), peaks);
  return only ? undefined : benchResult(device, 'translate', { peaks, train, beam });
}
