// Sound as apps have it: what is read, and what is refused.
import { describe, expect, it } from 'vitest';
import { samplesOf, type AudioInput } from './audio';
import { wavOf } from '../../tests/harness/wav';

const buffer = (channels: readonly (readonly number[])[], sampleRate = 16_000) => ({
  sampleRate,
  numberOfChannels: channels.length,
  getChannelData: (c: number) => Float32Array.from(channels[c]),
});
const read = (given: unknown): Promise<Float32Array> => samplesOf('transcribe', given as AudioInput, 16_000);

describe('samplesOf', () => {
  it('reads samples, buffers and files', async () => {
    const samples = Float32Array.of(0.5, -0.25);
    expect(await read(samples)).toBe(samples);
    expect([...(await read(buffer([[1, 0], [0, 0.5]])))]).toEqual([0.5, 0.25]); // prettier-ignore
    const bytes = wavOf({ data: [0, 64, 0, 32] });
    for (const file of [bytes, bytes.slice().buffer, new Blob([bytes.slice()])]) {
      expect([...(await read(file))]).toEqual([0.5, 0.25]);
    }
    expect(await read(buffer([new Array<number>(480).fill(0.5)], 48_000))).toHaveLength(160);
  });

  it.each<[string, unknown, string]>([
    ['null', null, 'audio is null'],
    ['a number', 3, 'audio is a number'],
    ['an object', {}, 'audio has no getChannelData'],
    ['no channels', buffer([]), 'audio has 0 channels'],
    ['no samples', new Float32Array(0), 'audio has no samples'],
    ['an empty buffer', buffer([[]]), 'audio has no samples'],
    ['NaN', Float32Array.of(0, NaN), 'audio holds NaN at sample 1 of channel 0'],
    ['infinity', buffer([[0, 1], [0, Infinity]]), 'holds Infinity at sample 1 of channel 1'], // prettier-ignore
    ['uneven channels', buffer([[0, 1], [0]]), 'channels of 2 and 1 samples'], // prettier-ignore
    ['a rate of a bomb', buffer([[0, 1]], 1), 'sampleRate is 1'],
    ['a file with such a rate', wavOf({ rate: 1 }), 'audio: sampleRate is 1'],
    ['no file', new Uint8Array(5), 'audio: 5 bytes are given that do not begin as one'],
    [
      'other numbers',
      { ...buffer([[0]]), getChannelData: () => [0] },
      'channel 0 of audio is no Float32Array',
    ],
  ])('refuses %s', async (_, given, what) => {
    await expect(read(given)).rejects.toThrow(what);
  });
});
