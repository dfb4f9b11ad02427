/** A hub of models and, under another origin, what it keeps large files on. Both remember what they were asked for. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { saveSafetensors } from '../../engine/index';

export const COMMIT = 'a'.repeat(40);
export const NEXT = 'b'.repeat(40);

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export interface Asked {
  readonly at: 'hub' | 'cdn';
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
}

export const weights = saveSafetensors([
  {
    name: 'a',
    shape: [300, 100],
    dtype: 'F32',
    data: Float32Array.from({ length: 30_000 }, (_, i) => i % 251),
  },
]);

/** Files of a state of the model: small ones come from the hub, `.safetensors` by way of the other server. */
export type State = Readonly<Record<string, Uint8Array | object>>;

export const STATE: State = {
  'config.json': { model_type: 'gpt2', vocab_size: 7 },
  'generation_config.json': { eos_token_id: 3 },
  'model.safetensors': weights,
};

export class HubServer {
  readonly asked: Asked[] = [];
  readonly states = new Map<string, State>([[COMMIT, STATE]]);
  /** What branches are. */
  readonly branches = new Map([['main', COMMIT]]);
  /** Instead of what it does: by path, on either server. */
  readonly instead = new Map<string, Answer>();
  /** Whether answers name the commit. */
  commits = true;
  /** Of the server of large files: whether it gives ranges. */
  ranges = true;
  /** The model is gated, for those without this token. */
  gate: string | null = null;
  readonly #servers: Server[] = [];
  url = '';
  cdn = '';

  async open(): Promise<this> {
    this.url = await this.#listen('hub', (request, response) => this.#hub(request, response));
    this.cdn = await this.#listen('cdn', (request, response) => this.#large(request, response));
    return this;
  }

  async close(): Promise<void> {
    for (const server of this.#servers.splice(0)) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  /** What was asked for since the last time. */
  take(): Asked[] {
    return this.asked.splice(0);
  }

  async #listen(at: Asked['at'], answer: Answer): Promise<string> {
    const server = createServer((request, response) => {
      this.asked.push({ at, path: request.url!, headers: request.headers });
      (this.instead.get(request.url!) ?? answer)(request, response);
    });
    this.#servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  #hub(request: IncomingMessage, response: ServerResponse): void {
    const [, id, revision, path] = /^\/(.+)\/resolve\/([^/]+)\/(.+)$/.exec(request.url!) ?? [];
    const refuse = (status: number, code: string): void =>
      void response.writeHead(status, { 'x-error-code': code }).end(code);
    if (id !== 'owner/tiny') return refuse(404, 'RepoNotFound');
    if (this.gate !== null && request.headers.authorization !== `Bearer ${this.gate}`)
      return refuse(request.headers.authorization ? 403 : 401, 'GatedRepo');
    const commit = this.branches.get(decodeURIComponent(revision)) ?? revision;
    const state = this.states.get(commit);
    if (!state) return refuse(404, 'RevisionNotFound');
    const name = decodeURIComponent(path);
    const named = this.commits ? { 'x-repo-commit': commit } : {};
    if (!(name in state))
      return void response.writeHead(404, { ...named, 'x-error-code': 'EntryNotFound' }).end();
    const content = bytesOf(state[name]);
    const tag = tagOf(content);
    if (name.endsWith('.safetensors')) {
      const headers = { ...named, location: `${this.cdn}/${commit}/${name}`, 'x-linked-etag': tag };
      return void response.writeHead(302, headers).end();
    }
    if (request.headers['if-none-match'] === tag)
      return void response.writeHead(304, { ...named, etag: tag }).end();
    response.writeHead(200, { ...named, etag: tag, 'content-length': content.length }).end(content);
  }

  #large(request: IncomingMessage, response: ServerResponse): void {
    const [, commit, name] = request.url!.split('/');
    const file = this.states.get(commit)?.[name];
    if (!file) return void response.writeHead(404).end();
    serveRanges(request, response, bytesOf(file), this.ranges);
  }
}

export function bytesOf(file: Uint8Array | object): Uint8Array {
  return file instanceof Uint8Array ? file : new TextEncoder().encode(JSON.stringify(file));
}

export function tagOf(content: Uint8Array): string {
  return `"${content.reduce((sum, byte) => (sum * 31 + byte) % 1_000_003, content.length)}"`;
}

/** As a server should: Range under If-Range, If-None-Match. */
export function serveRanges(
  request: IncomingMessage,
  response: ServerResponse,
  content: Uint8Array,
  ranges = true,
): void {
  const tag = tagOf(content);
  const { range, 'if-range': condition, 'if-none-match': known } = request.headers;
  if (known === tag) return void response.writeHead(304, { etag: tag }).end();
  const [, start, last = ''] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  if (!ranges || start === undefined || (condition !== undefined && condition !== tag))
    return void response.writeHead(200, { etag: tag, 'content-length': content.length }).end(content);
  const from = Number(start);
  if (from >= content.length)
    return void response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
  const end = last === '' ? content.length : Math.min(content.length, Number(last) + 1);
  const headers = { etag: tag, 'content-range': `bytes ${from}-${end - 1}/${content.length}` };
  response.writeHead(206, headers).end(content.subarray(from, end));
}
