/** The last part of an address, without its query: what a reader recognises. */
export function fileName(address: string): string {
  const path = address.replace(/[?#].*$/s, '');
  return path.slice(path.lastIndexOf('/') + 1) || address;
}

/** Whether a file's name leads out of the folder that it is looked up in, also once an address or a server has decoded it. */
export function isOutside(file: string): boolean {
  if (file.length > 1000) return true; // no file system has such names, and decoding them would take long
  let decoded = file;
  try {
    for (let before = ''; before !== decoded;) [before, decoded] = [decoded, decodeURIComponent(decoded)];
  } catch {
    // A name with a lone % is decoded by nobody.
  }
  return [file, decoded].some((path) => /^$|^([a-z][a-z0-9+.-]*:|\/)|(^|\/)\.\.?(\/|$)|\\/i.test(path));
}

/** A file's name as part of an address: files are named, not addressed, so that "a#1" is a name. */
export function pathOf(file: string): string {
  return file.split('/').map(encodeURIComponent).join('/');
}
