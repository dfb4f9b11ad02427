/** Folders of models that were trained here: what `from_pretrained` and every command open. */
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeWhole } from './files';

/** Writes files of a model by name, each whole or not at all. */
export async function writeFolder(out: string, files: ReadonlyMap<string, Blob>): Promise<void> {
  for (const [name, blob] of files) {
    await mkdir(dirname(join(out, name)), { recursive: true });
    await writeWhole(join(out, name), new Uint8Array(await blob.arrayBuffer()));
  }
}
