/** Seeded changes of valid inputs: JSON by its structure, strings, bytes. */

import { Random } from '../../checks/data';

export class Draw extends Random {
  /** True once in n. */
  oneIn(n: number): boolean {
    return this.below(n) === 0;
  }

  of<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }
}

type Json = unknown;

const nested = (open: string, close: string, depth: number, core: string): Json =>
  JSON.parse(open.repeat(depth) + core + close.repeat(depth)) as Json;

/** What fields hold that nobody meant. Functions, so that no case changes another's. */
const ODD: readonly (() => Json)[] = [
  ...[
    null,
    true,
    false,
    0,
    -0,
    -1,
    1,
    2,
    3,
    0.5,
    -0.5,
    1e-300,
    7,
    255,
    256,
    1000,
    1e6,
    1e9,
    1e15,
    1e99,
    1.8e308,
  ],
  ...[2 ** 24, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53, -(2 ** 31), 0xfffffe, 0xffffff],
  ...[
    '',
    ' ',
    'a',
    '0',
    '1',
    'null',
    'NaN',
    '__proto__',
    'constructor',
    'toString',
    '\ud800',
    '\0',
    '$&',
    '../x',
    '😀',
  ],
  ...[
    '(a+)+$',
    '(',
    '[',
    '\\',
    '(?<!',
    'a{1,1000000}',
    '((a*)*)*',
    '.*.*.*.*x',
    '\\p{',
    '(?i',
    '%',
    'Infinity',
    '{}',
    '[]',
  ],
].map((value) => () => value);
const LARGE: readonly (() => Json)[] = [
  () => [],
  () => ({}),
  () => [null],
  () => [[]],
  () => ({ type: 'Sequence' }),
  () => ({ length: 1e9 }),
  () => Object.fromEntries([['__proto__x', 1]]),
  () => JSON.parse('{"__proto__":{"a":1}}') as Json,
  () => 'x'.repeat(20_000),
  () => Array.from({ length: 2000 }, (_, i) => i),
  () => nested('[', ']', 3000, ''),
  () => nested('{"a":', '}', 3000, '1'),
  () => nested('{"type":"Sequence","normalizers":[', ']}', 500, ''),
];
export const odd = (draw: Draw): Json => (draw.oneIn(4) ? draw.of(LARGE) : draw.of(ODD))();

const isObject = (value: Json): value is Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function mutatedString(text: string, draw: Draw): string {
  if (draw.oneIn(2) && /^\s*[{[]/.test(text)) {
    try {
      return JSON.stringify(mutatedJson(JSON.parse(text), draw));
    } catch {
      // only looks like it
    }
  }
  const at = draw.below(text.length + 1);
  const end = Math.min(text.length, at + 1 + draw.below(8));
  switch (draw.below(6)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + text.slice(end);
    case 2:
      return text.slice(0, at) + text.slice(at, end).repeat(1 + draw.below(50)) + text.slice(end);
    case 3:
      return text.toUpperCase();
    default:
      return text.slice(0, at) + String(draw.of(ODD)()) + text.slice(draw.oneIn(2) ? at : end);
  }
}

/** One change somewhere: deep places are as likely as shallow ones. */
function changed(value: Json, draw: Draw): Json {
  const children = isObject(value) ? Object.keys(value) : Array.isArray(value) ? [...value.keys()] : [];
  if (children.length > 0 && !draw.oneIn(5)) {
    const entries: [string, Json][] = Object.entries(value as object);
    const at = draw.below(entries.length);
    const [key, child] = entries[at];
    const again = (entry: [string, Json]): void => void entries.splice(at, 1, entry);
    switch (draw.below(12)) {
      case 0:
        entries.splice(at, 1);
        break;
      case 1:
        again([key, draw.of(entries)[1]]);
        break;
      case 2:
        again([key, odd(draw)]);
        break;
      case 3:
        if (Array.isArray(value)) for (let i = draw.below(30); i > 0; i--) entries.push([key, child]);
        else again([mutatedString(key, draw), child]);
        break;
      default:
        again([key, changed(child, draw)]);
    }
    return Array.isArray(value) ? entries.map(([, one]) => one) : Object.fromEntries(entries);
  }
  if (typeof value === 'string' && !draw.oneIn(3)) return mutatedString(value, draw);
  if (typeof value === 'number' && draw.oneIn(2)) {
    return draw.of([value + 1, value - 1, -value, value * 10, value * 1e6, value / 3, String(value)]);
  }
  return draw.of([() => odd(draw), () => [value], () => ({ a: value }), () => odd(draw)])();
}

export function mutatedJson(value: Json, draw: Draw): Json {
  let result = value;
  for (let i = 1 + draw.below(3); i > 0; i--) result = changed(result, draw);
  return result;
}

export function mutatedText(text: string, draw: Draw): string {
  let result = text;
  for (let i = 1 + draw.below(4); i > 0; i--) result = mutatedString(result, draw);
  return result;
}

export function mutatedBytes(bytes: Uint8Array, draw: Draw): Uint8Array<ArrayBuffer> {
  let result = bytes.slice();
  for (let i = 1 + draw.below(4); i > 0; i--) {
    const at = draw.below(result.length + 1);
    const end = Math.min(result.length, at + draw.below(64));
    const put = (...parts: (Uint8Array | readonly number[])[]): void => {
      result = Uint8Array.from(parts.flatMap((part) => [...part]));
    };
    switch (draw.below(6)) {
      case 0:
        if (at < result.length) result[at] ^= 1 << draw.below(8);
        break;
      case 1:
        if (at < result.length)
          result[at] = draw.of([0, 1, 9, 10, 13, 34, 0x7b, 0x7f, 0x80, 0xc0, 0xed, 0xff]);
        break;
      case 2:
        result = result.slice(0, at);
        break;
      case 3:
        put(result.subarray(0, at), result.subarray(end));
        break;
      case 4:
        put(result.subarray(0, end), result.subarray(at));
        break;
      default:
        put(
          result.subarray(0, at),
          Array.from({ length: draw.below(16) }, () => draw.below(256)),
          result.subarray(at),
        );
    }
  }
  return result;
}
