import type { Device, Rungs } from '../../engine/index';

/** Gives a device the fastest kernels that it has: once, right after `Device.open()`. */
export async function fastest(device: Device, signal: AbortSignal, show: (text: string) => void) {
  const { kept, kinds, problem } = await device.tune({
    signal,
    onProgress: (done, all) => show(`${done} of ${all} rungs`),
  });
  if (kept) show('rungs as they were found before');
  for (const { kind, rung, why } of kinds) show(`${kind}: ${rung} (${why})`);
  if (problem) show(problem); // they could not be kept, say: the device is tuned all the same
}

/** Has the numbers of another session come again bit for bit: `rungs` are its `device.can.rungs`. */
export function repeat(device: Device, rungs: Rungs): void {
  device.setRungs(rungs);
}
