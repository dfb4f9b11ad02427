import { Device, DeviceError } from '../engine/index';

/** The machine's GPU, or a software driver where it has none. */
export async function openDevice(): Promise<Device> {
  try {
    return await Device.open({ powerPreference: 'high-performance' });
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
