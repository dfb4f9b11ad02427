/** WAV files with headers that may lie. */

export interface Written {
  readonly kind?: number;
  readonly channels?: number;
  readonly rate?: number;
  readonly bits?: number;
  /** Bytes of the samples. */
  readonly data?: readonly number[];
  /** What the header says of their size. Default: as many as there are. */
  readonly says?: number;
  /** Chunks before the samples. */
  readonly before?: readonly number[];
  readonly frame?: number;
  readonly extensible?: boolean;
}

const word = (text: string): number[] => Array.from(text, (c) => c.charCodeAt(0));
const le = (value: number, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** i) % 256);

export function wavOf(written: Written = {}): Uint8Array {
  const { kind = 1, channels = 1, rate = 16_000, bits = 16, data = [0, 64], before = [] } = written;
  const { says = data.length, frame = (channels * bits) / 8, extensible = false } = written;
  const format = [
    ...le(extensible ? 0xfffe : kind, 2),
    ...[...le(channels, 2), ...le(rate, 4), ...le(rate * frame, 4), ...le(frame, 2), ...le(bits, 2)],
    ...(extensible
      ? [...le(22, 2), ...le(bits, 2), ...le(0, 4), ...le(kind, 2), ...new Array<number>(14).fill(0)]
      : []),
  ];
  const chunks = [
    ...word('fmt '),
    ...le(format.length, 4),
    ...format,
    ...before,
    ...word('data'),
    ...le(says, 4),
    ...data,
  ];
  return Uint8Array.from([...word('RIFF'), ...le(4 + chunks.length, 4), ...word('WAVE'), ...chunks]);
}
