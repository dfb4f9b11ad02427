/** Asks a model's server for files, and says what its refusals mean. */
import { answered, askPatiently, DataError, reason, throwIfAborted } from '../../engine/index';
import { authorization, type ModelAddress } from './hub_address';

/** No server answered, or none that was not busy: what the cache has is all there is. */
export class Unreachable extends DataError {}

export interface Asking {
  /** Further headers, such as Range. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export class HubRequests {
  readonly #address: ModelAddress;
  readonly #authorization: Readonly<Record<string, string>>;
  readonly #fetch: typeof globalThis.fetch;

  constructor(address: ModelAddress, token: string | undefined, fetch = globalThis.fetch) {
    this.#address = address;
    this.#authorization = authorization(token, address.page);
    this.#fetch = fetch;
  }

  /**
   * The answer about a file (200, 206, 304 or 416), null where it is not there. Throws `DataError` for refusals, by what
   * they mean, and `Unreachable` where no server answers.
   */
  async get(name: string, commit: string | null, { headers, signal }: Asking = {}): Promise<Response | null> {
    const address = this.#address.file(name, commit);
    const ask = (): Promise<Response> => this.#ask(name, address, headers, signal);
    const response = await askPatiently(name, ask, signal).catch((error: unknown) => {
      if (!(error instanceof DataError) || error instanceof Unreachable) throw error;
      throw new Unreachable(name, error.what, error.todo, { cause: error }); // it stays busy
    });
    const { status } = response;
    if (status === 206 || status === 304 || status === 416) return response;
    // Servers of pages answer what is not there with a page.
    const page = (response.headers.get('content-type') ?? '').startsWith('text/html');
    if (status === 200 && !page) return response;
    await response.body?.cancel();
    const refusal = this.#refusal(name, response);
    if (refusal) throw refusal;
    return null;
  }

  /** All that an answer brings. Throws `DataError` for a connection that breaks. */
  async body(name: string, answer: Response, signal?: AbortSignal): Promise<Blob> {
    try {
      return await answer.blob();
    } catch (cause) {
      throwIfAborted(signal);
      throw new DataError(name, `the connection broke (${reason(cause)})`, 'Try again.', { cause });
    }
  }

  /** Asks for one file, for a reader of ranges. */
  reader(name: string): typeof globalThis.fetch {
    return async (address, init) => {
      const { headers, signal } = init ?? {};
      const given = Object.fromEntries(new Headers(headers));
      const response = await this.#ask(name, address as string, given, signal ?? undefined);
      if (![401, 403, 404].includes(response.status)) return response;
      await response.body?.cancel();
      const refusal = this.#refusal(name, response);
      const todo = `See which files there are: ${this.#address.page}`;
      throw refusal ?? new DataError(name, 'it is not there', todo);
    };
  }

  async #ask(name: string, address: string, headers?: HeadersInit, signal?: AbortSignal): Promise<Response> {
    const fetch = this.#fetch; // a method's this would be the wrong one
    try {
      // On the way to another origin, where the files of the hub lie, fetch leaves Authorization behind.
      return await fetch(address, {
        headers: { ...headers, ...this.#authorization },
        signal: signal ?? null,
      });
    } catch (cause) {
      throwIfAborted(signal);
      if (cause instanceof DataError) throw cause;
      const offline = (globalThis.navigator as { onLine?: boolean } | undefined)?.onLine === false;
      const what = offline ? 'this device is offline' : `could not be fetched (${reason(cause)})`;
      const todo =
        'Check the network and the address; another site must also allow cross-origin requests (CORS).';
      throw new Unreachable(name, what, todo, { cause });
    }
  }

  /** What is told about an answer without the file; null for one that only says that it is not there. */
  #refusal(name: string, response: Response): DataError | null {
    const { page, revision } = this.#address;
    const { status, headers } = response;
    const code = headers.get('x-error-code');
    const error = (what: string, todo: string): DataError =>
      new DataError(name, `${answered(response)}: ${what}`, todo);
    const signedIn = 'Authorization' in this.#authorization;
    if (code === 'GatedRepo' || (status === 403 && code === null)) {
      const accept = `Accept its terms at ${page}`;
      const todo = signedIn
        ? `${accept} with the account of this token, and let the token read gated models.`
        : `${accept}, then give the token of that account: { token }.`;
      return error(`the model is gated${signedIn ? ', and the token may not read it' : ''}`, todo);
    }
    if (status === 401 || status === 403) {
      if (signedIn) return error('the token is not accepted', `Check it, and that it may read ${page}`);
      return error(
        'there is no such model, or it is private',
        `Check ${page}; for a private one give { token }.`,
      );
    }
    if (code === 'RepoNotFound') {
      const todo = `Check ${page}; for a private one give { token } of an account that may read it.`;
      return error('there is no such model', todo);
    }
    if (code === 'RevisionNotFound')
      return error(`there is no revision ${JSON.stringify(revision)}`, `See those of ${page}`);
    if (status === 404 || status < 400) return null;
    return error('the file did not come', `Check ${page}`);
  }
}
