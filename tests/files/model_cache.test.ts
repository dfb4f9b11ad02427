// The cache in a folder: what is asked for at a second visit, after a break, and of servers that break their word.
import { spawn } from 'node:child_process';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
  mkdirSync,
} from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DataError } from '../../engine/index';
import { jsonOf, opener, weightsOf } from '../../models/files/folder';
import { hub, type HubOptions } from '../../models/files/hub';
import type { HubNotice, HubProgress } from '../../models/files/hub_progress';
import type { CacheStore } from '../../models/files/cache_store';
import { ModelCache } from '../../models/files/model_cache';
import { folderStore } from '../../models/node/index';
import {
  bytesOf,
  COMMIT,
  HubServer,
  NEXT,
  serveRanges,
  STATE,
  tagOf,
  weights,
  type Answer,
} from './hub_server';
import { keepsToContract } from './store_contract';

let server: HubServer;
let place: string;
let cache: ModelCache;
beforeEach(async () => {
  server = await new HubServer().open();
  place = mkdtempSync(join(tmpdir(), 'heed-cache-'));
  cache = new ModelCache(folderStore(place), { partBytes: 10_000 });
});
afterEach(async () => {
  await server.close();
  rmSync(place, { recursive: true, force: true });
});

const folderOf = (options: HubOptions = {}) => hub('owner/tiny', { endpoint: server.url, cache, ...options });

/** A connection that ends once the visitor has so much of the weights: what has not been read then is lost. */
let hanging: { readonly response: ServerResponse; readonly bytes: number } | null = null;
const small = ['config.json', 'generation_config.json'].reduce(
  (sum, name) => sum + bytesOf(STATE[name]).length,
  0,
);
function hangUp({ loaded, file }: HubProgress): void {
  const others = file === 'model.safetensors' && loaded > small ? small : 0;
  if (!hanging || loaded - others < hanging.bytes) return;
  hanging.response.socket!.end();
  hanging = null;
}

/** What `load` reads, and the numbers. */
async function visit(options: HubOptions = {}): Promise<Float32Array> {
  const open = opener(folderOf({ onProgress: hangUp, ...options }), {});
  await jsonOf(open, 'config.json');
  await jsonOf(open, 'generation_config.json');
  return (await weightsOf(open, {})).float32('a');
}

const numbers = Float32Array.from({ length: 30_000 }, (_, i) => i % 251);
const paths = (): string[] =>
  server.take().map(({ at, path }) => `${at} ${path.replace('/owner/tiny/resolve', '')}`);

test('a folder is a store', async () => {
  await keepsToContract(folderStore(join(place, 'own')));
});

test('a file that another process removes as it is opened is not there', async () => {
  const path = JSON.stringify(join(place, 'a'));
  const program = `const fs = require('fs'); for (;;) { fs.writeFileSync(${path}, 'x'); fs.rmSync(${path}); }`;
  const other = spawn(process.execPath, ['-e', program], { stdio: 'ignore' });
  try {
    const store = folderStore(place);
    let [there, missing] = [0, 0];
    while (there < 100 || missing < 100) {
      if ((await store.get('a')) === null) missing++;
      else there++;
    }
  } finally {
    other.kill();
    await new Promise((resolve) => other.once('exit', resolve));
  }
});

test('drafts of crashed writers are removed after a day, and are never read', async () => {
  const drafts = join(place, '.drafts');
  mkdirSync(drafts);
  for (const name of ['old', 'new']) writeFileSync(join(drafts, name), 'half');
  utimesSync(join(drafts, 'old'), 0, 0);
  const store = folderStore(place);
  expect(await store.keys()).toEqual([]);
  await store.put('a', new Blob(['x']));
  expect(readdirSync(drafts)).toEqual(['new']);
});

