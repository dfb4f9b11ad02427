/**
 * A text as the writer that ships read it once, for browsers without WebGPU. demo/write/record.ts makes the file; its numbers
 * are rounded: logits to thousandths, attention to 1/32,767.
 */
import type { Maps } from '../session/maps';
import type { WriterInfo, WriterReading } from './session/protocol';

/** What the page begins with, and what is recorded. */
export const TEXT = 'The old man sat down on the';

const LOGITS = 1000;
const SHARES = 32_767;

export interface Recording {
  readonly info: WriterInfo;
  readonly reading: WriterReading;
  /** Tokens that the model was given; it wrote the others. */
  readonly given: number;
  readonly adapter: string;
}

/** As the file has it; numbers of 16 bits in base64, little end first. */
export interface RecordedFile {
  readonly tokens: readonly string[];
  readonly context: number;
  readonly end: number | null;
  readonly ids: readonly number[];
  readonly text: string;
  readonly given: number;
  readonly adapter: string;
  readonly logits: string;
  readonly maps: readonly { readonly heads: number; readonly probabilities: string }[];
}

export function pack({ info, reading, given, adapter }: Recording): RecordedFile {
  const { tokens, context, end } = info;
  const { ids, text, logits, maps } = reading;
  return {
    ...{ tokens, context, end, text, given, adapter },
    ids: [...ids],
    logits: rounded(logits, LOGITS),
    maps: maps.map(({ heads, probabilities }) => ({ heads, probabilities: rounded(probabilities, SHARES) })),
  };
}

export function unpack(file: RecordedFile): Recording {
  const { tokens, context, end, text, given, adapter } = file;
  const count = file.ids.length;
  const maps = file.maps.map(({ heads, probabilities }): Maps => {
    return { heads, rows: count, columns: count, probabilities: numbers(probabilities, SHARES) };
  });
  return {
    ...{ given, adapter, info: { tokens, context, end, number: 0 } },
    reading: {
      ...{ number: 0, step: null, from: 0, text, maps },
      ids: Uint32Array.from(file.ids),
      logits: numbers(file.logits, LOGITS),
    },
  };
}

function rounded(values: Float32Array, scale: number): string {
  const bytes = new DataView(new ArrayBuffer(2 * values.length));
  values.forEach((value, i) => {
    const whole = Math.round(value * scale);
    if (Math.abs(whole) > 32_767) throw new Error(`${value} is too large to be recorded`);
    bytes.setInt16(2 * i, whole, true);
  });
  return btoa(Array.from(new Uint8Array(bytes.buffer), (byte) => String.fromCharCode(byte)).join(''));
}

function numbers(packed: string, scale: number): Float32Array {
  const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / 2 }, (_, i) => view.getInt16(2 * i, true) / scale);
}
