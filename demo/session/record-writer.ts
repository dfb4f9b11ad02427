/** The writer that ships, for recordings: opened in Node, on whatever device there is. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Device } from '../../engine/index.ts';
import { gpt2, load, loadTokenizer, type GPT } from '../../models/index.ts';
import { Reader } from './reader.ts';

const folder = new URL('../models/writer/', import.meta.url);

const files = (name: string): Promise<Blob | null> =>
  readFile(fileURLToPath(new URL(name, folder))).then(
    (bytes) => new Blob([bytes]),
    () => null,
  );

/** Gives the model to `work`, and frees it. */
export async function withWriter<T>(work: (reader: Reader, model: GPT) => Promise<T>): Promise<T> {
  using device = await Device.open();
  using loaded = await load(files, { device, families: [gpt2] });
  const end = Number(loaded.config.eos_token_id);
  using reader = new Reader(device, loaded.model, await loadTokenizer(files), end);
  return await work(reader, loaded.model);
}
