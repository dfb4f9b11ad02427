/** Changes of safetensors files. */
import { mutatedBytes, mutatedJson, mutatedText, type Draw } from './mutate';

type Json = Record<string, unknown>;

const utf8 = new TextEncoder();

/** A safetensors file with a header of this JSON. */
function fileOf(header: unknown, data: Uint8Array): Uint8Array<ArrayBuffer> {
  let json: Uint8Array;
  try {
    json = utf8.encode(JSON.stringify(header) ?? '');
  } catch {
    json = utf8.encode('['.repeat(10_000));
  }
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

/** Changes the header's JSON, strings of JSON within included, or bytes anywhere. */
export function mutatedFile(file: Uint8Array, draw: Draw): Uint8Array<ArrayBuffer> {
  if (draw.oneIn(4)) return mutatedBytes(file, draw);
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length))) as Json;
  const data = file.subarray(8 + length);
  // Metadata has most meaning and few bytes.
  if (header['__metadata__'] && !draw.oneIn(3)) {
    const metadata = { ...(header['__metadata__'] as Record<string, string>) };
    const key = draw.of(Object.keys(metadata));
    metadata[key] = mutatedInside(metadata[key], draw);
    return fileOf({ ...header, __metadata__: metadata }, data);
  }
  return fileOf(mutatedJson(header, draw), data);
}

/** A text of JSON with a change of a field, which may be a text of JSON as well. */
function mutatedInside(text: string, draw: Draw): string {
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value !== 'object' || value === null || draw.oneIn(4)) throw new Error('a leaf');
    const inner = Object.entries(value).filter(
      ([, field]) => typeof field === 'string' && /^[{[]/.test(field),
    );
    if (inner.length > 0 && draw.oneIn(2)) {
      const [key, field] = draw.of(inner as [string, string][]);
      return JSON.stringify({ ...value, [key]: mutatedInside(field, draw) });
    }
    return JSON.stringify(mutatedJson(value, draw));
  } catch {
    return mutatedText(text, draw);
  }
}
