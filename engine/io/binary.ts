/** How files begin that are dropped by mistake where a text is expected. */
const BEGINNINGS: readonly (readonly [start: string, what: string])[] = [
  ['%PDF', 'a PDF document'],
  ['PK\x03\x04', 'a ZIP archive (as .docx, .epub and .xlsx are)'],
  ['\x1f\x8b', 'a gzip archive'],
  ['\x89PNG', 'a PNG image'],
  ['\xff\xd8\xff', 'a JPEG image'],
  ['GIF8', 'a GIF image'],
  ['{\\rtf', 'an RTF document'],
  ['\xd0\xcf\x11\xe0', 'an old Office document'],
];

/** What a file is that is no plain text, told by its first bytes; null when nothing speaks against a text. */
export function binaryKind(bytes: Uint8Array): string | null {
  const start = String.fromCharCode(...bytes.subarray(0, 8));
  return BEGINNINGS.find(([beginning]) => start.startsWith(beginning))?.[1] ?? null;
}
