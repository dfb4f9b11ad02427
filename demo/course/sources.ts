/** What the course reads with: the worker, or where there is no WebGPU the recording of a text. */
import type { Remote } from 'comlink';
import { WRITER } from '../models/shipped';
import type { Recording } from './recording';
import type { CourseInfo, Switches, Walk } from './session/protocol';
import type { CourseSession } from './session/session';

export interface CourseSource {
  about(): Promise<CourseInfo>;
  walk(text: string, switches: Switches): Promise<Walk>;
}

export function live(session: Remote<CourseSession>): CourseSource {
  return {
    about: () => session.about(WRITER.files),
    walk: (text, switches) => session.walk(WRITER.files, text, switches),
  };
}

/** Answers as the model did, whole and with one part left out; of any text with what was recorded. */
export function recorded({ info, walk, without }: Recording): CourseSource {
  return {
    about: () => Promise.resolve(info),
    walk(_, { positions, blocks }) {
      const off = positions ? blocks.indexOf(false) : blocks.length;
      const stages = off < 0 ? walk.stages : without[off];
      return Promise.resolve({ ...walk, stages });
    },
  };
}
