import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DataError } from '../errors';
import { float16ToFloat32 } from './half';
import {
  openSafetensors,
  openSharded,
  safetensorsBlob,
  saveSafetensors,
  type NamedTensor,
  type FileSource,
  type Progress,
  type TensorSource,
} from './safetensors';
import fixture from '../../tests/fixtures/io/safetensors.json';
import dtypes from '../../tests/fixtures/io/safetensors-dtypes.json';

const weight: NamedTensor = {
  name: 'h.0.weight',
  shape: [2, 3],
  dtype: 'F32',
  data: Float32Array.of(1, 2, 3, 4, 5, 6),
};
const bias: NamedTensor = {
  name: 'h.0.bias',
  shape: [3],
  dtype: 'F16',
  data: Float32Array.of(0.5, -2, 65504),
};
const steps: NamedTensor = { name: 'steps', shape: [], dtype: 'I64', data: BigInt64Array.of(12345678901n) };
const file = () => saveSafetensors([weight, bias, steps], { format: 'pt' });

/** A file with this header text and this much data. */
function handmade(header: string, dataBytes: number): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}
const entry = (shape: number[], begin: number, end: number, dtype = 'F32') => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

async function messageOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => expect.fail('no error'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DataError);
  return (error as DataError).message;
}

describe('round trip', () => {
  test('names, shapes, dtypes, bytes, float32, metadata', async () => {
    const source = await openSafetensors(file());
    expect(source.names()).toEqual(['steps', 'h.0.weight', 'h.0.bias']);
    expect(source.info('h.0.weight')).toEqual({ shape: [2, 3], dtype: 'F32' });
    expect(source.info('steps')).toEqual({ shape: [], dtype: 'I64' });
    expect([...(await source.float32('h.0.weight'))]).toEqual([1, 2, 3, 4, 5, 6]);
    expect([...(await source.float32('h.0.bias'))]).toEqual([0.5, -2, 65504]);
    expect([...(await source.bytes('h.0.bias'))]).toEqual([0x00, 0x38, 0x00, 0xc0, 0xff, 0x7b]);
    expect(source.metadata).toEqual({ format: 'pt' });
  });

  test('the order of the tensors does not change the file; the Blob holds the same bytes', async () => {
    expect(saveSafetensors([steps, bias, weight], { format: 'pt' })).toEqual(file());
    const blob = safetensorsBlob([weight, bias, steps], { format: 'pt' });
    expect(new Uint8Array(await blob.arrayBuffer())).toEqual(file());
    expect((await openSafetensors(blob)).names()).toContain('steps');
  });

  test('float32 is a copy: writing to it leaves the source alone', async () => {
    const source = await openSafetensors(file());
    (await source.float32('h.0.weight')).fill(9);
    expect((await source.float32('h.0.weight'))[0]).toBe(1);
  });

  test('no tensors, empty tensors, odd alignment', async () => {
    expect((await openSafetensors(saveSafetensors([]))).names()).toEqual([]);
    const empty: NamedTensor = { name: 'e', shape: [0, 4], dtype: 'F32', data: new Float32Array(0) };
    const flag: NamedTensor = { name: 'f', shape: [3], dtype: 'U8', data: Uint8Array.of(1, 2, 3) };
    const source = await openSafetensors(saveSafetensors([flag, empty]));
    expect((await source.float32('e')).length).toBe(0);
    const odd = new Uint8Array(file().length + 1);
    odd.set(file(), 1);
    const shifted = await openSafetensors(odd.subarray(1));
    expect([...(await shifted.float32('h.0.weight'))]).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

describe('the reference implementation in Python', () => {
  const bytes = Uint8Array.from(atob(fixture.file), (character) => character.charCodeAt(0));

  test('its file reads to the same values', async () => {
    const source = await openSafetensors(bytes);
    for (const [name, { shape, dtype, values }] of Object.entries(fixture.tensors)) {
      expect(source.info(name)).toEqual({ shape, dtype });
      if (/^B?F/.test(dtype)) expect([...(await source.float32(name))]).toEqual(values);
    }
  });

  test('our file of the same tensors has the same bytes', () => {
    const make = {
      F64: Float64Array,
      F32: Float32Array,
      F16: Float32Array,
      BF16: Float32Array,
      I32: Int32Array,
      U8: Uint8Array,
    };
    const tensors = Object.entries(fixture.tensors).map(([name, { shape, dtype, values }]): NamedTensor => {
      const kind = dtype as keyof typeof make;
      return { name, shape, dtype: kind, data: make[kind].from(values) };
    });
    expect(saveSafetensors(tensors, { format: 'pt' })).toEqual(bytes);
  });
});

describe('a file with every dtype of the format', () => {
  const bytes = Uint8Array.from(atob(dtypes.file), (character) => character.charCodeAt(0));

  test('all are told and their bytes are there; what is not floating point is refused when it is asked for', async () => {
    const source = await openSafetensors(bytes);
    expect(source.names().sort()).toEqual(Object.keys(dtypes.tensors));
    for (const [name, { dtype, shape, bytes: want }] of Object.entries(dtypes.tensors)) {
      expect(source.info(name)).toEqual({ dtype, shape });
      expect([...(await source.bytes(name))]).toEqual(want);
      const read = source.float32(name);
      if (['F16', 'BF16', 'F32', 'F64'].includes(dtype)) expect(await read).toHaveLength(4);
      else
        await expect(read).rejects.toThrow(`${name}: its dtype ${dtype} is none of F32, F16, BF16 and F64.`);
    }
  });

  test('our file of the same tensors has the same bytes', () => {
    const tensors = Object.entries(dtypes.tensors).map(([name, { dtype, shape, bytes: data }]) => ({
      ...{ name, shape, dtype: dtype as NamedTensor['dtype'], data: Uint8Array.from(data) },
    }));
    expect(saveSafetensors(tensors)).toEqual(bytes);
  });

  test('one that a later version adds, and names that every object has', async () => {
    for (const dtype of ['Q3', 'toString']) {
      const header = { a: entry([2], 0, 8), b: entry([5], 8, 11, dtype) };
      const source = await openSafetensors(handmade(JSON.stringify(header), 11));
      expect(source.info('b')).toEqual({ dtype, shape: [5] });
      expect(await source.float32('a')).toHaveLength(2);
      expect(await source.bytes('b')).toHaveLength(3);
      await expect(source.float32('b')).rejects.toThrow(`b: its dtype ${dtype} is none of`);
    }
  });
});

describe('damaged and foreign files', () => {
  const text = (content: string) => new TextEncoder().encode(content);

  test.each<[string, Uint8Array<ArrayBuffer>, RegExp]>([
    ['empty', new Uint8Array(0), /empty/],
    ['five bytes', new Uint8Array(5), /has 5 bytes/],
    ['cut in the data', file().slice(0, -7), /cut short: 7 bytes are missing/],
    ['cut in the header', file().slice(0, 60), /cut short: its header needs \d+ bytes, \d+ are missing/],
    [
      'bytes after the end',
      handmade(JSON.stringify({ a: entry([1], 0, 4) }), 6),
      /2 bytes after the last tensor/,
    ],
    ['huge header', new Uint8Array(64).fill(0x7b), /header of \d+ bytes, more than the format's 100 MB/],
    ['not JSON', handmade('{"a": nothing', 8), /header is not JSON/],
    [
      'broken UTF-8',
      handmade('{"a": 1}', 0).map((byte, i) => (i === 10 ? 0xff : byte)),
      /header is not JSON/,
    ],
    [
      'overlap',
      handmade(JSON.stringify({ a: entry([2], 0, 8), b: entry([2], 4, 12) }), 12),
      /a and b overlap by 4 bytes/,
    ],
    [
      'hole',
      handmade(JSON.stringify({ a: entry([1], 0, 4), b: entry([1], 8, 12) }), 12),
      /4 bytes before b belong to no tensor/,
    ],
    [
      'size',
      handmade(JSON.stringify({ a: entry([3], 0, 8) }), 8),
      /shape \(3\) of F32 needs 12 bytes but its offsets span 8/,
    ],
    ['dtype', handmade('{"a":{"dtype":4,"shape":[1],"data_offsets":[0,4]}}', 4), /dtype 4 is not a name/],
    [
      'half bytes',
      handmade(JSON.stringify({ a: entry([3], 0, 2, 'F4') }), 2),
      /\(3\) of F4 needs 1.5 bytes but its offsets span 2/,
    ],
    ['shape', handmade(JSON.stringify({ a: entry([-1], 0, 4) }), 4), /shape \[-1\] is not a list of sizes/],
    [
      'offsets',
      handmade(JSON.stringify({ a: { dtype: 'U8', shape: [1], data_offsets: [1] } }), 4),
      /not \[begin, end\]/,
    ],
    ['metadata', handmade('{"__metadata__":{"a":1}}', 0), /not an object of strings/],
    ['HTML', text('<!DOCTYPE html>\n<html><head><title>model</title>'), /an HTML page/],
    ['zip', text('PK\x03\x04\x00\x00\x08\x08\x00\x00 archive/data.pkl'), /PyTorch \.bin/],
    ['pickle', Uint8Array.of(0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20), /pickle/],
    ['GGUF', text('GGUF\x03\x00\x00\x00\x10\x00\x00\x00'), /GGUF/],
    ['LFS', text('version https://git-lfs.github.com/spec/v1\noid'), /Git LFS pointer/],
    ['index', text('{\n "metadata": {"total_size": 5}}'), /JSON file.*openSharded/],
  ])('%s', async (_, bytes, pattern) => {
    expect(await messageOf(openSafetensors(bytes))).toMatch(pattern);
  });

  test('a header as long as a magic number is no foreign file', async () => {
    for (const length of [0x0280, 0x8b1f, 0x227b]) {
      const header = JSON.stringify({ __metadata__: { a: 'x' } });
      expect((await openSafetensors(handmade(header.padEnd(length), 0))).metadata).toEqual({ a: 'x' });
    }
  });

  test('an unknown tensor lists the nearest names', async () => {
    const source = await openSafetensors(file());
    expect(() => source.info('transformer.h.0.weight')).toThrowErrorMatchingInlineSnapshot(
      `[DataError: safetensors data: no tensor "transformer.h.0.weight". Nearest: h.0.weight, h.0.bias, steps (of 3).]`,
    );
    await expect(source.bytes('step')).rejects.toThrow(/no tensor "step". Nearest: steps/);
    await expect(source.float32('steps')).rejects.toThrow(/steps: its dtype I64 is none of F32/);
  });

  test('what cannot be saved', () => {
    expect(() => saveSafetensors([weight, weight])).toThrow(/two tensors/);
    expect(() => saveSafetensors([{ ...weight, shape: [7] }])).toThrow(/needs 28 bytes but the data has 24/);
    expect(() => saveSafetensors([{ ...weight, name: '__metadata__' }])).toThrow(/reserved/);
    const later = { ...weight, dtype: 'Q3' as NamedTensor['dtype'] };
    expect(() => saveSafetensors([later])).toThrow(/dtype Q3 is not known. Known are BOOL, F4/);
  });
});

describe('over HTTP', () => {
  const big: NamedTensor = {
    name: 'big',
    shape: [50_000],
    dtype: 'F32',
    data: Float32Array.from({ length: 50_000 }, (_, i) => i),
  };
  const whole = saveSafetensors([big, weight]);
  const series = (name: string, dtype: NamedTensor['dtype'], n: number): NamedTensor => {
    const data = Float32Array.from({ length: n }, (_, i) => (i % 4001) / 8 - 250);
    return { name, dtype, shape: [n], data: dtype === 'F64' ? Float64Array.from(data) : data };
  };
  const many = saveSafetensors([
    series('double', 'F64', 5),
    series('a', 'F32', 3),
    series('big', 'F32', 2_500_000),
    series('z', 'F32', 1001),
    series('brain', 'BF16', 2001),
    series('half', 'F16', 7),
    series('one', 'F16', 1),
  ]);
  const requests: string[] = [];
  let server: Server;
  let base = '';

  beforeAll(async () => {
    server = createServer((request, response) => {
      const path = new URL(request.url!, 'http://x').pathname;
      const range = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '');
      requests.push(`${path} ${range?.[0]}`);
      if (path === '/index.json') {
        const map = { big: 'part-1.safetensors', 'h.0.bias': 'part-2.safetensors' };
        return response.end(JSON.stringify({ weight_map: map }));
      }
      if (path === '/wrong.json')
        return response.end(JSON.stringify({ weight_map: { nope: 'part-2.safetensors' } }));
      if (path === '/outside.json')
        return response.end(JSON.stringify({ weight_map: { a: '../../secret' } }));
      if (path === '/missing') return response.writeHead(404).end('no');
      const bytes =
        path === '/pieces' ? many : path.endsWith('part-2.safetensors') ? saveSafetensors([bias]) : whole;
      if (path === '/plain') return response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
      if (path === '/breaks') {
        response.writeHead(200, { 'content-length': bytes.length });
        return response.write(bytes.subarray(0, 1000), () => response.destroy());
      }
      const [start, end] = [Number(range![1]), Math.min(Number(range![2]) + 1, bytes.length)];
      const etag = path === '/changes' ? `"${requests.length}"` : '"1"';
      const total = path === '/secretive' ? '*' : bytes.length;
      const headers = { etag, 'content-range': `bytes ${start}-${end - 1}/${total}` };
      response.writeHead(206, headers).end(bytes.subarray(start, end));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  test('ranges: the header first, then each tensor by itself', async () => {
    requests.length = 0;
    const progress: Progress[] = [];
    const source = await openSafetensors(`${base}/model`, { onProgress: (p) => progress.push(p) });
    expect(requests).toEqual(['/model bytes=0-65535']);
    expect((await source.float32('big'))[49_999]).toBe(49_999);
    const dataStart = whole.length - 200_000 - 24;
    expect(requests[1]).toBe(`/model bytes=${dataStart}-${dataStart + 199_999}`);
    expect(progress.at(-1)).toEqual({ loaded: 65_536 + 200_000, total: whole.length });
  });

  test('a server that hides the size', async () => {
    const source = await openSafetensors(`${base}/secretive`);
    expect([...(await source.float32('h.0.weight'))]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  describe('pieces', () => {
    const skewed = new Uint8Array(many.length + 1);
    skewed.set(many, 1);
    const sources: Readonly<Record<string, () => FileSource>> = {
      memory: () => many,
      'memory at an odd address': () => skewed.subarray(1),
      Blob: () => new Blob([many]),
      address: () => `${base}/pieces`,
    };

    test.each(Object.keys(sources))(
      'of a %s: the same numbers, in order, bounded, read once',
      async (kind) => {
        const source = await openSafetensors(sources[kind]());
        const names = source.names();
        requests.length = 0;
        // Forwards tensors share what is read; backwards each is read by itself.
        for (const name of [...names, ...names.toReversed()]) {
          const want = await openSafetensors(many).then((whole) => whole.float32(name));
          let at = 0;
          for await (const piece of source.pieces(name)) {
            expect(piece.byteLength).toBeLessThanOrEqual(
              source.info(name).dtype === 'BF16' ? 16 << 20 : 8 << 20,
            );
            expect(piece instanceof Uint16Array).toBe(source.info(name).dtype === 'F16');
            const got = piece instanceof Uint16Array ? float16ToFloat32(piece) : piece;
            const bytes = Buffer.from(got.buffer, got.byteOffset, got.byteLength);
            expect(bytes.equals(Buffer.from(want.buffer, 4 * at, got.byteLength))).toBe(true);
            at += piece.length;
          }
          expect(at).toBe(want.length);
        }
        // Two for all; backwards one for each but those that came with the header, and two for the large one.
        if (kind === 'address') expect(requests).toHaveLength(2 + names.length - 2 + 1);
      },
    );

    test('of what holds no weights, or ends early, or is not wanted any more: an error', async () => {
      const integers = await openSafetensors(file());
      await expect(integers.pieces('steps')[Symbol.asyncIterator]().next()).rejects.toThrow(
        /steps: its dtype I64/,
      );
      const controller = new AbortController();
      const source = await openSafetensors(`${base}/pieces`);
      const pieces = source.pieces('big', { signal: controller.signal })[Symbol.asyncIterator]();
      await pieces.next();
      controller.abort();
      await expect(pieces.next()).rejects.toThrow(/abort/i);
    });
  });

  test('without ranges: one download, with progress', async () => {
    requests.length = 0;
    const progress: Progress[] = [];
    const source = await openSafetensors(new URL(`${base}/plain`), { onProgress: (p) => progress.push(p) });
    expect((await source.float32('big'))[12]).toBe(12);
    expect(requests.length).toBe(1);
    expect(progress.at(-1)).toEqual({ loaded: whole.length, total: whole.length });
  });

  test('errors: 404, broken connection, changed file, no address, abort', async () => {
    expect(await messageOf(openSafetensors(`${base}/missing`))).toMatch(/answered 404 Not Found/);
    expect(await messageOf(openSafetensors(`${base}/breaks`))).toMatch(/connection broke after/);
    const source = await openSafetensors(`${base}/changes`);
    expect(await messageOf(source.bytes('big'))).toMatch(/changed on the server/);
    expect(await messageOf(openSafetensors('weights/model.safetensors'))).toMatch(/In Node pass a Blob/);
    const signal = AbortSignal.abort();
    await expect(openSafetensors(`${base}/model`, { signal })).rejects.toThrow(/abort/i);
    const open = await openSafetensors(`${base}/model`);
    await expect(open.bytes('big', { signal })).rejects.toThrow(/abort/i);
  });

  test('shards beside their index', async () => {
    const source = await openSharded(`${base}/index.json?download=true`);
    expect(source.names()).toEqual(['big', 'h.0.bias']);
    expect((await source.float32('big'))[3]).toBe(3);
    expect([...(await source.float32('h.0.bias'))]).toEqual([0.5, -2, 65504]);
    expect(() => source.info('bigg')).toThrow(/no tensor "bigg"/);
    expect(await messageOf(openSharded(`${base}/wrong.json`))).toMatch(/part-2.safetensors lacks nope/);
    expect(await messageOf(openSharded(`${base}/outside.json`))).toMatch(/does not lie beside/);
    expect(await messageOf(openSharded({ weight_map: { a: 'b' } }))).toMatch(/no way to find its file b/);
    expect(await messageOf(openSharded({}))).toMatch(/no weight_map/);
    const open = () => openSafetensors(file());
    expect((await openSharded({ weight_map: { steps: 'x' } }, { open })).names()).toEqual(['steps']);
  });

  test('no shard is read on once another has failed', async () => {
    const aborted: string[] = [];
    const open = (name: string, { signal }: { signal: AbortSignal }) =>
      new Promise<TensorSource>((_, reject) => {
        if (name === 'b') return setTimeout(() => reject(new Error('b is gone')), 1);
        signal.addEventListener('abort', () => {
          aborted.push(name);
          reject(signal.reason as Error);
        });
        return undefined;
      });
    const index = { weight_map: { x: 'a', y: 'b', z: 'c' } };
    await expect(openSharded(index, { open })).rejects.toThrow('b is gone');
    expect(aborted).toEqual(['a', 'c']);
    const stopping = new AbortController();
    const opening = openSharded({ weight_map: { x: 'a' } }, { open, signal: stopping.signal });
    stopping.abort(new Error('enough'));
    await expect(opening).rejects.toThrow('enough');
  });
});

test('unknown options are refused', async () => {
  const options = { sginal: 1 } as never;
  await expect(openSafetensors(new Uint8Array(0), options)).rejects.toThrow('there is no option "sginal"');
  await expect(openSharded({ weight_map: {} }, options)).rejects.toThrow('there is no option "sginal"');
});
