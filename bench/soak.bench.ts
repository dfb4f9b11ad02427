/**
 * Whether a long training keeps its memory: the Translate page's kind of run, with evaluations that decode and with
 * checkpoints, for half an hour, and what the engine's buffers, JavaScript's heap and the process hold meanwhile.
 * `-- --minutes 30`.
 */
import { Device, EngineError } from '../engine/index';
import { trainTranslation } from '../models/translation/index';
import { uniform } from './harness/random';
import { benchResult, columns, option, percent, type BenchResult } from './harness/report';

const MEGABYTE = 2 ** 20;
/** Of the time: until then batches of new shapes and the first evaluations still open plans. */
const WARM = 0.2;

interface Sample {
  readonly minutes: number;
  readonly step: number;
  /** Megabytes. Of buffers that the engine holds. */
  readonly buffers: number;
  /** Of JavaScript's heap. */
  readonly heap: number | null;
  /** Of the process, its driver's memory among it. Unknown in browsers. */
  readonly process: number | null;
}

interface Host {
  readonly process?: { memoryUsage(): { readonly rss: number; readonly heapUsed: number } };
  readonly performance: { readonly memory?: { readonly usedJSHeapSize: number } };
}

function memory(device: Device): Pick<Sample, 'buffers' | 'heap' | 'process'> {
  const { process, performance } = globalThis as unknown as Host;
  const used = process?.memoryUsage();
  const heap = used?.heapUsed ?? performance.memory?.usedJSHeapSize;
  const rounded = (bytes: number | undefined): number | null =>
    bytes === undefined ? null : Math.round((10 * bytes) / MEGABYTE) / 10;
  return {
    buffers: rounded(device.buffers.stats.live)!,
    heap: rounded(heap),
    process: rounded(used?.rss),
  };
}

/** Words of 3 to 10 letters and how they are spelt aloud, in capitals. */
function spelling(count: number): { source: string; target: string }[] {
  const random = uniform(3);
  return Array.from({ length: count }, () => {
    const letters = Array.from({ length: 3 + Math.floor(8 * random()) }, () =>
      String.fromCharCode(97 + Math.floor(26 * random())),
    );
    return { source: letters.join(''), target: letters.join(' ').toUpperCase() };
  });
}

export async function main(args: readonly string[]): Promise<BenchResult> {
  const minutes = Number(option(args, 'minutes', '30'));
  if (!(minutes > 0)) throw new EngineError('soak', `--minutes ${minutes}`, 'Give a number above 0.');
  const device = await Device.open();
  const began = performance.now();
  const passed = (): number => (performance.now() - began) / 60_000;
  const abort = new AbortController();
  const samples: Sample[] = [];
  await trainTranslation({
    device,
    pairs: spelling(4000),
    preset: 'tiny',
    tokens: 1024,
    steps: 1_000_000,
    schedule: { kind: 'constant', lr: 1e-3 },
    evaluateEvery: 20,
    sample: 16,
    average: 5,
    seed: 1,
    signal: abort.signal,
    onEvent(event) {
      if (event.kind !== 'evaluation') return;
      const now = passed();
      if (now >= minutes) abort.abort();
      const due = samples.length === 0 || now - samples.at(-1)!.minutes >= minutes / 30;
      if (!due && now < minutes) return;
      const sample = { minutes: Math.round(100 * now) / 100, step: event.step, ...memory(device) };
      samples.push(sample);
      console.log(`${sample.minutes} min, step ${sample.step}: ${JSON.stringify(memory(device))}`);
    },
  });
  const grown = growth(samples, minutes * WARM);
  console.log(
    columns([
      ['', 'buffers', 'heap', 'process'],
      [
        'growth after warming up',
        ...[grown.buffers, grown.heap, grown.process].map((x) => (x === null ? '–' : percent(x))),
      ],
    ]),
  );
  const after = Math.round((10 * device.buffers.stats.live) / MEGABYTE) / 10;
  return benchResult(device, 'soak', { minutes, unit: 'MiB', grown, buffersAfterwards: after, samples });
}

/** Mean of the last third of the samples after `warm` minutes over that of the first third, less 1. */
function growth(samples: readonly Sample[], warm: number) {
  const steady = samples.filter((s) => s.minutes >= warm);
  const third = Math.max(1, Math.floor(steady.length / 3));
  const of = (key: 'buffers' | 'heap' | 'process'): number | null => {
    const values = steady.map((s) => s[key]);
    if (values.length < 3 || values.includes(null)) return null;
    const mean = (part: (number | null)[]): number => part.reduce<number>((a, x) => a + x!, 0) / part.length;
    return mean(values.slice(-third)) / mean(values.slice(0, third)) - 1;
  };
  return { buffers: of('buffers'), heap: of('heap'), process: of('process') };
}
