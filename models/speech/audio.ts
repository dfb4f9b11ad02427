/** Sound as apps have it, and its samples. */
import { DataError } from '../../engine/index';
import { expectRate, resampleAudio } from './resample_audio';
import { readWav, type Sound } from './wav';

/** What `decodeAudioData`, an `OfflineAudioContext` and libraries give. */
export interface AudioBufferLike {
  /** Samples a second. */
  readonly sampleRate: number;
  readonly numberOfChannels: number;
  getChannelData(channel: number): Float32Array;
}

/**
 * What sound may be given as: an `AudioBuffer`, or what has its members; the bytes of a WAV file, or a `Blob` or `File` of them;
 * samples of one channel at the model's own rate (16 kHz). Several channels become their mean.
 */
export type AudioInput = AudioBufferLike | Blob | ArrayBuffer | Uint8Array | Float32Array;

/** The longest sound, in seconds: a spectrogram of it takes half a gigabyte. */
export const MOST_SECONDS = 4 * 3600;

/** The most bytes of a file: 4 hours of 48 kHz stereo, as floats. */
const MOST_BYTES = 2 ** 31 - 1;

/**
 * The samples of a sound, one channel at `sampleRate` Hz. Throws `DataError` for what is no sound: no samples, no channels, channels of different
 * lengths, samples that are not finite, more than four hours, and files that cannot be read. `noun` says of which.
 */
export async function samplesOf(
  where: string,
  given: AudioInput,
  sampleRate: number,
  noun = 'audio',
): Promise<Float32Array> {
  const { channels, sampleRate: rate } = await soundOf(where, given, sampleRate, noun);
  const [{ length }] = channels;
  if (length === 0) throw new DataError(where, `${noun} has no samples`, 'Record something.');
  if (length / rate > MOST_SECONDS) {
    const what = `${noun} is ${Math.round(length / rate)} s long, more than ${MOST_SECONDS}`;
    throw new DataError(where, what, 'Cut it into parts.');
  }
  for (const [c, samples] of channels.entries()) {
    const at = samples.findIndex((x) => !Number.isFinite(x));
    if (at < 0) continue;
    const what = `${noun} holds ${samples[at]} at sample ${at} of channel ${c}`;
    throw new DataError(where, what, 'Samples are finite numbers, -1 to 1 as a rule.');
  }
  return resampleAudio(mixedDown(channels), rate, sampleRate);
}

/** The mean of channels. */
function mixedDown(channels: readonly Float32Array[]): Float32Array {
  if (channels.length === 1) return channels[0];
  return channels[0].map((_, t) => channels.reduce((sum, samples) => sum + samples[t], 0) / channels.length);
}

async function soundOf(where: string, given: unknown, own: number, noun: string): Promise<Sound> {
  const todo = 'Give an AudioBuffer, a WAV file, or a Float32Array of samples.';
  if (typeof given !== 'object' || given === null) {
    throw new DataError(where, `${noun} is ${given === null ? 'null' : `a ${typeof given}`}`, todo);
  }
  if (given instanceof Float32Array) return { sampleRate: own, channels: [given] };
  const bytes = await bytesOf(where, given, noun);
  if (bytes) {
    try {
      const sound = readWav(bytes);
      expectRate(where, sound.sampleRate);
      return sound;
    } catch (cause) {
      const what = `${noun}: ${(cause as DataError).what}`;
      throw new DataError(where, what, (cause as DataError).todo, { cause });
    }
  }
  const { sampleRate, numberOfChannels: count, getChannelData } = given as Partial<AudioBufferLike>;
  if (typeof getChannelData !== 'function') throw new DataError(where, `${noun} has no getChannelData`, todo);
  if (!(Number.isInteger(count) && count! >= 1 && count! <= 64)) {
    throw new DataError(where, `${noun} has ${String(count)} channels`, 'Give 1 to 64.');
  }
  expectRate(where, sampleRate);
  const channels = Array.from({ length: count! }, (_, c): Float32Array => {
    const samples: unknown = (given as AudioBufferLike).getChannelData(c);
    if (samples instanceof Float32Array) return samples;
    throw new DataError(where, `channel ${c} of ${noun} is no Float32Array`, todo);
  });
  const other = channels.findIndex(({ length }) => length !== channels[0].length);
  if (other > 0) {
    const lengths = `${channels[0].length} and ${channels[other].length} samples`;
    throw new DataError(where, `${noun} has channels of ${lengths}`, 'Give them one length.');
  }
  return { sampleRate, channels };
}

/** The bytes of a file; null for what is none. */
async function bytesOf(where: string, given: object, noun: string): Promise<Uint8Array | null> {
  if (given instanceof Uint8Array) return given;
  if (given instanceof ArrayBuffer) return new Uint8Array(given);
  if (!(given instanceof Blob)) return null;
  if (given.size > MOST_BYTES) {
    const what = `${noun} is a file of ${given.size} bytes, more than ${MOST_BYTES}`;
    throw new DataError(where, what, 'Cut it into parts.');
  }
  return new Uint8Array(await given.arrayBuffer());
}
