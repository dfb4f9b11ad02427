import { answered, DataError } from '../../engine/index';
import type { ImageInput } from '../images/image';
import type { GivenImage } from './pipeline_calls';

/** Images, those that are given by their addresses fetched. Throws `DataError` for an address that has none, with its number. */
export async function imagesAt(
  where: string,
  given: GivenImage | readonly GivenImage[],
  fetch: typeof globalThis.fetch,
): Promise<ImageInput[]> {
  const list = Array.isArray(given) ? (given as readonly GivenImage[]) : [given as GivenImage];
  return Promise.all(
    list.map(async (one, i) => {
      if (typeof one !== 'string' && !(one instanceof URL)) return one;
      const refuse = (why: string, cause?: unknown): never => {
        throw new DataError(where, `image ${i} at ${String(one)}: ${why}`, 'Check its address.', { cause });
      };
      const response = await fetch(one).catch((cause: unknown) => refuse(String(cause), cause));
      return response.ok ? response.blob() : refuse(answered(response));
    }),
  );
}
