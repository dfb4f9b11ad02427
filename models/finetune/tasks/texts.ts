import { DataError, encodingOf, type IdText } from '../../../engine/index';
import type { TextOrPair } from '../../tasks/inputs';
import type { Reading, TaskRows } from './task';

interface Text {
  readonly text: string;
  readonly pair?: string;
  readonly row: number;
}

export const textOf = ({ text, pair }: Text): TextOrPair => (pair === undefined ? text : [text, pair]);

/** Tokens of each example, cut at their end where they are too long (of two texts the longer one). */
export function textRows<E extends Text, R extends object>(
  where: string,
  examples: readonly E[],
  { tokenizer, maxLength, segments: segmented = false }: Reading,
  labelOf: (example: E) => R,
): TaskRows<R & IdText> {
  let long = 0;
  const rows = examples.map((example) => {
    const { text, pair, row } = example;
    try {
      const more = pair === undefined ? {} : { pair };
      let encoding = encodingOf(tokenizer, text, more);
      if (encoding.ids.length > maxLength) {
        long++;
        encoding = encodingOf(tokenizer, text, { ...more, maxLength });
      }
      const { ids, segments } = encoding;
      return { ids, ...(segmented && { segments }), ...labelOf(example) };
    } catch (cause) {
      if (!(cause instanceof DataError)) throw cause;
      throw new DataError(where, `row ${row}: ${cause.what}`, cause.todo, { cause });
    }
  });
  return { rows, long };
}
