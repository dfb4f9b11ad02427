import type { SavedFile } from '../session/protocol';
import { element } from './dom';

/** Hands a file to the visitor, as a download. */
export function saveFile(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  element('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

export function saveBytes({ name, bytes }: SavedFile): void {
  saveFile(name, new Blob([bytes], { type: 'application/octet-stream' }));
}

interface DirectoryPicker {
  showDirectoryPicker?(options: { readonly mode: 'readwrite' }): Promise<FileSystemDirectoryHandle>;
}

/** Writes files into a folder that the visitor picks; browsers without such a picker download them. False: none was picked. */
export async function saveFolder(
  files: readonly { readonly name: string; readonly blob: Blob }[],
): Promise<boolean> {
  const picker = window as DirectoryPicker;
  if (!picker.showDirectoryPicker) {
    for (const { name, blob } of files) saveFile(name, blob);
    return true;
  }
  try {
    const folder = await picker.showDirectoryPicker({ mode: 'readwrite' });
    for (const { name, blob } of files) {
      const file = await folder.getFileHandle(name, { create: true });
      await blob.stream().pipeTo(await file.createWritable());
    }
    return true;
  } catch (error) {
    if ((error as Error).name === 'AbortError') return false;
    throw error;
  }
}
