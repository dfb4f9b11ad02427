// What becomes of a page's own files when the host that serves them fails.
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DataError } from '../../engine/index';
import { fetchFile } from './fetched';

const answers: Record<string, (response: ServerResponse) => unknown> = {
  '/file': (response) => response.end('a\tb\n'),
  '/page': (response) => response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<p>'),
  '/broken': (response) => response.writeHead(503).end('no'),
  '/cut': (response) => response.writeHead(200).write('a\tb', () => response.destroy()),
  '/silent': (response) => response.destroy(),
  '/stalled': (response) => response.writeHead(200).write('a\tb'),
};
let server: Server;
let base = '';
beforeAll(async () => {
  server = createServer((request, response) => void answers[request.url!](response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});

test('a file', async () => {
  expect(await (await fetchFile(`${base}/file`, 'Pairs')).text()).toBe('a\tb\n');
});

test.each<[string, RegExp]>([
  ['page', /^Pairs: it could not be fetched: the server sent a web page\. Is the page still/],
  ['broken', /the server answered 503/],
  ['cut', /the connection broke/],
  ['silent', /the server does not answer/],
])('%s: refused', async (path, message) => {
  const error: unknown = await fetchFile(`${base}/${path}`, 'Pairs').catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(DataError);
  expect((error as DataError).message).toMatch(message);
});

test('an abort throws its reason', async () => {
  const reason = new RangeError('another text was chosen');
  const controller = new AbortController();
  const fetching = fetchFile(`${base}/stalled`, 'Pairs', controller.signal);
  setTimeout(() => controller.abort(reason), 50);
  await expect(fetching).rejects.toBe(reason);
});
