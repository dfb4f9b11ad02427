/** What the page reads with: the worker, or where there is no WebGPU the recording of a text. */
import type { Remote } from 'comlink';
import { WRITER } from '../models/shipped';
import { part } from '../session/maps';
import type { Recording } from './recording';
import type { WriterInfo, WriterName, WriterReading } from './session/protocol';
import type { WriteSession } from './session/session';

export interface WriterSource {
  about(writer: WriterName): Promise<WriterInfo>;
  /** A text or the ids of its tokens. `attention`: with what every head attended to. */
  read(writer: WriterName, text: string | readonly number[], attention: boolean): Promise<WriterReading>;
}

export function live(session: Remote<WriteSession>): WriterSource {
  return {
    about: (writer) => session.about(writer, WRITER.files),
    read: (writer, text, attention) => session.read(writer, WRITER.files, text, attention),
  };
}

/** Answers as the model did, for every beginning of the text that was recorded; of any text with what the model was given. */
export function recorded({ info, reading, given }: Recording): WriterSource {
  return {
    about: () => Promise.resolve(info),
    read(_, text) {
      const count = typeof text === 'string' ? given : text.length;
      return Promise.resolve(beginningOf(reading, count));
    },
  };
}

/** No token sees a later one: what was read of a beginning is the beginning of what was read. */
export function beginningOf(reading: WriterReading, count: number): WriterReading {
  const { ids, logits, maps } = reading;
  const vocabulary = logits.length / ids.length;
  return {
    ...reading,
    ids: ids.subarray(0, count),
    logits: logits.subarray(0, count * vocabulary),
    maps: maps.map((map) => part(map, { from: 0, count }, { from: 0, count })),
  };
}
