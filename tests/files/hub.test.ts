// Models from a hub without a cache: which addresses are asked for, what refusals are told, and where the token goes.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DataError } from '../../engine/index';
import { jsonOf, opener, weightsOf } from '../../models/files/folder';
import { hub, type HubOptions } from '../../models/files/hub';
import { addressOf } from '../../models/files/hub_address';
import { COMMIT, HubServer, NEXT, STATE } from './hub_server';

let server: HubServer;
beforeEach(async () => {
  server = await new HubServer().open();
});
afterEach(() => server.close());

const folderOf = (options: HubOptions = {}, id = 'owner/tiny') =>
  hub(id, { endpoint: server.url, ...options });

async function readAll(options: HubOptions = {}): Promise<Float32Array> {
  const open = opener(folderOf(options), {});
  await jsonOf(open, 'config.json');
  await jsonOf(open, 'generation_config.json');
  return (await weightsOf(open, {})).float32('a');
}

async function refusal(options: HubOptions, id?: string, name = 'config.json'): Promise<string> {
  const error: unknown = await folderOf(options, id)(name).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(DataError);
  return (error as DataError).message;
}

describe('addresses', () => {
  test.each(['gpt2', 'openai-community/gpt2', 'a/b_c.d-1', '_x/y'])('the id %s', (id) => {
    expect(addressOf(id, {}).file('config.json')).toBe(
      `https://huggingface.co/${id}/resolve/main/config.json`,
    );
  });

  test.each([
    '',
    '..',
    'a/..',
    '../a',
    'a/b/c',
    'a//b',
    '/a',
    'a/',
    'a b',
    'a%2fb',
    'a?b',
    'a#b',
    '.a',
    'a.',
    'a--b',
    'a..b',
    'ä',
    'a\\b',
    'a/b@c',
    'x'.repeat(97),
    'ftp://a/b',
    7,
    null,
  ])('the id %j is refused', (id) => {
    expect(() => hub(id as string)).toThrow(/^hub: (the id|the address) .*/);
  });

  test.each(['refs/pr/7', 'v1.0', 'feature/x', COMMIT])('the revision %s', (revision) => {
    const path = encodeURIComponent(revision);
    expect(addressOf('a/b', { revision }).file('x.json')).toBe(
      `https://huggingface.co/a/b/resolve/${path}/x.json`,
    );
  });

  test.each(['', '..', 'a/../b', '/a', 'a//b', 'a b', 'a?b', '-x', 'a\n'])(
    'the revision %j is refused',
    (revision) => {
      expect(() => hub('a/b', { revision })).toThrow(/^hub: revision is/);
    },
  );

  test.each(['../x.safetensors', 'a/../../x', '%2e%2e/x', '/etc/passwd', 'https://x/y', 'a\\b', ''])(
    'the file %j is refused before anything is asked for',
    async (name) => {
      await expect(folderOf()(name)).rejects.toThrow(/lies outside of the model/);
      expect(server.take()).toEqual([]);
    },
  );

  test('a folder on a server, and endpoints', () => {
    expect(addressOf('https://x.org/models/tiny', {}).file('a#1.json')).toBe(
      'https://x.org/models/tiny/a%231.json',
    );
    expect(addressOf(new URL('https://x.org/m/'), {}).file('a')).toBe('https://x.org/m/a');
    expect(addressOf('a/b', { endpoint: 'https://mirror.org/hf/' }).page).toBe('https://mirror.org/hf/a/b');
    expect(() => hub('https://x.org/m', { revision: 'v1' })).toThrow(/has no revision "v1"/);
    for (const endpoint of ['mirror.org', 'file:///a', 'https://x.org/?a=1', 'https://x.org/#b'])
      expect(() => hub('a/b', { endpoint }), endpoint).toThrow(/^hub: /);
    const secret = (): unknown => hub('a/b', { endpoint: 'https://me:secret@x.org' });
    expect(secret).toThrow(/x\.org/);
    expect(secret).not.toThrow(/secret/);
  });

  test('misspelt options are refused', () => {
    expect(() => hub('a/b', { revison: 'main' } as HubOptions)).toThrow(/Did you mean revision\?/);
    expect(() => hub('a/b', { whenFull: 'ask' as 'stop' })).toThrow(/whenFull is ask/);
  });
});

test('all files are of the commit that the branch was at first', async () => {
  const other = { ...STATE, 'generation_config.json': { eos_token_id: 9 } };
  server.states.set(NEXT, other);
  const folder = folderOf();
  await folder('config.json');
  server.branches.set('main', NEXT);
  expect(await jsonOf(opener(folder, {}), 'generation_config.json')).toEqual({ eos_token_id: 3 });
  expect(await jsonOf(opener(folderOf(), {}), 'generation_config.json')).toEqual({ eos_token_id: 9 });
  expect(server.take().map(({ path }) => path.split('/').slice(4).join('/'))).toEqual([
    'main/config.json',
    `${COMMIT}/generation_config.json`,
    'main/config.json',
    `${NEXT}/generation_config.json`,
  ]);
});

