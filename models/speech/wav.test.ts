// WAV files: every encoding that is read, and headers that lie.
import { describe, expect, it } from 'vitest';
import { wavOf, type Written } from '../../tests/harness/wav';
import { readWav } from './wav';

const word = (text: string): number[] => Array.from(text, (c) => c.charCodeAt(0));
const float = (...values: number[]): number[] => [...new Uint8Array(Float32Array.from(values).buffer)];

describe('readWav', () => {
  it('reads every depth', () => {
    const first = (written: Written): number[] => [...readWav(wavOf(written)).channels[0]];
    expect(first({ bits: 8, data: [0, 128, 255, 192] })).toEqual([-1, 0, 127 / 128, 0.5]);
    expect(first({ bits: 16, data: [0, 0x80, 0, 0x40, 255, 255] })).toEqual([-1, 0.5, -1 / 2 ** 15]);
    expect(first({ bits: 24, data: [0, 0, 0x80, 0, 0, 0x40, 1, 0, 0] })).toEqual([-1, 0.5, 2 ** -23]);
    expect(first({ bits: 32, data: [0, 0, 0, 0x80, 0, 0, 0, 0x20] })).toEqual([-1, 0.25]);
    expect(first({ kind: 3, bits: 32, data: float(0.125, -2) })).toEqual([0.125, -2]);
    expect(first({ kind: 3, bits: 32, data: float(0.5), extensible: true })).toEqual([0.5]);
  });

  it('takes channels apart, and passes other chunks over', () => {
    const odd = [...word('LIST'), ...[3, 0, 0, 0], 1, 2, 3, 0];
    const { channels, sampleRate } = readWav(
      wavOf({ channels: 2, rate: 44_100, data: [0, 64, 0, 32, 0, 192, 0, 0], before: odd }),
    );
    expect([sampleRate, ...channels.map((one) => [...one])]).toEqual([44_100, [0.5, -0.5], [0.25, 0]]);
  });

  it('reads what was written into a pipe up to its end', () => {
    for (const says of [0xffffffff, 0]) expect([...readWav(wavOf({ says })).channels[0]]).toEqual([0.5]);
  });

  it.each<[Written, string]>([
    [{ says: 4_000_000_000 }, '4000000000 bytes of samples follow, and 2 do'],
    [{ data: [0, 0, 0] }, '3 bytes of samples are not in 2'],
    [{ data: [] }, 'no sample'],
    [{ channels: 0 }, '0 channels'],
    [{ channels: 65_535, frame: 65_534 }, '65535 channels'],
    [{ frame: 4 }, '1 channels of 16 bits take 4 bytes. They take 2'],
    [{ kind: 7, bits: 8 }, 'µ-law, 8 bits'],
    [{ kind: 3, bits: 64 }, 'floats, 64 bits'],
    [{ kind: 4660 }, 'format 4660'],
    [{ bits: 12, frame: 2 }, 'PCM, 12 bits'],
  ])('refuses %o', (written, what) => {
    expect(() => readWav(wavOf(written))).toThrow(what);
  });

  it('refuses what is cut off, and what is no WAV file', () => {
    const whole = wavOf();
    expect(() => readWav(whole.subarray(0, 30))).toThrow('its format has 10 bytes of 16');
    expect(() => readWav(whole.subarray(0, 36))).toThrow('no chunk of its samples');
    expect(() => readWav(whole.subarray(0, 12))).toThrow('no chunk of its format');
    expect(() => readWav(new Uint8Array(0))).toThrow('0 bytes are given');
    expect(() => readWav(Uint8Array.from(word('ID3 an mp3 file')))).toThrow('decodeAudioData');
    const long = whole.slice();
    long.set(word('RF64'));
    expect(() => readWav(long)).toThrow('more than 4 GB');
    const early = Uint8Array.from([...whole.subarray(0, 12), ...word('data'), ...[2, 0, 0, 0], 0, 0]);
    expect(() => readWav(early)).toThrow('samples come before its format');
  });
});
