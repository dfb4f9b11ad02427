/** TensorBoard's event files: records with checksums (TFRecord), each of which is an Event of protocol buffers. */
import { EngineError, expectOptions } from '../../../engine/index';
import { joined } from '../../joined';
import type { Log } from './log';

/** Takes bytes, in order; what it returns is awaited. */
export type WriteBytes = (bytes: Uint8Array<ArrayBuffer>) => unknown;

/** What an `eventLog` takes for the time. */
export interface EventLogOptions {
  /** Seconds since 1970, of an event. Default: the clock's. */
  readonly now?: () => number;
}

/**
 * A log that TensorBoard opens, in the form of its event files: write it to a file whose name holds "tfevents", such as
 * events.out.tfevents.1700000000.heed, in a folder for each run. Numbers become scalars, rounded to f32 as there.
 *
 * Throws `EngineError` for a step that is no whole number: such a file could not be read.
 */
export function eventLog(write: WriteBytes, options: EventLogOptions = {}): Log {
  const { now = () => Date.now() / 1000 } = options;
  expectOptions('eventLog', options, { now });
  let begun = false;
  return async (numbers, { step }) => {
    if (!Number.isSafeInteger(step) || step < 0)
      throw new EngineError('eventLog', `step is ${step}`, 'Use a whole number of at least 0.');
    const records: Uint8Array[] = [];
    if (!begun) records.push(record(event(now(), 0, text(3, 'brain.Event:2'))));
    begun = true;
    const values = Object.entries(numbers).map(([tag, value]) =>
      message(1, bytesOf([text(1, tag), float(2, value)])),
    );
    if (values.length > 0) records.push(record(event(now(), step, message(5, bytesOf(values)))));
    await write(bytesOf(records));
  };
}

/** Event: wall_time 1, step 2, and what happened. A step of 0 is not written, as protocol buffers have it. */
const event = (time: number, step: number, what: Uint8Array): Uint8Array =>
  bytesOf([double(1, time), ...(step === 0 ? [] : [key(2, 0), varint(step)]), what]);

const key = (field: number, kind: number): Uint8Array => varint(field * 8 + kind);

function varint(n: number): Uint8Array {
  const bytes: number[] = [];
  for (; n >= 128; n = Math.floor(n / 128)) bytes.push((n % 128) | 128);
  return Uint8Array.of(...bytes, n);
}

function double(field: number, x: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, x, true);
  return bytesOf([key(field, 1), bytes]);
}

function float(field: number, x: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, x, true);
  return bytesOf([key(field, 5), bytes]);
}

const message = (field: number, bytes: Uint8Array): Uint8Array =>
  bytesOf([key(field, 2), varint(bytes.length), bytes]);

const text = (field: number, value: string): Uint8Array => message(field, new TextEncoder().encode(value));

/** Length (8 bytes) and its checksum, the data and its checksum. */
function record(data: Uint8Array): Uint8Array {
  const length = new Uint8Array(8);
  new DataView(length.buffer).setUint32(0, data.length, true);
  return bytesOf([length, masked(length), data, masked(data)]);
}

/** CRC-32C, turned and shifted as TFRecord has it, so that a checksum of checksums is none. */
function masked(bytes: Uint8Array): Uint8Array {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  crc = ~crc >>> 0;
  const mask = (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
  const four = new Uint8Array(4);
  new DataView(four.buffer).setUint32(0, mask, true);
  return four;
}

function bytesOf(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return joined(Uint8Array, parts);
}