describe('a second visit', () => {
  test('asks for a branch once, and reads nothing else from the network', async () => {
    expect(await visit()).toEqual(numbers);
    expect(paths()).toEqual([
      'hub /main/config.json',
      `hub /${COMMIT}/generation_config.json`,
      `hub /${COMMIT}/model.safetensors.index.json`,
      `hub /${COMMIT}/model.safetensors`,
      `cdn /${COMMIT}/model.safetensors`,
    ]);
    expect(await visit()).toEqual(numbers);
    expect(paths()).toEqual(['hub /main/config.json']);
  });

  test('of a commit asks for nothing, also for files that the model does not have', async () => {
    await visit({ revision: COMMIT });
    server.take();
    expect(await visit({ revision: COMMIT })).toEqual(numbers);
    expect(paths()).toEqual([]);
  });

  test('of a branch that moved takes what is new, and keeps the old', async () => {
    await visit();
    server.states.set(NEXT, { ...STATE, 'generation_config.json': { eos_token_id: 9 } });
    server.branches.set('main', NEXT);
    server.take();
    await visit();
    expect(paths()).toContain(`cdn /${NEXT}/model.safetensors`);
    server.take();
    await visit({ revision: COMMIT });
    expect(paths()).toEqual([]);
  });

  test('without a network has the branch as it was, and says so; what is not there is told', async () => {
    await visit();
    const { url } = server;
    await server.close();
    const notices: HubNotice[] = [];
    const onNotice = (notice: HubNotice): unknown => notices.push(notice);
    expect(await visit({ endpoint: url, onNotice })).toEqual(numbers);
    expect(notices).toEqual([
      {
        kind: 'offline',
        message: expect.stringMatching(/^config\.json: could not be fetched .*owner\/tiny is used/) as string,
      },
    ]);
    await expect(folderOf({ endpoint: url })('tokenizer.json')).rejects.toThrow(/could not be fetched/);
    await expect(folderOf({ endpoint: url, revision: 'v2' })('config.json')).rejects.toThrow(
      /could not be fetched/,
    );
  });

  test('of a hub that stays busy is from the cache, too', async () => {
    await visit();
    server.instead.set(
      '/owner/tiny/resolve/main/config.json',
      (_, response) => void response.writeHead(503, { 'retry-after': '3600' }).end(),
    );
    const onNotice = vi.fn();
    expect(await visit({ onNotice })).toEqual(numbers);
    expect(onNotice.mock.calls[0][0]).toMatchObject({
      message: expect.stringMatching(/503 .* asks to wait 3600 s/) as string,
    });
    await cache.delete('owner/tiny');
    await expect(visit()).rejects.toThrow(/503 Service Unavailable and asks to wait 3600 s/);
  });

  test('of a server without commits asks whether files are as they were', async () => {
    server.commits = false;
    await visit();
    server.take();
    expect(await visit()).toEqual(numbers);
    const again = server.take();
    expect(again.filter(({ at }) => at === 'cdn').map(({ headers }) => headers['if-none-match'])).toEqual([
      tagOf(weights),
    ]);
    const { url } = server;
    await server.close();
    const onNotice = vi.fn();
    expect(await visit({ endpoint: url, onNotice })).toEqual(numbers);
    expect(onNotice).toHaveBeenCalledTimes(1);
  });

  test('finds a part of it gone, and fetches the file again', async () => {
    await visit({ revision: COMMIT });
    const parts = (await cache.records.store.keys()).filter((key) => /safetensors-[^/]*\.part-/.test(key));
    expect(parts.length).toBeGreaterThan(0);
    await cache.records.store.delete(parts[0]);
    server.take();
    expect(await visit({ revision: COMMIT })).toEqual(numbers);
    expect(paths()).toEqual([`hub /${COMMIT}/model.safetensors`, `cdn /${COMMIT}/model.safetensors`]);
  });
});

test('progress counts the bytes of all files, from the cache too', async () => {
  const total = ['config.json', 'generation_config.json', 'model.safetensors']
    .map((name) => bytesOf(STATE[name]).length)
    .reduce((sum, bytes) => sum + bytes);
  for (const _ of ['network', 'cache']) {
    const told: { loaded: number; total: number | null }[] = [];
    await visit({ onProgress: (progress) => told.push(progress) });
    expect(told.at(-1)).toMatchObject({ loaded: total, total });
    expect(told.every(({ loaded }, i) => i === 0 || loaded >= told[i - 1].loaded)).toBe(true);
  }
});

/** Sends the start of a file, and hangs up or waits. */
const partly =
  (bytes: number, end = true, content: Uint8Array = weights): Answer =>
  (_, response) => {
    response.writeHead(200, { etag: tagOf(content), 'content-length': content.length });
    response.write(content.subarray(0, bytes));
    if (end) hanging = { response, bytes };
  };

