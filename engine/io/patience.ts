import { DataError } from '../errors';

/** Answers of servers that may give the file when they are asked again, how often they are asked, and how they wait. */
const BUSY = [429, 500, 502, 503, 504];
const TRIES = 4;
const FIRST_PAUSE_MS = 250;
/** Whoever asks for a longer pause is told on: nobody waits for minutes without knowing. */
const LONGEST_PAUSE_MS = 20_000;

/**
 * The answer of a server, which is asked again while it is busy (429, 500, 502, 503, 504): at most four times, after the
 * pause that it asks for. Throws a DataError, about the file `name`, where it stays busy.
 */
export async function askPatiently(
  name: string,
  ask: () => Promise<Response>,
  signal?: AbortSignal,
): Promise<Response> {
  for (let tries = 1; ; tries++) {
    const response = await ask();
    if (!BUSY.includes(response.status)) return response;
    await response.body?.cancel();
    const what = answered(response);
    if (tries === TRIES) throw new DataError(name, `${what}, ${TRIES} times`, 'Try again later.');
    const pause = retryAfter(response) ?? pauseBefore(tries);
    if (pause > LONGEST_PAUSE_MS) {
      const seconds = Math.ceil(pause / 1000);
      throw new DataError(name, `${what} and asks to wait ${seconds} s`, 'Try again then.');
    }
    await passed(pause, signal);
  }
}

/** What a server said, in words: "the server answered 404 Not Found". */
export function answered({ status, statusText }: Response): string {
  return `the server answered ${status} ${statusText}`.trim();
}

/** Milliseconds before the try after this many. */
export function pauseBefore(tries: number): number {
  return FIRST_PAUSE_MS * 4 ** (tries - 1);
}

/** Milliseconds that a server asks to wait: from seconds, or from a date. Null where it does not say. */
function retryAfter({ headers }: Response): number | null {
  const told = headers.get('retry-after')?.trim() ?? '';
  const pause = /^\d+$/.test(told) ? 1000 * Number(told) : Date.parse(told) - Date.now();
  return Number.isNaN(pause) ? null : Math.max(0, pause);
}

/** Waits, or throws the signal's reason. */
export async function passed(milliseconds: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener('abort', done);
  });
  signal?.throwIfAborted();
}

/** In Node "fetch failed" says nothing, but what caused that does. */
export function reason(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.cause instanceof Error ? `${cause.message}: ${reason(cause.cause)}` : cause.message;
}
