// Servers that break their word: what comes is what the file holds, or an error that says what the server did.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DataError } from '../errors';
import { openSafetensors, openSharded, saveSafetensors, type NamedTensor } from './safetensors';

const numbers: NamedTensor = {
  name: 'numbers',
  shape: [50_000],
  dtype: 'F32',
  data: Float32Array.from({ length: 50_000 }, (_, i) => i),
};
const file = saveSafetensors([numbers]);

type Answer = (response: ServerResponse, start: number, end: number, request: IncomingMessage) => void;

const range = (start: number, end: number, total: number | string = file.length): Record<string, string> => ({
  'content-range': `bytes ${start}-${end - 1}/${total}`,
});
/** As a server should: the start of the file, with which it is opened, and every other part. */
const honest: Answer = (response, start, end) =>
  response.writeHead(206, range(start, end)).end(file.subarray(start, end));
/** Honest while the file is opened, then as told. */
const later =
  (answer: Answer): Answer =>
  (response, start, end, request) =>
    (start === 0 ? honest : answer)(response, start, end, request);
/** These answers one after the other, then the last one for ever. */
function inTurn(...turns: Answer[]): Answer {
  let turn = 0;
  return (...args) => turns[Math.min(turn++, turns.length - 1)](...args);
}
const says =
  (status: number, headers: Record<string, string> = {}, text = ''): Answer =>
  (response) =>
    response.writeHead(status, headers).end(text);
const whole =
  (headers: Record<string, string> = {}, body: Uint8Array = file): Answer =>
  (response) =>
    response.writeHead(200, headers).end(body);
/** The right part under other headers than `range` gives. */
const under =
  (headers: (start: number, end: number) => Record<string, string>): Answer =>
  (response, start, end) =>
    response.writeHead(206, headers(start, end)).end(file.subarray(start, end));
const versions = (first: Record<string, string>, then: Record<string, string>): Answer =>
  under((start, end) => ({ ...range(start, end), ...(start === 0 ? first : then) }));
const busy = (retryAfter: string): Answer => says(429, { 'retry-after': retryAfter }, 'slow down');

/** What servers sent to readers that should have gone away, by path. */
const sent = new Map<string, number>();
/** Sends zeros until whoever reads has gone away. */
function endless(response: ServerResponse): void {
  const { url } = response.req;
  const more = (): void => {
    do sent.set(url!, (sent.get(url!) ?? 0) + 65_536);
    while (!response.destroyed && response.write(new Uint8Array(65_536)));
    if (!response.destroyed) response.once('drain', more);
  };
  more();
}
/** Sends a part of a body, then hangs up. */
function cut(response: ServerResponse, bytes: Uint8Array): void {
  response.write(bytes, () => response.destroy());
}
const start64 = (length: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(length));
  return bytes;
};
const page = '<!DOCTYPE html><title>Log in</title>';