describe('a download that was interrupted', () => {
  const path = `/${COMMIT}/model.safetensors`;

  test('goes on where it was, when the visitor comes again', async () => {
    const leaving = new AbortController();
    server.instead.set(path, partly(50_000, false));
    const onProgress = ({ loaded }: { loaded: number }): void => {
      if (loaded > 50_000) leaving.abort(new RangeError('the visitor left'));
    };
    await expect(visit({ signal: leaving.signal, onProgress })).rejects.toThrow('the visitor left');
    server.instead.clear();
    const [{ files }] = await cache.list();
    expect(files.find(({ name }) => name === 'model.safetensors')).toMatchObject({
      ...{ bytes: 50_000, size: weights.length, whole: false },
    });
    server.take();
    expect(await visit()).toEqual(numbers);
    const [last] = server.take().filter(({ at }) => at === 'cdn');
    expect(last.headers).toMatchObject({ range: 'bytes=50000-', 'if-range': tagOf(weights) });
  });

  test('goes on by itself after a break, and gives up after four', async () => {
    server.instead.set(path, (request, response) => {
      server.instead.clear();
      partly(30_000)(request, response);
    });
    expect(await visit()).toEqual(numbers);
    expect(
      server
        .take()
        .filter(({ at }) => at === 'cdn')
        .map(({ headers }) => headers.range),
    ).toEqual([undefined, 'bytes=30000-']);
    await cache.delete('owner/tiny');
    server.instead.set(path, partly(100));
    await expect(visit()).rejects.toThrow(
      /model\.safetensors: the connection broke after 100 B of 117\.3 KiB \(.*\), 4 times\. What came is kept/,
    );
  });

  test('starts anew where the file has changed meanwhile', async () => {
    const other = weights.slice();
    other[other.length - 1] = 77;
    const address = `${server.url}/folder/`;
    const at =
      (content: Uint8Array, most = Infinity): Answer =>
      (request, response) => {
        if (most === Infinity) return serveRanges(request, response, content);
        partly(most, true, content)(request, response);
      };
    server.instead.set('/folder/model.safetensors', at(weights, 40_000));
    const onProgress = (progress: HubProgress): void =>
      hangUp({ ...progress, loaded: progress.loaded + small });
    await expect(hub(address, { cache, onProgress })('model.safetensors')).rejects.toThrow(
      /connection broke/,
    );
    server.instead.set('/folder/model.safetensors', at(other));
    const file = (await hub(address, { cache })('model.safetensors')) as Blob;
    expect(new Uint8Array(await file.arrayBuffer())).toEqual(other);
    // And a whole file that changes is taken again.
    server.instead.set('/folder/model.safetensors', at(weights));
    const again = (await hub(address, { cache })('model.safetensors')) as Blob;
    expect(new Uint8Array(await again.arrayBuffer())).toEqual(new Uint8Array(weights));
    expect((await cache.list()).map(({ model }) => model)).toEqual([address]);
  });
});

