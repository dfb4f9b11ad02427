/**
 * Lets long work share its thread: `await pace()` now and then. It hands the thread to the event loop only once
 * `budget` milliseconds have passed since it last did, so that clicks, messages and aborts get through, and throws
 * the signal's reason once it has been aborted.
 */
export function pacer(signal?: AbortSignal, budget = 12): () => Promise<void> | undefined {
  let last = performance.now();
  signal?.throwIfAborted();
  return () => {
    if (performance.now() - last < budget) return undefined;
    return nextTask().then(() => {
      signal?.throwIfAborted();
      last = performance.now();
    });
  };
}

/** Resolves in a task of its own. Not a timer: nested timers of a page wait at least 4 ms each. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
