/** Reads messages of Protocol Buffers, as far as SentencePiece writes them. https://protobuf.dev/programming-guides/encoding */
import { DataError } from '../errors';

/** What a message holds, by the numbers of its fields, in order. */
export type Message = ReadonlyMap<number, readonly Value[]>;

/** A varint as a signed number of 32 bits (larger ones lose theirs), or the bytes of anything else. */
type Value = number | Uint8Array;

/** Bytes of a field by its wire type; null where they begin with a length. */
const FIXED: Readonly<Record<number, number | null>> = { 1: 8, 2: null, 5: 4 };

/** Throws `DataError` for bytes that are no message. */
export function readMessage(name: string, bytes: Uint8Array): Message {
  const fields = new Map<number, Value[]>();
  let at = 0;
  const broken = (): never => {
    const what = `byte ${at} of ${bytes.length} belongs to no field`;
    throw new DataError(name, what, 'The file is damaged, or of another kind: download it again.');
  };
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (at >= bytes.length) break;
      const byte = bytes[at++];
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return broken();
  };
  while (at < bytes.length) {
    const tag = varint();
    const [number, type] = [tag >>> 3, tag & 7];
    if (number === 0 || !(type === 0 || type in FIXED)) broken();
    let value: Value;
    if (type === 0) {
      value = varint();
    } else {
      const length = FIXED[type] ?? varint();
      if (length < 0 || at + length > bytes.length) broken();
      value = bytes.subarray(at, (at += length));
    }
    const values = fields.get(number);
    if (values) values.push(value);
    else fields.set(number, [value]);
  }
  return fields;
}

const utf8 = /* @__PURE__ */ new TextDecoder('utf-8', { ignoreBOM: true });

/** The last value of a field, as protobuf has it; undefined where there is none, or it is of another kind. */
export const bytesField = (message: Message, field: number): Uint8Array | undefined => {
  const value = message.get(field)?.at(-1);
  return typeof value === 'number' ? undefined : value;
};
export const textField = (message: Message, field: number, otherwise: string): string => {
  const bytes = bytesField(message, field);
  return bytes ? utf8.decode(bytes) : otherwise;
};
export const numberField = (message: Message, field: number, otherwise: number): number => {
  const value = message.get(field)?.at(-1);
  return typeof value === 'number' ? value : otherwise;
};
export const flagField = (message: Message, field: number, otherwise: boolean): boolean =>
  numberField(message, field, Number(otherwise)) !== 0;
export const floatField = (message: Message, field: number): number => {
  const bytes = bytesField(message, field);
  return bytes?.length === 4 ? new DataView(bytes.buffer, bytes.byteOffset).getFloat32(0, true) : 0;
};
