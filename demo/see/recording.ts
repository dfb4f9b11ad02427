/** Pictures that the captioner which ships said once, for browsers without WebGPU. demo/see/record.ts makes the file. */
import { packNumbers, unpackNumbers } from '../session/packed-numbers';
import type { Said } from './session/protocol';

/** Pictures that are recorded, by their numbers. */
export const RECORDED = 6;
const SHARES = 32_767;

export interface Recording {
  readonly adapter: string;
  /** By the number of the scene. */
  readonly said: Readonly<Record<number, Said>>;
}

/** As the file has it; shares of 16 bits in base64. */
export interface RecordedFile {
  readonly adapter: string;
  readonly said: Readonly<
    Record<
      string,
      Omit<Said, 'words'> & {
        readonly words: readonly { readonly text: string; readonly last: string; readonly through: string }[];
      }
    >
  >;
}

const mapped = <A, B>(all: Readonly<Record<string, A>>, each: (one: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(all).map(([key, one]) => [key, each(one)]));

export const pack = ({ adapter, said }: Recording): RecordedFile => ({
  adapter,
  said: mapped(said, ({ words, ...rest }) => ({
    ...rest,
    words: words.map(({ text, last, through }) => ({
      text,
      last: packNumbers(Float32Array.from(last), SHARES),
      through: packNumbers(Float32Array.from(through), SHARES),
    })),
  })),
});

export const unpack = ({ adapter, said }: RecordedFile): Recording => ({
  adapter,
  said: mapped(said, ({ words, ...rest }) => ({
    ...rest,
    words: words.map(({ text, last, through }) => ({
      text,
      last: Float64Array.from(unpackNumbers(last, SHARES)),
      through: Float64Array.from(unpackNumbers(through, SHARES)),
    })),
  })),
});
