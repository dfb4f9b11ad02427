/** Reads batch by batch, with the next one on the device before the one ahead of it is taken. */

/** Takes what a batch that was submitted gives, after that of the batches before it. Resolves when the one before is taken. */
type Next = <R>(results: () => Promise<R>, take: (results: R) => void) => Promise<void>;

/** Resolves when all is taken. Once `work` or a batch has failed, nothing more is taken: whoever was told so hears no more of what was on its way. */
export async function oneAhead(work: (next: Next) => Promise<void>): Promise<void> {
  let reading: Promise<void> = Promise.resolve();
  let failed = false;
  try {
    await work(async (results, take) => {
      const before = reading;
      reading = (async () => {
        const [all] = await Promise.all([results(), before]);
        if (!failed) take(all);
      })();
      reading.catch(() => {}); // told below, whatever comes between
      await before;
    });
    await reading;
  } catch (error) {
    failed = true;
    throw error;
  }
}
