/** Images that need no file, see tests/fixtures/make_images.py. */
import type { Pixels } from '../../models/images/image';
import about from '../fixtures/images.json';
import { hash32 } from '../fixtures/portable';

/** An image of the fixture: noise in every other row, smooth ones between. */
export function fixtureImage(width: number, height: number): Pixels {
  const data = Uint8Array.from({ length: 4 * width * height }, (_, i) => {
    const [c, x, y] = [i % 4, Math.floor(i / 4) % width, Math.floor(i / 4 / width)];
    return y % 2 === 0 ? hash32(about.seed + width, i) % 256 : (y * 7 + x * 3 + c * 40) % 256;
  });
  return { data, width, height };
}
