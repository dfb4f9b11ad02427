import { answered, DataError } from '../../engine/index';
import type { ImageInput } from '../images/image';
import type { AudioInput } from '../speech/audio';
import type { GivenAudio, GivenImage } from './pipeline_calls';

/** Sounds, those that are given by their addresses fetched. Throws `DataError` for an address that has none, with its number. */
export const soundsAt = (
  where: string,
  given: GivenAudio | readonly GivenAudio[],
  fetch: typeof globalThis.fetch,
): Promise<AudioInput[]> => fetched<AudioInput>(where, 'audio', given, fetch);

/** Images, those that are given by their addresses fetched. Throws `DataError` for an address that has none, with its number. */
export function imagesAt(
  where: string,
  given: GivenImage | readonly GivenImage[],
  fetch: typeof globalThis.fetch,
): Promise<ImageInput[]> {
  return fetched<ImageInput>(where, 'image', given, fetch);
}

async function fetched<T extends object>(
  where: string,
  noun: string,
  given: T | string | URL | readonly (T | string | URL)[],
  fetch: typeof globalThis.fetch,
): Promise<(T | Blob)[]> {
  const list = Array.isArray(given) ? (given as readonly (T | string | URL)[]) : [given as T | string | URL];
  return Promise.all(
    list.map(async (one, i) => {
      if (typeof one !== 'string' && !(one instanceof URL)) return one;
      const refuse = (why: string, cause?: unknown): never => {
        throw new DataError(where, `${noun} ${i} at ${String(one)}: ${why}`, 'Check its address.', { cause });
      };
      const response = await fetch(one).catch((cause: unknown) => refuse(String(cause), cause));
      return response.ok ? response.blob() : refuse(answered(response));
    }),
  );
}
