/** WAV files: what Windows, phones and every tool that records sound write. */
import { DataError } from '../../engine/index';

/** Sound by channels, from -1 to 1. */
export interface Sound {
  /** Samples a second. */
  readonly sampleRate: number;
  /** One list of samples for each channel, all of one length. */
  readonly channels: readonly Float32Array[];
}

const WHERE = 'WAV file';
const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;
/** A chunk that was written before anybody knew how long it would be, as ffmpeg does into a pipe. */
const UNKNOWN_SIZES = [0, 0xffffffff];

const refuse = (what: string, todo: string): never => {
  throw new DataError(WHERE, what, todo);
};

interface Format {
  readonly kind: number;
  readonly channels: number;
  readonly sampleRate: number;
  readonly bits: number;
}

/** Whether bytes begin as a WAV file does. */
export function isWav(bytes: Uint8Array): boolean {
  const word = (at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));
  return bytes.length >= 12 && ['RIFF', 'RF64'].includes(word(0)) && word(8) === 'WAVE';
}

/**
 * The sound of a WAV file: PCM of 8, 16, 24 or 32 bits, or floats of 32, of up to 64 channels. What a header says is held to what the
 * file has: it never takes more memory than four bytes for each byte of the file.
 *
 * Throws `DataError` for other files and encodings, by name, headers that contradict themselves, files that were cut off, floats
 * that are not finite, and files without a sample.
 */
export function readWav(bytes: Uint8Array): Sound {
  if (!isWav(bytes)) {
    const todo = 'Give a WAV file, or decode it first: AudioContext.decodeAudioData gives an AudioBuffer.';
    refuse(`${bytes.length} bytes are given that do not begin as one (RIFF … WAVE)`, todo);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint8(3) === 0x34) refuse('it is RF64, for more than 4 GB', 'Cut it into shorter files.');
  let format: Format | null = null;
  let at = 12;
  while (at + 8 <= bytes.length) {
    const id = String.fromCharCode(...bytes.subarray(at, at + 4));
    const size = view.getUint32(at + 4, true);
    const begin = at + 8;
    const rest = bytes.length - begin;
    if (id === 'fmt ') format = formatOf(view, begin, Math.min(size, rest), size);
    if (id === 'data') {
      if (!format) refuse('its samples come before its format', 'Save it again.');
      const streamed = UNKNOWN_SIZES.includes(size) && rest > 0;
      if (!streamed && size > rest) {
        const what = `it says that ${size} bytes of samples follow, and ${rest} do`;
        refuse(what, 'It was cut off: take the whole file.');
      }
      return soundOf(view, begin, streamed ? rest : size, format!, streamed);
    }
    at = begin + size + (size % 2); // chunks begin at even places
  }
  const missing = format ? 'samples (data)' : 'format (fmt)';
  return refuse(`it has no chunk of its ${missing}`, 'It was cut off: take the whole file.');
}

function formatOf(view: DataView, begin: number, there: number, size: number): Format {
  if (there < 16) refuse(`its format has ${there} bytes of ${Math.max(16, size)}`, 'Save it again.');
  let kind = view.getUint16(begin, true);
  const channels = view.getUint16(begin + 2, true);
  const sampleRate = view.getUint32(begin + 4, true);
  const frame = view.getUint16(begin + 12, true);
  const bits = view.getUint16(begin + 14, true);
  if (kind === EXTENSIBLE) {
    if (there < 40) refuse(`its extensible format has ${there} bytes of 40`, 'Save it again.');
    kind = view.getUint16(begin + 24, true); // the beginning of its GUID is what was here before
  }
  const known = (kind === PCM && [8, 16, 24, 32].includes(bits)) || (kind === FLOAT && bits === 32);
  if (!known) {
    const names: Readonly<Record<number, string>> = {
      ...{ 1: 'PCM', 2: 'ADPCM', 3: 'floats', 6: 'A-law', 7: 'µ-law', 17: 'IMA ADPCM', 49: 'GSM', 85: 'MP3' },
    };
    const what = `its samples are ${names[kind] ?? `of format ${kind}`}, ${bits} bits`;
    refuse(what, 'Save it as PCM of 8, 16, 24 or 32 bits, or as floats of 32.');
  }
  if (channels < 1 || channels > 64) {
    refuse(`it has ${channels} channels`, 'Save it with 1 to 64.');
  }
  if (frame !== (channels * bits) / 8) {
    const what = `it says that ${channels} channels of ${bits} bits take ${frame} bytes`;
    refuse(what, `They take ${(channels * bits) / 8}: save it again.`);
  }
  return { kind, channels, sampleRate, bits };
}

function soundOf(view: DataView, begin: number, size: number, format: Format, streamed: boolean): Sound {
  const { kind, channels, sampleRate, bits } = format;
  const bytes = bits / 8;
  const frame = channels * bytes;
  if (!streamed && size % frame !== 0) {
    refuse(`its ${size} bytes of samples are not in ${frame} for each time`, 'Save it again.');
  }
  const length = Math.floor(size / frame);
  if (length === 0) refuse('it holds no sample', 'Record something.');
  const read: Readonly<Record<string, (at: number) => number>> = {
    '1 8': (i) => (view.getUint8(i) - 128) / 2 ** 7,
    '1 16': (i) => view.getInt16(i, true) / 2 ** 15,
    '1 24': (i) => (view.getUint16(i, true) + 2 ** 16 * view.getInt8(i + 2)) / 2 ** 23,
    '1 32': (i) => view.getInt32(i, true) / 2 ** 31,
    '3 32': (i) => view.getFloat32(i, true),
  };
  const sample = read[`${kind} ${bits}`];
  const all = Array.from({ length: channels }, (_, c) =>
    Float32Array.from({ length }, (_, t) => sample(begin + t * frame + c * bytes)),
  );
  return { sampleRate, channels: all };
}
