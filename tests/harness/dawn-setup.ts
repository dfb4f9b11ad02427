// Setup file of the dawn project, run before each test file. Dawn stays for all of them, for they share a device.
import { installDawn } from '../../tools/dawn.mjs';
import { testEnvironment } from '../../tools/vulkan.mjs';

if (!(globalThis.navigator as Navigator | undefined)?.gpu) installDawn(testEnvironment());
