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
