/** Files that the page is served with. */
import { DataError } from '../../engine/index';

/**
 * Fetches a file; `title` is what messages call it. Throws a `DataError` that says why it did not come, or the signal's
 * reason. Hosts that answer every address with their start page are found out.
 */
export async function fetchFile(url: string, title: string, signal?: AbortSignal): Promise<Blob> {
  const failed = (why: string, cause?: unknown): DataError =>
    new DataError(title, `it could not be fetched: ${why}`, 'Is the page still being served?', { cause });
  const given = async <T>(promise: Promise<T>, why: string): Promise<T> => {
    try {
      return await promise;
    } catch (cause) {
      signal?.throwIfAborted();
      throw failed(why, cause);
    }
  };
  const response = await given(fetch(url, { signal: signal ?? null }), 'the server does not answer');
  const isPage = /^text\/html\b/i.test(response.headers.get('content-type') ?? '');
  if (response.ok && !isPage) return given(response.blob(), 'the connection broke');
  await response.body?.cancel();
  throw failed(response.ok ? 'the server sent a web page' : `the server answered ${response.status}`);
}

/**
 * A model's folder that the page is served with: addresses by the names of its files. Each is fetched as a whole: they are small, and
 * servers that compress them answer no ranges.
 */
export function servedFolder(
  files: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): (name: string) => Promise<Blob | null> {
  return async (name) => (Object.hasOwn(files, name) ? fetchFile(files[name], name, signal) : null);
}