describe('servers that break their word', () => {
  const path = `/${COMMIT}/model.safetensors`;
  const head = { etag: tagOf(weights) };
  /** A first answer that ends early, so that the second is for a range. */
  const later = (answer: Answer): Answer => {
    let first = true;
    return (request, response) => {
      if (!first) return answer(request, response);
      first = false;
      partly(20_000)(request, response);
    };
  };
  const faults: Record<string, { answer: Answer; error?: RegExp }> = {
    'no ranges': { answer: later((_, response) => void response.writeHead(200, head).end(weights)) },
    'no length': {
      answer: (_, response) => {
        response.writeHead(200, head).write(weights.subarray(0, 7000));
        response.end(weights.subarray(7000));
      },
    },
    gzip: {
      answer: (_, response) =>
        void response.writeHead(200, { ...head, 'content-encoding': 'gzip' }).end(gzipSync(weights)),
    },
    'a range elsewhere': {
      answer: later((request, response) => {
        if (!request.headers.range) return serveRanges(request, response, weights);
        const range = `bytes 100-${weights.length - 1}/${weights.length}`;
        response.writeHead(206, { ...head, 'content-range': range }).end(weights.subarray(100));
      }),
    },
    'a range elsewhere, for ever': {
      answer: later((_, response) => {
        const range = `bytes 100-${weights.length - 1}/${weights.length}`;
        response.writeHead(206, { ...head, 'content-range': range }).end(weights.subarray(100));
      }),
      error: /the whole file was asked for, but the server answered 206 \(bytes 100-/,
    },
    'a range of another length': {
      answer: later((request, response) => {
        if (!request.headers.range) return serveRanges(request, response, weights);
        response
          .writeHead(206, { ...head, 'content-range': 'bytes 20000-99998/99999' })
          .end(weights.subarray(20_000));
      }),
    },
    'a range of another version': {
      answer: later((request, response) => {
        if (!request.headers.range) return serveRanges(request, response, weights);
        const range = `bytes 20000-${weights.length - 1}/${weights.length}`;
        response.writeHead(206, { etag: '"other"', 'content-range': range }).end(weights.subarray(20_000));
      }),
    },
    '416 for what is there': {
      answer: later((request, response) => {
        if (!request.headers.range) return serveRanges(request, response, weights);
        response.writeHead(416).end();
      }),
    },
    'ranges of at most 30,000 bytes': {
      answer: later((request, response) => {
        const start = Number(/\d+/.exec(request.headers.range ?? '0')![0]);
        const end = Math.min(weights.length, start + 30_000);
        const range = `bytes ${start}-${end - 1}/${weights.length}`;
        response.writeHead(206, { ...head, 'content-range': range }).end(weights.subarray(start, end));
      }),
    },
    'a length too long': {
      answer: (_, response) => {
        response.writeHead(200, { ...head, 'content-length': weights.length + 10, connection: 'close' });
        response.end(weights);
      },
      error: /the connection broke after 117\.3 KiB of 117\.3 KiB|the server answered 416/,
    },
    'a length too short': {
      answer: (_, response) => {
        const status = 'HTTP/1.1 200 OK\r\ncontent-length: 1000\r\nconnection: close\r\n\r\n';
        response.socket!.end(Buffer.concat([Buffer.from(status), weights]));
      },
      error: /cut short/,
    },
    'more than its X-Linked-Size': {
      answer: (_, response) =>
        void response.writeHead(200, { ...head, 'x-linked-size': '5000' }).end(weights),
      error: /more than the 5000 bytes that it announced/,
    },
    'a page': {
      answer: (_, response) =>
        void response.writeHead(200, head).end('<!DOCTYPE html><title>Log in</title>'.padEnd(3000)),
      error: /this is an HTML page/,
    },
  };

  test.each(Object.entries(faults))('%s', async (_, { answer, error }) => {
    server.instead.set(path, answer);
    if (error) {
      await expect(visit()).rejects.toThrow(error);
      const parts = (await cache.list())[0].files.find(({ name }) => name === 'model.safetensors');
      expect(parts?.whole ?? false).toBe(false);
    } else {
      expect(await visit()).toEqual(numbers);
    }
    // Nothing wrong was kept.
    server.instead.clear();
    expect(await visit()).toEqual(numbers);
  });

  test('JSON that is none is not kept', async () => {
    server.instead.set(
      '/owner/tiny/resolve/main/config.json',
      (_, response) => void response.writeHead(200, { 'x-repo-commit': COMMIT }).end('Please log in'),
    );
    await expect(folderOf()('config.json')).rejects.toThrow(/config\.json: what the server sent is not JSON/);
    server.instead.clear();
    expect(await jsonOf(opener(folderOf(), {}), 'config.json')).toEqual(STATE['config.json']);
  });
});

describe('a cache without room', () => {
  /** A store that has room for so many bytes, and says so or not. */
  const smallStore = (bytes: number, says: boolean): CacheStore => {
    const store = folderStore(place);
    let used = 0;
    return {
      title: 'a small store',
      get: (key) => store.get(key),
      delete: (key) => store.delete(key),
      keys: () => store.keys(),
      room: () => Promise.resolve(says ? { used, free: bytes - used } : null),
      put: async (key, content) => {
        const { withinRoom } = await import('../../models/files/cache_store');
        return withinRoom(
          { ...store, title: 'a small store', room: () => Promise.resolve(null) },
          content.size,
          () => {
            if (used + content.size > bytes)
              return Promise.reject(Object.assign(new Error('disk'), { code: 'ENOSPC' }));
            used += content.size;
            return store.put(key, content);
          },
        );
      },
    };
  };

  test('says so before anything is downloaded, with numbers', async () => {
    const full = new ModelCache(smallStore(50_000, true));
    const error: unknown = await visit({ cache: full }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DataError);
    expect((error as DataError).message).toMatch(
      /^model\.safetensors: 117\.3 KiB are to be kept, but a small store has \d\d\.\d KiB left \([\d.]+ \w+ are used\)\. .*whenFull: 'stream'/,
    );
    expect((await full.list())[0].files.map(({ name }) => name)).not.toContain('model.safetensors');
  });

  test('goes on without it where that is asked for', async () => {
    for (const says of [true, false]) {
      const notices: HubNotice[] = [];
      const onNotice = (notice: HubNotice): unknown => notices.push(notice);
      const full = new ModelCache(smallStore(50_000, says), { partBytes: 10_000 });
      expect(await visit({ cache: full, whenFull: 'stream', onNotice })).toEqual(numbers);
      expect(notices.map(({ kind }) => kind)).toEqual(['full']);
      expect(notices[0].message).toMatch(
        /model\.safetensors is read without being kept: .* are to be kept, but/,
      );
    }
  });
});

test('list and delete', async () => {
  await visit();
  server.states.set(NEXT, { 'config.json': {} });
  await folderOf({ revision: NEXT })('config.json');
  const before = Date.now();
  const listed = await cache.list();
  expect(listed.map(({ model, revision, names }) => ({ model, revision, names }))).toEqual([
    { model: 'owner/tiny', revision: NEXT, names: [] },
    { model: 'owner/tiny', revision: COMMIT, names: ['main'] },
  ]);
  const [, first] = listed;
  expect(first.files.map(({ name }) => name).sort()).toEqual([
    ...['config.json', 'generation_config.json', 'model.safetensors'],
  ]);
  const bytes = first.files.reduce((sum, file) => sum + file.bytes, 0);
  expect(first).toMatchObject({ bytes, page: `${server.url}/owner/tiny` });
  expect(bytes).toBeGreaterThan(weights.length);
  expect(Math.abs(first.lastUsed!.getTime() - before)).toBeLessThan(600_000);

  expect(await cache.delete('owner/other')).toBe(0);
  expect(await cache.delete('owner/tiny', { revision: NEXT })).toBe(2);
  expect((await cache.list()).map(({ revision }) => revision)).toEqual([COMMIT]);
  expect(await cache.delete('owner/tiny')).toBe(bytes);
  expect(await cache.list()).toEqual([]);
  expect(await cache.records.store.keys()).toEqual([]);
});

test('of many shards a few are downloaded at once', async () => {
  const names = Array.from({ length: 9 }, (_, i) => `model-${i}.safetensors`);
  server.states.set(COMMIT, {
    'config.json': {},
    ...Object.fromEntries(names.map((name) => [name, weights])),
  });
  let [now, most] = [0, 0];
  for (const name of names)
    server.instead.set(`/${COMMIT}/${name}`, (request, response) => {
      most = Math.max(most, ++now);
      setTimeout(() => {
        now--;
        serveRanges(request, response, weights);
      }, 30);
    });
  const folder = folderOf();
  const found = await Promise.all(names.map((name) => folder(name)));
  expect(found.map((file) => (file as Blob).size)).toEqual(names.map(() => weights.length));
  expect(most).toBe(4);
});

test('two that want the same file at once fetch it once', async () => {
  const [one, other] = await Promise.all([visit(), visit()]);
  expect(one).toEqual(numbers);
  expect(other).toEqual(numbers);
  expect(server.take().filter(({ at }) => at === 'cdn')).toHaveLength(1);
});

test('two that know nothing of each other do no harm', async () => {
  vi.stubGlobal('navigator', { locks: { request: (_: string, __: object, work: () => unknown) => work() } });
  try {
    const all = await Promise.all(
      Array.from({ length: 4 }, (_, i) =>
        visit({ cache: new ModelCache(folderStore(place), { partBytes: 7000 + 1500 * i }) }),
      ),
    );
    for (const one of all) expect(one).toEqual(numbers);
  } finally {
    vi.unstubAllGlobals();
  }
  expect(await visit()).toEqual(numbers);
});

test('no token is kept', async () => {
  const token = 'hf_SecretSecret';
  server.gate = token;
  await visit({ token });
  const files = readdirSync(place, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  expect(files.length).toBeGreaterThan(8);
  for (const { parentPath, name } of files)
    expect(readFileSync(join(parentPath, name)).includes(token), name).toBe(false);
});

test('wrong options are refused', () => {
  expect(() => new ModelCache(folderStore(place), { partBytes: 0 })).toThrow(/partBytes is 0/);
  expect(() => hub('a/b', { cache: folderStore(place) as unknown as ModelCache })).toThrow(
    /cache is no ModelCache/,
  );
});
