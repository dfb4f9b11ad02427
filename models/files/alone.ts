/** Work that nobody else may do at the same time: in no other tab, where the browser has Web Locks, nor here. */
import { throwIfAborted } from '../../engine/index';

const running = /* @__PURE__ */ new Map<string, Promise<unknown>>();

/** Does `work` once all that was asked for under this name before is done. Without Web Locks other processes do not know. */
export async function alone<T>(name: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const locks = (globalThis.navigator as { locks?: LockManager } | undefined)?.locks;
  if (locks) return locks.request(`heed: ${name}`, signal ? { signal } : {}, work);
  const before = running.get(name) ?? Promise.resolve();
  const turn = (async () => {
    await unlessAborted(before, signal);
    return work();
  })();
  const over = Promise.allSettled([before, turn]);
  running.set(name, over);
  try {
    return await turn;
  } finally {
    void over.then(() => running.get(name) === over && running.delete(name));
  }
}

/** Waits for it; an abort ends the waiting with its reason. */
async function unlessAborted(before: Promise<unknown>, signal?: AbortSignal): Promise<void> {
  throwIfAborted(signal);
  let stop = (): void => undefined;
  const aborted = new Promise<void>((resolve) => {
    stop = () => resolve();
    signal?.addEventListener('abort', stop);
  });
  await Promise.race([before, aborted]);
  signal?.removeEventListener('abort', stop);
  throwIfAborted(signal);
}