/** What servers do, and the error that tells of it; without one, the numbers are read right. */
const faults: Record<string, { answer: Answer; error?: RegExp; cors?: true }> = {
  honest: { answer: honest },
  'ranges in chunks, without a length': {
    answer: (response, start, end) => {
      response.writeHead(206, range(start, end)).write(file.subarray(start, start + 5));
      response.end(file.subarray(start + 5, end));
    },
  },
  'a unit and names of headers in capitals': {
    answer: under((start, end) => ({ 'CONTENT-RANGE': `Bytes ${start}-${end - 1}/${file.length}` })),
  },
  'total unknown': { answer: under((start, end) => range(start, end, '*')) },
  'total known at first, then unknown': {
    answer: later(under((start, end) => range(start, end, '*'))),
  },
  'ranges of at most 30,000 bytes': {
    answer: (response, start, end) => {
      const last = Math.min(end, start + 30_000);
      response.writeHead(206, range(start, last)).end(file.subarray(start, last));
    },
  },
  'ranges of at most 30,000 bytes, total unknown': {
    answer: (response, start, end) => {
      if (start >= file.length) return void response.writeHead(416).end();
      const last = Math.min(end, start + 30_000);
      response.writeHead(206, range(start, last, '*')).end(file.subarray(start, last));
    },
  },
  'every second range short': {
    answer: later((response, start, end) => {
      const last = end - start > 100 ? end - 64 : end;
      response.writeHead(206, range(start, last)).end(file.subarray(start, last));
    }),
  },
  'ranges of a byte': {
    answer: later((response, start) =>
      response.writeHead(206, range(start, start + 1)).end(file.subarray(start, start + 1)),
    ),
    error: /sends only 1 bytes at a time/,
  },
  'another range': {
    answer: later((response, start, end) =>
      response.writeHead(206, range(start + 4, end + 4)).end(file.subarray(start + 4, end + 4)),
    ),
    error: /bytes 80 to 200079 were asked for, but the server sent 84 to 200083/,
  },
  'another range at first': {
    answer: (response, _, end) => response.writeHead(206, range(8, end)).end(file.subarray(8, end)),
    error: /bytes 0 to 65535 were asked for, but the server sent 8 to 65535/,
  },
  'a range that overlaps what came': {
    answer: later((response, start, end) =>
      response.writeHead(206, range(start - 64, end)).end(file.subarray(start - 64, end)),
    ),
    error: /the server sent 16 to 200079/,
  },
  'a range that ends before it starts': {
    answer: under((start, end) => ({ 'content-range': `bytes ${end}-${start}/${file.length}` })),
    error: /the server sent 65536 to 0/,
  },
  'a range past its own total': {
    answer: under((start, end) => range(start, end, 100)),
    error: /the server sent 0 to 65535 of 100/,
  },
  'longer than its range': {
    answer: later((response, start, end) =>
      response
        .writeHead(206, range(start, end))
        .end(Buffer.concat([file.subarray(start, end), Buffer.alloc(64)])),
    ),
    error: /sent more than the 200000 bytes that were asked for/,
  },
  'shorter than its range': {
    answer: later((response, start, end) =>
      response.writeHead(206, range(start, end)).end(file.subarray(start, end - 64)),
    ),
    error: /broke after 199936 of 200000 bytes/,
  },
  'an endless range': {
    answer: later((response, start, end) => endless(response.writeHead(206, range(start, end)))),
    error: /sent more than the 200000 bytes/,
  },
  'an endless first range': {
    answer: (response) => endless(response.writeHead(206, range(0, 65_536, '*'))),
    error: /sent more than the 65536 bytes/,
  },
  'several ranges at once': {
    answer: later((response, start, end) => {
      const head = `--x\r\ncontent-range: bytes ${start}-${end - 1}/${file.length}\r\n\r\n`;
      response.writeHead(206, { 'content-type': 'multipart/byteranges; boundary=x' });
      response.end(Buffer.concat([Buffer.from(head), file.subarray(start, end), Buffer.from('\r\n--x--')]));
    }),
    error: /but multipart\/byteranges; boundary=x came/,
  },
  'no Content-Range': { answer: later(under(() => ({}))), error: /does not say which it sent/ },
  'a Content-Range of nonsense': {
    answer: later(under(() => ({ 'content-range': 'all of it' }))),
    error: /but "all of it" came/,
  },
  'a range in gzip': {
    answer: later((response, start, end) =>
      response
        .writeHead(206, { ...range(start, end), 'content-encoding': 'gzip' })
        .end(gzipSync(file.subarray(start, end))),
    ),
    error: /but they came as gzip/,
  },
  'a total that grows': {
    answer: later(under((start, end) => range(start, end, file.length + 4))),
    error: /changed on the server/,
  },
  'a total beyond all numbers': {
    answer: under((start, end) => range(start, end, '9'.repeat(400))),
    error: /after the last tensor belong to nothing/,
  },
  '416 at first': {
    answer: says(416, { 'content-range': `bytes */${file.length}` }),
    error: /bytes 0 to 65535 of 200080 were asked for, but the server answered 416/,
  },
  '416 later': { answer: later(says(416)), error: /bytes 80 to 200079 .* answered 416/ },
  'the whole file later': { answer: later(whole()), error: /but the server sent the whole file/ },

  'an etag': { answer: versions({ etag: '"a"' }, { etag: '"a"' }) },
  'a weak etag': { answer: versions({ etag: 'W/"a"' }, { etag: 'W/"a"' }) },
  'another etag': { answer: versions({ etag: '"a"' }, { etag: '"b"' }), error: /changed on the server/ },
  'an etag that vanishes': {
    answer: versions({ etag: '"a"' }, {}),
    error: /no longer says of which version/,
  },
  'a weak etag of another day': {
    answer: versions(
      { etag: 'W/"a"', 'last-modified': 'Sun, 06 Nov 1994 08:49:37 GMT' },
      { etag: 'W/"a"', 'last-modified': 'Mon, 07 Nov 1994 08:49:37 GMT' },
    ),
    error: /changed on the server/,
  },
  'old parts from a cache': {
    answer: versions(
      { 'last-modified': 'Mon, 07 Nov 1994 08:49:37 GMT' },
      { 'last-modified': 'Sun, 06 Nov 1994 08:49:37 GMT', age: '86400' },
    ),
    error: /changed on the server/,
  },

  'the whole file': { answer: whole({ 'content-length': String(file.length) }) },
  'the whole file without a length': {
    answer: (response) => {
      response.writeHead(200).write(file.subarray(0, 1000));
      response.end(file.subarray(1000));
    },
  },
  'the whole file in gzip': { answer: whole({ 'content-encoding': 'gzip' }, gzipSync(file)) },
  'the whole file in what is not gzip': {
    answer: whole({ 'content-encoding': 'gzip' }),
    error: /the connection broke after 0 B .*incorrect header check/,
  },
  'a bomb of gzip': {
    answer: whole({ 'content-encoding': 'gzip' }, gzipSync(Buffer.concat([file, Buffer.alloc(2 ** 26)]))),
    error: /more than the 200080 bytes that its header tells of/,
  },
  'a whole file without end': {
    answer: (response) => {
      response.writeHead(200).write(file);
      endless(response);
    },
    error: /sent more than the 200080 bytes that its header tells of/,
  },
  'a header without end': {
    answer: (response) => {
      response.writeHead(200).write(Buffer.concat([start64(3e5), Buffer.from('{')]));
      endless(response);
    },
    error: /its header is not JSON/,
  },
  'a pickle without end': {
    answer: (response) => {
      response.writeHead(200).write(Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(2000)]));
      endless(response);
    },
    error: /this is a ZIP file/,
  },
  'a length too long': {
    answer: whole({ 'content-length': String(file.length + 10), connection: 'close' }),
    error: /the connection broke after 195.4 KiB of 195.4 KiB/,
  },
  'a length too short': {
    answer: (response) => {
      const { socket } = response;
      socket!.end(
        Buffer.concat([
          Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\nconnection: close\r\n\r\n'),
          file,
        ]),
      );
    },
    error: /cut short|broke/,
  },
  'a page for the file': { answer: says(200, {}, page.padEnd(3000)), error: /this is an HTML page/ },
  'an empty page for the file': { answer: says(200), error: /the file is empty/ },
  'right bytes under a wrong type': {
    answer: under((start, end) => ({ ...range(start, end), 'content-type': 'text/html' })),
  },

  'a server that refuses HEAD': {
    answer: (response, start, end, request) =>
      (request.method === 'HEAD' ? says(405) : honest)(response, start, end, request),
  },
  'a redirect': { answer: says(302, { location: '/honest' }) },
  'a redirect to another origin': { answer: (response) => redirect(response, `${elsewhere}/honest`) },
  'redirects in a circle': {
    answer: (response) => redirect(response, response.req.url!),
    error: /could not be fetched \(fetch failed: redirect count exceeded\)/,
  },
  'a redirect to nowhere': { answer: says(302), error: /answered 302 Found/ },
  'a redirect to a page': {
    answer: (response) => redirect(response, '/a%20page%20for%20the%20file'),
    error: /this is an HTML page/,
  },
  'another file after a redirect': {
    answer: inTurn(honest, (response) => redirect(response, `${elsewhere}/a%20total%20of%20a%20byte%20more`)),
    error: /changed on the server/,
  },
  'a total of a byte more': {
    answer: under((start, end) => range(start, end, file.length + 1)),
    error: /1 bytes after/,
  },

  'busy, then seconds later not': { answer: inTurn(busy('0'), busy('0'), busy('0'), honest) },
  'busy until a date': { answer: inTurn(busy('Sun, 06 Nov 1994 08:49:37 GMT'), honest) },
  'busy until nobody knows': { answer: inTurn(busy('soon'), honest) },
  'busy in the middle': { answer: inTurn(honest, busy('0'), honest) },
  '500, 502, 503 and then the file': {
    answer: inTurn(...[500, 502, 503].map((status) => says(status, { 'retry-after': '0' })), honest),
  },
  'busy for a day': { answer: busy('86400'), error: /429 Too Many Requests and asks to wait 86400 s/ },
  'busy until a far date': {
    answer: busy('Fri, 31 Dec 9999 23:59:59 GMT'),
    error: /429 Too Many Requests and asks to wait \d{12} s/,
  },
  'busy for ever': { answer: busy('0'), error: /429 Too Many Requests, 4 times/ },
  'broken for ever': { answer: says(503, { 'retry-after': '0' }), error: /503 Service Unavailable, 4 times/ },
  'an endless refusal': {
    answer: (response) => endless(response.writeHead(404)),
    error: /answered 404 Not Found/,
  },
  'no content': { answer: says(204), error: /answered 204 No Content/ },
  'not modified': { answer: says(304), error: /answered 304 Not Modified/ },

  'a connection that ends at once': {
    answer: (response) => response.destroy(),
    error: /could not be fetched \(fetch failed: /,
  },
  'a connection that ends within the headers': {
    answer: (response) => response.socket!.end('HTTP/1.1 206 Part'),
    error: /could not be fetched \(fetch failed: /,
  },
  'what is not HTTP': {
    answer: (response) => response.socket!.end('SSH-2.0-OpenSSH_9.2\r\n'),
    error: /could not be fetched \(fetch failed: /,
  },
  'headers without end': {
    answer: (response) => response.socket!.end(`HTTP/1.1 206 OK\r\nx: ${'x'.repeat(1e6)}\r\n\r\n`),
    error: /could not be fetched \(fetch failed: /,
  },
  'a connection that ends within a range': {
    answer: later((response, start, end) =>
      cut(response.writeHead(206, range(start, end)), file.subarray(start, end - 5000)),
    ),
    error: /the connection broke after \d.* of 195\.3 KiB/,
  },
  'a connection that ends within the whole file': {
    answer: (response) => cut(response.writeHead(200), file.subarray(0, 150_000)),
    error: /the connection broke after/,
  },

  // A browser shows few headers of other origins' answers.
  'hidden ranges': { answer: honest, cors: true },
  'hidden ranges that all begin at the beginning': {
    answer: (response, start, end) =>
      response.writeHead(206, range(0, end - start)).end(file.subarray(0, end - start)),
    error: /sends other bytes than were asked for/,
    cors: true,
  },
  'a hidden range that is too long': {
    answer: later((response, start, end) =>
      response.writeHead(206).end(Buffer.concat([file.subarray(start, end), Buffer.alloc(64)])),
    ),
    error: /sent more than the (256|200000) bytes that were asked for/,
    cors: true,
  },
  'a hidden range that is short': {
    answer: later((response, start, end) =>
      response.writeHead(206).end(file.subarray(start, end - start > 1000 ? end - 64 : end)),
    ),
    cors: true,
  },
  'the whole file in hidden gzip': {
    answer: whole(
      { 'content-encoding': 'gzip', 'content-length': String(gzipSync(file).length) },
      gzipSync(file),
    ),
    cors: true,
  },
};

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(302, { location }).end();
}

const stalls: Record<string, Answer> = {
  'a body': later((response, start, end) =>
    response.writeHead(206, range(start, end)).write(file.subarray(start, start + 1000)),
  ),
  'a first body': (response) => response.writeHead(206, range(0, 65_536)).write(file.subarray(0, 1000)),
  'an answer': () => undefined,
  'a pause that the server asks for': later(busy('15')),
};

const servers: Server[] = [];
let base = '';
/** The same under another origin. */
let elsewhere = '';
const asked: string[] = [];
beforeAll(async () => {
  const open = async (): Promise<string> => {
    const server = createServer((request, response) => {
      asked.push(request.url!);
      const [, start, last] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? ['', '0', '0'];
      const name = decodeURIComponent(request.url!.slice(1));
      const answer = faults[name]?.answer ?? stalls[name];
      if (answer) answer(response, Number(start), Math.min(Number(last) + 1, file.length), request);
      else if (new URL(request.url!, base).pathname.endsWith('index.json'))
        response.end(JSON.stringify(index));
      else response.writeHead(404).end();
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  [base, elsewhere] = [await open(), await open()];
});
afterAll(() =>
  Promise.all(
    servers.map((server) => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    }),
  ),
);
let index = {};

/** As a page sees answers of another origin that allows it nothing but to read them. */
const acrossOrigins: typeof fetch = async (...request) => {
  const { body, status, headers } = await fetch(...request);
  const shown = [...headers].filter(([name]) => /^(content-(length|type)|last-modified)$/.test(name));
  return new Response(body, { status, headers: shown });
};

async function read(name: string, signal?: AbortSignal): Promise<Float32Array> {
  const options = {
    ...(signal ? { signal } : {}),
    ...(faults[name]?.cors ? { fetch: acrossOrigins } : {}),
  };
  const source = await openSafetensors(`${base}/${encodeURIComponent(name)}`, options);
  return source.float32('numbers', signal ? { signal } : {});
}

describe('servers', () => {
  const rows = Object.entries(faults).map(([name, { error }]) => ({ name, error }));

  test.each(rows.filter(({ error }) => !error))('$name: the right numbers', async ({ name }) => {
    const { buffer } = await read(name);
    expect(Buffer.compare(new Uint8Array(buffer), file.subarray(80))).toBe(0);
  });

  test.each(rows.filter(({ error }) => error))('$name: refused', async ({ name, error }) => {
    const refusal: unknown = await read(name).then(
      () => expect.fail('no error'),
      (reason: unknown) => reason,
    );
    expect(refusal).toBeInstanceOf(DataError);
    expect((refusal as DataError).message).toMatch(error!);
  });

  test('of what has no end, little more is read than is asked for', () => {
    expect(sent.size).toBe(6);
    // What lies in sockets on its way counts.
    expect(Math.max(...sent.values())).toBeLessThan(2 ** 24);
  });

  test.each(Object.keys(stalls))(
    '%s that never comes: an abort throws the reason that it was given',
    async (name) => {
      const controller = new AbortController();
      const mine = new RangeError('the visitor left');
      const reading = read(name, controller.signal);
      setTimeout(() => controller.abort(mine), 50);
      await expect(reading).rejects.toBe(mine);
      await expect(read(name, AbortSignal.timeout(50))).rejects.toMatchObject({ name: 'TimeoutError' });
    },
  );
});

test('a small file whose size nobody tells', async () => {
  const bytes = saveSafetensors([{ name: 'one', shape: [], dtype: 'U8', data: Uint8Array.of(7) }]);
  const told = (range: (end: number) => Record<string, string>): typeof fetch => {
    return (_, init) => {
      const [, start, last] = /bytes=(\d+)-(\d+)/.exec(new Headers(init?.headers).get('range')!)!;
      const part = bytes.slice(Number(start), Number(last) + 1);
      if (part.length === 0) return Promise.resolve(new Response(null, { status: 416 }));
      return Promise.resolve(
        new Response(part, { status: 206, headers: range(Number(start) + part.length - 1) }),
      );
    };
  };
  const hidden = await openSafetensors('a', { fetch: told(() => ({})) });
  expect(await hidden.bytes('one')).toEqual(Uint8Array.of(7));
  const unknown = await openSafetensors('a', {
    fetch: told((last) => ({ 'content-range': `bytes 0-${last}/*` })),
  });
  expect(await unknown.bytes('one')).toEqual(Uint8Array.of(7));
});

describe('names in an index are names of files, not addresses', () => {
  test.each(['%2e%2e/secret', '..%2fsecret', '%252e%252e/secret', '.', 'a/../../b', 'http:x', '\\x', ''])(
    '%s is refused',
    async (name) => {
      index = { weight_map: { a: name } };
      await expect(openSharded(`${base}/folder/index.json`)).rejects.toThrow(/does not lie beside the index/);
    },
  );

  test.each([
    ['$&.safetensors', '/folder/%24%26.safetensors'],
    ['a#1?x.safetensors', '/folder/a%231%3Fx.safetensors'],
    ['in/50%.safetensors', '/folder/in/50%25.safetensors'],
  ])('%s is asked for as it is called', async (name, address) => {
    index = { weight_map: { a: name } };
    await expect(openSharded(`${base}/folder/index.json?download=true`)).rejects.toThrow(/404/);
    expect(asked.at(-1)).toBe(`${address}?download=true`);
  });
});

describe('files that hold monsters', () => {
  test('a dtype of 8 MB is quoted in a line', async () => {
    const header = JSON.stringify({ a: { dtype: 'Q'.repeat(8e6), shape: [1], data_offsets: [0, 4] } });
    const bytes = new Uint8Array(8 + header.length + 4);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
    bytes.set(new TextEncoder().encode(header), 8);
    const source = await openSafetensors(bytes); // the file may hold tensors that are of use
    const error: unknown = await source.float32('a').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DataError);
    expect((error as DataError).message.length).toBeLessThan(3000);
  });

  test('an unknown tensor among 3,000 long names is answered at once, with the nearest', async () => {
    const long = (i: number): string => `${'model.layer.'.repeat(100)}${i}.weight`;
    const tensors = Array.from({ length: 3000 }, (_, i): NamedTensor => {
      return { name: long(i), shape: [], dtype: 'U8', data: Uint8Array.of(0) };
    });
    const source = await openSafetensors(saveSafetensors(tensors));
    const start = process.cpuUsage();
    expect(() => source.info(long(1234).replace('weight', 'wieght'))).toThrow(/1234\.weight/);
    expect(process.cpuUsage(start).user).toBeLessThan(5e6); // microseconds of CPU time; 192 s once
  });
});
