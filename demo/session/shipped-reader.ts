/** The writer that the site ships: fetched and put on the device once, whichever pages of the worker read with it. */
import type { Device } from '../../engine/index';
import { gpt2, load, loadTokenizer } from '../../models/index';
import type { Connection } from './connection';
import { servedFolder } from './fetched';
import { Reader } from './reader';

/** Addresses of a model's folder, by the names of its files. */
export type ModelFiles = Readonly<Record<string, string>>;

export class ShippedReader {
  /** The worker's own. */
  static readonly ofWorker = new ShippedReader();
  #opened: Promise<Reader> | null = null;

  /** Does something with the model: see `Connection.use`. */
  use<T>(
    connection: Pick<Connection, 'use'>,
    files: ModelFiles,
    work: (reader: Reader) => Promise<T>,
  ): Promise<T> {
    return connection.use(async (device) => work(await this.#open(device, files)));
  }

  async #open(device: Device, files: ModelFiles): Promise<Reader> {
    const opened = await this.#opened?.catch(() => null);
    if (opened?.device === device) return opened;
    this.#opened = openReader(device, files);
    return this.#opened;
  }
}

async function openReader(device: Device, files: ModelFiles): Promise<Reader> {
  const folder = servedFolder(files);
  const [{ model, config }, tokenizer] = await Promise.all([
    load(folder, { device, families: [gpt2] }),
    loadTokenizer(folder),
  ]);
  const { eos_token_id: end } = config;
  return new Reader(device, model, tokenizer, typeof end === 'number' ? end : null);
}