test('weights stream by ranges from another origin, and progress counts all files', async () => {
  const told: { loaded: number; total: number | null }[] = [];
  const numbers = await readAll({ onProgress: (progress) => told.push(progress) });
  expect(numbers.subarray(249, 253)).toEqual(Float32Array.of(249, 250, 0, 1));
  const ranges = server.take().filter(({ at }) => at === 'cdn');
  expect(ranges.length).toBeGreaterThan(1);
  expect(ranges.every(({ headers }) => headers.range !== undefined)).toBe(true);
  const small =
    JSON.stringify(STATE['config.json']).length + JSON.stringify(STATE['generation_config.json']).length;
  expect(told.at(-1)!.total).toBe(small + (STATE['model.safetensors'] as Uint8Array).length);
  expect(told.every(({ loaded }, i) => i === 0 || loaded >= told[i - 1].loaded)).toBe(true);
});

describe('the token', () => {
  const token = 'hf_SecretSecret';

  test('goes to the hub alone, and not with a redirect to another origin', async () => {
    server.gate = token;
    await readAll({ token });
    const asked = server.take();
    const seen = (at: 'hub' | 'cdn') =>
      asked.filter((one) => one.at === at).map(({ headers }) => headers.authorization);
    expect(new Set(seen('hub'))).toEqual(new Set([`Bearer ${token}`]));
    expect(seen('cdn').length).toBeGreaterThan(1);
    expect(new Set(seen('cdn'))).toEqual(new Set([undefined]));
  });

  test('does not travel unencrypted, and is in no error', () => {
    const made = (own: string, endpoint: string) => () => hub('a/b', { token: own, endpoint });
    expect(made(token, 'http://hub.example')).toThrow(/would go to hub\.example unencrypted/);
    for (const bad of [`${token}\n`, `${token} x`, `${token}é`]) {
      expect(made(bad, server.url)).toThrow(/token holds white space or other characters/);
      expect(made(bad, server.url)).not.toThrow(/Secret/);
    }
    expect(made(token, server.url)).not.toThrow();
  });
});

describe('refusals say what to do', () => {
  test('a gated model', async () => {
    server.gate = 'hf_right';
    const page = `${server.url}/owner/tiny`;
    expect(await refusal({})).toBe(
      `config.json: the server answered 401 Unauthorized: the model is gated. Accept its terms at ${page}, then give the token of that account: { token }.`,
    );
    expect(await refusal({ token: 'hf_wrong' })).toBe(
      `config.json: the server answered 403 Forbidden: the model is gated, and the token may not read it. Accept its terms at ${page} with the account of this token, and let the token read gated models.`,
    );
  });

  test('no such model, no such revision, a private one, a token that is not known', async () => {
    expect(await refusal({}, 'owner/other')).toMatch(
      /404 Not Found: there is no such model\. Check .*\/owner\/other/,
    );
    expect(await refusal({ revision: 'v9' })).toMatch(/there is no revision "v9"\. See those of /);
    const path = '/owner/tiny/resolve/main/config.json';
    server.instead.set(path, (_, response) => void response.writeHead(401).end());
    expect(await refusal({})).toMatch(/there is no such model, or it is private.* give \{ token \}/);
    expect(await refusal({ token: 'hf_x' })).toMatch(/401 Unauthorized: the token is not accepted/);
    server.instead.set(path, (_, response) => void response.writeHead(429, { 'retry-after': '60' }).end());
    expect(await refusal({})).toMatch(/429 Too Many Requests and asks to wait 60 s/);
    server.instead.set(path, (_, response) => void response.writeHead(418).end());
    expect(await refusal({})).toMatch(/answered 418 .*the file did not come/);
  });

  test('a file that is not there is null; weights say it when they are opened', async () => {
    expect(await folderOf()('vocab.txt')).toBeNull();
    server.states.set(COMMIT, { 'config.json': {} });
    await expect(weightsOf(opener(folderOf(), {}), {})).rejects.toThrow(
      /^model\.safetensors: it is not there/,
    );
    // A server of pages answers all that it does not know with a page.
    server.instead.set(
      '/folder/vocab.txt',
      (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html>'),
    );
    expect(await hub(`${server.url}/folder`)('vocab.txt')).toBeNull();
  });

  test('of weights in one file and in shards beside it, the one file is read, as by Transformers', async () => {
    const index = JSON.stringify({ weight_map: { a: 'model-00001-of-00001.safetensors' } });
    const whole = new File([STATE['model.safetensors'] as BlobPart], 'model.safetensors');
    const shards = new File([index], 'model.safetensors.index.json');
    const read = async (files: File[]) => (await weightsOf(opener(files, {}), {})).float32('a');
    expect(await read([shards, whole])).toEqual(Float32Array.from({ length: 30_000 }, (_, i) => i % 251));
    await expect(read([shards])).rejects.toThrow(
      /model-00001-of-00001\.safetensors: it is not there.*index names it/,
    );
  });

  test('a busy server is asked again', async () => {
    let times = 0;
    server.instead.set('/owner/tiny/resolve/main/config.json', (_, response) => {
      if (++times === 3) server.instead.clear();
      response.writeHead(503, { 'retry-after': '0' }).end();
    });
    await expect(folderOf()('config.json')).resolves.toBeInstanceOf(Blob);
    expect(server.take()).toHaveLength(4);
  });

  test('no server, and an abort', async () => {
    const { url } = server;
    await server.close();
    const error: unknown = await hub('owner/tiny', { endpoint: url })('config.json').catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(DataError);
    expect((error as DataError).message).toMatch(/could not be fetched \(fetch failed: .*Check the network/);
    const mine = new RangeError('the visitor left');
    await expect(folderOf({ signal: AbortSignal.abort(mine) })('config.json')).rejects.toBe(mine);
  });
});
