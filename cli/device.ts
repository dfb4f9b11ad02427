import process from 'node:process';
import { Device, DeviceError } from '../engine/index';

/** The machine's GPU, or a software driver where it has none. `onCompile`: see `DeviceOptions`. */
export async function openDevice(onCompile?: (ready: number, asked: number) => void): Promise<Device> {
  try {
    return await Device.open({ powerPreference: 'high-performance', ...(onCompile && { onCompile }) });
  } catch (cause) {
    if (!(cause instanceof DeviceError)) throw cause;
    throw new DeviceError(
      'Device',
      'there is no GPU that Dawn can use, nor a software driver',
      'Update the graphics driver; on Linux install mesa-vulkan-drivers, or name a driver in VK_DRIVER_FILES.',
      { cause },
    );
  }
}

/** Says on a terminal that kernels compile, once that takes longer than a person likes to wait without a word. */
export function tellOfCompiling(): (ready: number, asked: number) => void {
  let told = performance.now();
  return (ready, asked) => {
    if (!process.stderr.isTTY || performance.now() - told < 2000) return;
    told = performance.now();
    process.stderr.write(
      `compiling kernels: ${ready} of ${asked} (the driver keeps them for the next time)\n`,
    );
  };
}
