/** Where a model's files are, and how one of them is found. */
import {
  answered,
  DataError,
  openSafetensors,
  openSharded,
  throwIfAborted,
  type FileSource,
  type TensorSource,
} from '../../engine/index';
import type { Json } from '../pretrained_config';

/**
 * Where a model's files are: the address of their folder, chosen files (of an `<input webkitdirectory>`, say: those beside
 * the config.json that is nearest to the top), or a function that finds a file by its name and gives null for one that is not
 * there, such as `hub` makes.
 */
export type ModelFolder = string | URL | Iterable<File> | ((name: string) => Promise<FileSource | null>);

export interface FolderOptions {
  readonly signal?: AbortSignal;
  /** Instead of the global fetch. */
  readonly fetch?: typeof globalThis.fetch;
}

/** Finds a file by its name: weights where they are, all else as it came. */
export type Opener = (name: string) => Promise<FileSource | null>;

/**
 * Finds chosen files by their names in one folder, that of the config.json nearest to the top. Others' belong to other models, but for
 * those that are asked for with the folder within that they are in.
 */
function besideConfig(folder: Iterable<File>): (name: string) => File | null {
  const files = Array.from(Object(folder) as Iterable<File>);
  const place = (file: File): string =>
    'webkitRelativePath' in file ? file.webkitRelativePath.slice(0, -file.name.length) : '';
  const depth = (text: string): number => text.split('/').length;
  const [first, second] = files
    .filter(({ name }) => name === 'config.json')
    .map(place)
    .sort((a, b) => depth(a) - depth(b));
  if (second !== undefined && depth(first) === depth(second))
    throw new DataError('config.json', 'it is there twice', 'Give the folder of one model.');
  const isIt = (file: File, name: string): boolean =>
    first === undefined ? file.name === name : place(file) + file.name === first + name;
  return (name) => files.find((file) => isIt(file, name)) ?? null;
}

/** Finds files; all but weights have come then, for only so it is known whether they are there. */
export function opener(folder: ModelFolder, { signal, fetch = globalThis.fetch }: FolderOptions): Opener {
  const chosen = typeof folder === 'object' && !(folder instanceof URL) ? besideConfig(folder) : null;
  const find: Opener = (name) => {
    if (typeof folder === 'function') return folder(name);
    // By string, because a page's addresses may be relative ones.
    if (typeof folder === 'string' || folder instanceof URL) {
      return Promise.resolve(String(folder).replace(/\/?$/, '/') + name);
    }
    return Promise.resolve(chosen?.(name) ?? null);
  };
  return async (name) => {
    const source = await find(name);
    throwIfAborted(signal);
    if (source === null || name.endsWith('.safetensors')) return source;
    const isAddress = typeof source === 'string' || source instanceof URL;
    if (!isAddress && !('address' in source)) return source;
    const { address, fetch: ask } = isAddress ? { address: source, fetch } : source;
    const response = await ask(address, { signal: signal ?? null });
    // Servers of pages answer what is not there with a page.
    const page = (response.headers.get('content-type') ?? '').startsWith('text/html');
    if (response.ok && !page) return response.blob();
    await response.body?.cancel();
    if (response.ok || response.status === 404) return null;
    throw new DataError(name, answered(response), `Check ${String(address)}.`);
  };
}

/** What a file says, null where it is not there. */
export async function textOf(open: Opener, name: string): Promise<string | null> {
  const bytes = await blobOf(open, name);
  return bytes && bytes.text();
}

/** A whole file, null where it is not there. */
export async function blobOf(open: Opener, name: string): Promise<Blob | null> {
  const source = await open(name);
  if (source === null || source instanceof Blob) return source;
  if (typeof source === 'string' || source instanceof URL || 'address' in source)
    throw new Error(`${name} was found, but has not come`); // `opener` fetches them
  return new Blob([source as Uint8Array<ArrayBuffer>]);
}

/** The object that a JSON file holds, null where it is not there. */
export async function jsonOf(open: Opener, name: string): Promise<Json | null> {
  const value = await parsedOf(open, name);
  if (typeof value === 'object' && !Array.isArray(value)) return value as Json | null;
  throw new DataError(name, 'it holds no object', 'Give the file of a Hugging Face model.');
}

/** The list that a JSON file holds, null where it is not there. */
export async function jsonListOf(open: Opener, name: string): Promise<readonly unknown[] | null> {
  const value = await parsedOf(open, name);
  if (value === null || Array.isArray(value)) return value;
  throw new DataError(name, 'it holds no list', 'Give the file of a Hugging Face model.');
}

/** Null where the file is not there; a file that holds null is none that anybody writes. */
async function parsedOf(open: Opener, name: string): Promise<unknown> {
  const text = await textOf(open, name);
  if (text === null) return null;
  try {
    return JSON.parse(text) ?? false;
  } catch (cause) {
    throw new DataError(name, 'it is not JSON', 'Download it again.', { cause });
  }
}

/** The weights, of which only names and shapes are read: one file, or several with their index. Where a folder has both, Transformers reads the one. */
export async function weightsOf(open: Opener, { signal, fetch }: FolderOptions): Promise<TensorSource> {
  const options = { ...(signal && { signal }), ...(fetch && { fetch }) };
  const index = await jsonOf(open, 'model.safetensors.index.json');
  const one = async (name: string): Promise<TensorSource> => {
    const source = await open(name);
    if (source !== null) return openSafetensors(source, options);
    const todo = index
      ? 'The index names it: give every shard.'
      : 'Heed reads weights in safetensors files: save it as such.';
    throw new DataError(name, 'it is not there', todo);
  };
  const whole = index && (await open('model.safetensors'));
  // At an address it would have to be asked for, and folders on a server are as they were uploaded.
  const both = whole instanceof Blob || whole instanceof Uint8Array;
  return index && !both ? openSharded(index, { ...options, open: one }) : one('model.safetensors');
}
