import type { Device } from '../../engine/index';
import { gpt2, hub, llama, load, loadTokenizer, type ModelCache } from '../../models/index';

/** Opens a GPT-2 or a Llama of the hub with its tokenizer: the second time from the cache, `await ModelCache.open()`. */
export async function open(device: Device, id: string, cache: ModelCache, show: (text: string) => void) {
  const folder = hub(id, {
    cache,
    onProgress: ({ loaded, total }) => show(`${loaded} of ${total ?? 'some'} bytes`),
    onNotice: ({ message }) => show(message), // offline, say
  });
  const tokenizer = await loadTokenizer(folder);
  const loaded = await load(folder, { device, families: [gpt2, llama] });
  return { loaded, tokenizer };
}
