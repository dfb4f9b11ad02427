import { describe, expect, test, vi } from 'vitest';
import { DataError } from '../errors';
import { checkCorpus, firstInvalidByte, readText, splitText } from './text';

const utf8 = (text: string) => new TextEncoder().encode(text);
const bytes = (...values: number[]) => Uint8Array.from(values);

describe('readText', () => {
  test('UTF-8 from a file, a Blob, a buffer, a view and a string; the byte order mark goes', async () => {
    const text = 'To be — 春眠不覺曉 🚀\r\nend';
    const file = new File([utf8(`\ufeff${text}`)], 'poem.txt');
    for (const source of [file, new Blob([text]), utf8(text).buffer, utf8(text), text, `\ufeff${text}`]) {
      expect(await readText(source)).toBe(text);
    }
  });

  test('another encoding, when it is named', async () => {
    expect(await readText(bytes(0xb4, 0xba, 0x61), { encoding: 'gb18030' })).toBe('春a');
    expect(await readText(bytes(0xff, 0xfe, 0x61, 0, 0x62, 0), { encoding: 'utf-16le' })).toBe('ab');
    await expect(readText(utf8('ab'), { encoding: 'morse' })).rejects.toThrow(/unknown encoding "morse"/);
  });

  test.each<[string, Uint8Array<ArrayBuffer> | string, RegExp]>([
    [
      'Latin-1',
      bytes(0x63, 0x61, 0x66, 0xe9, 0x20, 0x61),
      /not UTF-8: byte 0xE9 at offset 3 of 6. Save it as UTF-8/,
    ],
    ['overlong', bytes(0x61, 0xc0, 0xaf, 0x61), /byte 0xC0 at offset 1/],
    ['surrogates', bytes(0x61, 0xed, 0xa0, 0x80), /byte 0xED at offset 1/],
    ['cut inside a character', utf8('ab春').slice(0, 4), /ends inside a character, at byte 2 of 4/],
    ['UTF-16', bytes(0xff, 0xfe, 0x61, 0), /it is UTF-16LE.*encoding: 'utf-16le'/],
    ['zero bytes', bytes(0x61, 0x62, 0, 0x63), /binary: a zero byte at offset 2/],
    ['PDF', utf8('%PDF-1.7\n…'), /a PDF document/],
    ['docx', utf8('PK\x03\x04word'), /a ZIP archive/],
    ['empty', new Uint8Array(0), /the text is empty/],
    ['only a byte order mark', utf8('\ufeff'), /the text is empty/],
    ['white space', ' \n\t ', /all 4 characters are white space/],
    ['one character', 'aaaaaa', /its 6 characters are all "a"/],
    ['one character outside the BMP', '🚀🚀🚀', /its 3 characters are all "🚀"/],
    ['zero character in a string', 'ab\0', /zero character at 2/],
  ])('%s is an error', async (_, source, pattern) => {
    await expect(readText(source)).rejects.toThrow(pattern);
    await expect(readText(source)).rejects.toBeInstanceOf(DataError);
  });

  test('errors name the file', async () => {
    const file = new File([bytes(0x61, 0xff)], 'notes.txt');
    await expect(readText(file)).rejects.toThrowErrorMatchingInlineSnapshot(
      `[DataError: notes.txt: it is not UTF-8: byte 0xFF at offset 1 of 2. Save it as UTF-8 in a text editor, or name its encoding (often gb18030 or windows-1252).]`,
    );
  });
});

test('firstInvalidByte agrees with TextDecoder on random bytes', () => {
  let seed = 1;
  const random = () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const interesting = [
    0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf1,
    0xf4, 0xf5,
  ];
  const strict = new TextDecoder('utf-8', { fatal: true });
  const valid = (part: Uint8Array) => {
    try {
      strict.decode(part);
      return true;
    } catch {
      return false;
    }
  };
  let invalid = 0;
  for (let round = 0; round < 20_000; round++) {
    const sample = Uint8Array.from(
      { length: 6 },
      () => interesting[Math.floor(random() * interesting.length)],
    );
    const at = firstInvalidByte(sample);
    expect(at === sample.length).toBe(valid(sample));
    expect(valid(sample.subarray(0, at))).toBe(true);
    if (at < sample.length) invalid++;
  }
  expect(invalid).toBeGreaterThan(1000);
});

describe('splitText', () => {
  test("nanoGPT's cut of tiny Shakespeare", () => {
    const { train, validation } = splitText(new Uint32Array(1_115_394));
    expect([train.length, validation.length]).toEqual([1_003_854, 111_540]);
  });

  test('counts characters, not UTF-16 units, and never cuts one', () => {
    expect(splitText('abcdefghij')).toEqual({ train: 'abcdefghi', validation: 'j' });
    expect(splitText('😀😀ab', 0.75)).toEqual({ train: '😀', validation: '😀ab' });
    expect(splitText('a😀😀b', 0.25)).toEqual({ train: 'a😀😀', validation: 'b' });
    expect(splitText('ab', 0)).toEqual({ train: 'ab', validation: '' });
    expect(() => splitText('ab', 1)).toThrow(/validation share is 1/);
  });
});

describe('checkCorpus', () => {
  const ids = (length: number) => Uint32Array.from({ length }, (_, i) => i % 7);

  test('each part must hold an example', () => {
    const split = { train: ids(65), validation: ids(65) };
    expect(() => checkCorpus(split, 64)).not.toThrow();
    expect(() => checkCorpus({ ...split, validation: ids(0) }, 64)).not.toThrow();
    expect(() => checkCorpus({ ...split, train: ids(64) }, 64)).toThrowErrorMatchingInlineSnapshot(
      `[DataError: text: 64 tokens to train on, but a context of 64 needs at least 65. Use a longer text or a smaller context.]`,
    );
    expect(() =>
      checkCorpus({ train: ids(576), validation: ids(64) }, 64, 'poem.txt'),
    ).toThrowErrorMatchingInlineSnapshot(
      `[DataError: poem.txt: 64 tokens (10 %) to validate on, but a context of 64 needs at least 65. Use a longer text, a smaller context, or a larger validation share.]`,
    );
  });

  test('one token over and over', () => {
    const split = { train: new Uint32Array(100).fill(3), validation: ids(20) };
    expect(() => checkCorpus(split, 8)).toThrow(/all 100 training tokens are the same one \(id 3\)/);
  });
});

test('a text beyond the longest string is told as too long, not as cut short', async () => {
  // As Node does at 512 MiB of right UTF-8, and as an engine may that gives nothing.
  const decode = vi.spyOn(TextDecoder.prototype, 'decode');
  try {
    decode.mockImplementationOnce(() => '');
    await expect(readText(new TextEncoder().encode('naïve text'), { name: 'long.txt' })).rejects.toThrow(
      'long.txt: its 11 B are more than one text may have here (512 MiB in Chrome and Node). Cut it into',
    );
    decode.mockImplementationOnce(() => {
      throw new RangeError('Cannot create a string longer than 0x1fffffe8 characters');
    });
    await expect(readText(new TextEncoder().encode('naïve text'), { name: 'long.txt' })).rejects.toThrow(
      'long.txt: its 11 B are more than one text may have here',
    );
  } finally {
    decode.mockRestore();
  }
});
