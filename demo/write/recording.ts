/**
 * A text as the writer that ships read it once, for browsers without WebGPU. demo/write/record.ts makes the file; its numbers
 * are rounded: logits to thousandths, attention to 1/32,767.
 */
import type { Maps } from '../session/maps';
import { packNumbers, unpackNumbers } from '../session/packed-numbers';
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
    logits: packNumbers(logits, LOGITS),
    maps: maps.map(({ heads, probabilities }) => ({
      heads,
      probabilities: packNumbers(probabilities, SHARES),
    })),
  };
}

export function unpack(file: RecordedFile): Recording {
  const { tokens, context, end, text, given, adapter } = file;
  const count = file.ids.length;
  const maps = file.maps.map(({ heads, probabilities }): Maps => {
    return { heads, rows: count, columns: count, probabilities: unpackNumbers(probabilities, SHARES) };
  });
  return {
    ...{ given, adapter, info: { tokens, context, end, number: 0 } },
    reading: {
      ...{ number: 0, step: null, from: 0, text, maps },
      ids: Uint32Array.from(file.ids),
      logits: unpackNumbers(file.logits, LOGITS),
    },
  };
}
