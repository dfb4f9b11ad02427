/**
 * Loading weights: GPT-2's 124 million in f32, random, from a safetensors file that a server of another process gives out by
 * ranges. Tells the time beside that of reading the file alone, how many random numbers were drawn, and what was held at
 * most beyond what was held before, when the GPU's memory was there already: by the process, by JavaScript's arrays, the
 * network's that wait for the collector among them, and in a second load by those that are still in use.
 * `-- --storage f16` stores halves.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  Device,
  EngineError,
  openSafetensors,
  parameters,
  ParameterStore,
  RandomStream,
  type WeightStorage,
} from '../engine/index';
import { GPT } from '../models/index';
import { uniform } from './harness/random';
import { benchResult, columns, option, short, type BenchResult } from './harness/report';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const MEBIBYTE = 2 ** 20;
const SIZE = { vocabulary: 50_257, context: 1024, layers: 12, heads: 12, width: 768 } as const;

/** Serves one file by ranges at a port that it prints; ends with its parent. */
const SERVER = `
const { createReadStream, statSync } = require('node:fs');
const [file] = process.argv.slice(1);
const { size } = statSync(file);
const server = require('node:http').createServer((request, response) => {
  const [, start, last] = /bytes=(\\d+)-(\\d+)/.exec(request.headers.range);
  const [from, to] = [Number(start), Math.min(Number(last), size - 1)];
  response.writeHead(206, { 'content-range': \`bytes \${from}-\${to}/\${size}\`, 'content-length': to + 1 - from });
  createReadStream(file, { start: from, end: to, highWaterMark: 1 << 20 }).pipe(response);
});
server.keepAliveTimeout = 60_000; // a busy machine takes longer than the default between two requests
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.on('end', () => process.exit()).resume();`;

/** Random weights under the model's names, a block at a time: a file of half a gigabyte is not made in memory. */
function writeWeights(file: string, model: object): void {
  const random = uniform(1);
  const block = new Uint8Array(Float32Array.from({ length: 1 << 20 }, () => 0.04 * random() - 0.02).buffer);
  let end = 0;
  const header = Object.fromEntries(
    [...parameters(model)].map(([name, { shape, size }]) => {
      const begin = end;
      end += 4 * size;
      return [name, { dtype: 'F32', shape, data_offsets: [begin, end] }];
    }),
  );
  const json = Buffer.from(JSON.stringify(header));
  const start = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, ' ');
  start.writeBigUInt64LE(BigInt(start.length - 8));
  json.copy(start, 8);
  const target = openSync(file, 'w');
  writeSync(target, start);
  for (let at = 0; at < end; at += block.length)
    writeSync(target, block, 0, Math.min(block.length, end - at));
  closeSync(target);
}

async function serve(file: string): Promise<{ readonly address: string; readonly server: ChildProcess }> {
  const server = spawn(process.execPath, ['-e', SERVER, file], { stdio: ['pipe', 'pipe', 'inherit'] });
  const port = await new Promise<string>((resolve) =>
    server.stdout.once('data', (data) => resolve(String(data))),
  );
  return { address: `http://127.0.0.1:${port.trim()}/model.safetensors`, server };
}

/** What the process holds at most while `work` runs, in MiB beyond what it held before: all of it, and JavaScript's arrays. */
async function peak<T>(work: (look: () => void) => Promise<T>, collecting = false) {
  collect();
  const before = process.memoryUsage();
  let [rss, arrays] = [0, 0];
  const look = (): void => {
    if (collecting) collect();
    const now = process.memoryUsage();
    rss = Math.max(rss, now.rss - before.rss);
    arrays = Math.max(arrays, now.arrayBuffers - before.arrayBuffers);
  };
  const timer = setInterval(look, collecting ? 20 : 2);
  const start = performance.now();
  try {
    const result = await work(look);
    const seconds = (performance.now() - start) / 1000;
    return { result, seconds, process: rss / MEBIBYTE, arrays: arrays / MEBIBYTE };
  } finally {
    clearInterval(timer);
  }
}

export async function main(args: readonly string[] = []): Promise<BenchResult> {
  const storage = option(args, 'storage', 'f32') as WeightStorage;
  const folder = mkdtempSync(path.join(tmpdir(), 'heed-load-'));
  let server: ChildProcess | null = null;
  try {
    using device = await Device.open();
    const model = new GPT({ ...SIZE, layers: Number(option(args, 'layers', String(SIZE.layers))) });
    const file = path.join(folder, 'model.safetensors');
    writeWeights(file, model);
    const served = await serve(file);
    ({ server } = served);

    const alone = await peak(async (look) => {
      const source = await openSafetensors(served.address);
      let bytes = 0;
      for (const name of source.names()) {
        for await (const piece of source.pieces(name)) {
          bytes += piece.byteLength;
          look();
        }
      }
      return bytes;
    });
    let drawn = 0;
    const { prototype } = RandomStream;
    const own = Object.getOwnPropertyDescriptor(prototype, 'uniform')!;
    const draw = own.value as () => number;
    prototype.uniform = function (this: RandomStream): number {
      drawn++;
      return draw.call(this);
    };
    using store = new ParameterStore(device, model, { init: 'none', storage });
    await store.ready();
    await device.idle();
    const loaded = await peak(async (look) =>
      store.load(await openSafetensors(served.address), { onProgress: look }),
    );
    const again = await peak(
      async (look) => store.load(await openSafetensors(served.address), { onProgress: look }),
      true,
    );
    Object.defineProperty(prototype, 'uniform', own);
    if (drawn > 0) throw new EngineError('load', `${drawn} random numbers were drawn`, 'Fix that first.');

    const row = (name: string, { seconds, process, arrays }: Omit<typeof loaded, 'result'>): string[] => [
      name,
      `${short(seconds)} s`,
      `${short(alone.result / seconds / MEBIBYTE)} MiB/s`,
      `${short(process)} MiB`,
      `${short(arrays)} MiB`,
    ];
    console.log(
      columns([
        ['', 'time', 'rate', 'process', 'arrays'],
        row('reading alone', alone),
        row(`loading to ${storage}`, loaded),
      ]),
    );
    console.log(`arrays in use: ${short(again.arrays)} MiB`);
    const rounded = ({ seconds, process, arrays }: Omit<typeof loaded, 'result'>) =>
      Object.fromEntries(Object.entries({ seconds, process, arrays }).map(([k, x]) => [k, Number(short(x))]));
    return benchResult(device, storage === 'f32' ? 'load' : `load-${storage}`, {
      megabytes: Math.round(alone.result / 1e6),
      storage,
      drawn,
      reading: rounded(alone),
      loading: { ...rounded(loaded), inUse: Number(short(again.arrays)) },
    });
  } finally {
    server?.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}
