import { describe, expect, test, vi } from 'vitest';
import { DataError } from '../errors';
import { describeSkipped, readPairs, type PairFile } from './pairs';

const utf8 = (text: string) => new TextEncoder().encode(text);
const rows = (file: PairFile) => file.pairs.map(({ source, target }) => `${source}|${target}`);
const utf16 = (text: string, bigEndian: boolean) => {
  const bytes = new Uint8Array(2 * text.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < text.length; i++) view.setUint16(2 * i, text.charCodeAt(i), !bigEndian);
  return bytes;
};
/** A stream that gives out pieces of so many bytes. */
const stream = (bytes: Uint8Array, size: number, cancel = () => {}) => {
  let at = 0;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.subarray(at, (at += size)));
    },
    cancel,
  });
};

const SAMPLE =
  'Hello.\tBonjour.\r\n\r\nI am 春 🚀.\tJe suis là.\tnote\tmore\r\nalone\r\n \t \r\nempty\t \nlast\tdernier';

describe('readPairs', () => {
  test('pairs, and what was skipped, from every kind of source', async () => {
    const bytes = utf8(SAMPLE);
    for (const source of [
      SAMPLE,
      `\ufeff${SAMPLE}`,
      bytes,
      utf8(`\ufeff${SAMPLE}`),
      bytes.buffer,
      new File([bytes], 'pairs.tsv'),
      utf16(`\ufeff${SAMPLE}`, false),
      utf16(`\ufeff${SAMPLE}`, true),
    ]) {
      const file = await readPairs(source);
      expect(rows(file)).toEqual(['Hello.|Bonjour.', 'I am 春 🚀.|Je suis là.', 'last|dernier']);
      expect(file.lines).toBe(7);
      expect(file.skipped).toEqual({
        empty: { count: 2, lines: [2, 5] },
        missingColumn: { count: 1, lines: [4] },
        emptyField: { count: 1, lines: [6] },
        openQuote: { count: 0, lines: [] },
      });
      expect(file.furtherColumns).toEqual({ count: 1, lines: [3] });
      expect(describeSkipped(file)).toBe(
        '4 rows skipped: 2 empty (lines 2, 5), 1 with a column missing (line 4), 1 with an empty source or target (line 6)',
      );
    }
    expect((await readPairs(utf16(`\ufeff${SAMPLE}`, true))).encoding).toBe('utf-16be');
  });

  const QUOTED =
    '"a ""quoted"" word"\t"tab\tinside"\r\nplain\tschlicht\r\n"two\r\nlines 春"\t"deux\n\nlignes"\r\nlast\t""\r\nend\tfin\r\n';

  test('pieces of any size give the same rows', async () => {
    for (const text of [SAMPLE, QUOTED]) {
      for (const encode of [utf8, (t: string) => utf16(`\ufeff${t}`, false)]) {
        const whole = await readPairs(encode(text));
        for (const size of [1, 2, 3, 5, 7, 11, 64]) {
          expect(await readPairs(stream(encode(text), size)), `pieces of ${size}`).toEqual(whole);
        }
      }
    }
  });

  test('fields in quotation marks: doubled marks, tabs and line breaks inside', async () => {
    const file = await readPairs(QUOTED);
    expect(file.quotes).toBe('enclosing');
    expect(rows(file)).toEqual([
      'a "quoted" word|tab inside',
      'plain|schlicht',
      'two lines 春|deux lignes',
      'end|fin',
    ]);
    expect(file.lines).toBe(8);
    expect(file.skipped.emptyField).toEqual({ count: 1, lines: [7] });
  });

  test('direct speech is no quoting', async () => {
    const text =
      '"Ah" is an interjection.\t"Ah" est une interjection.\n"Go," he said.\t"Va", dit-il.\n"Go."\t"Va."\n';
    const file = await readPairs(text);
    expect(file.quotes).toBe('literal');
    expect(rows(file)).toEqual(
      text
        .trim()
        .split('\n')
        .map((line) => line.replace('\t', '|')),
    );
    expect(rows(await readPairs('say "hi"\tdis «hi»\n"Go."\t"Va."\n'))[1]).toBe('"Go."|"Va."');
  });

  test('a quotation mark that is never closed costs its own line only', async () => {
    const many = Array.from({ length: 9000 }, (_, i) => `line ${i}\tligne ${i}\n`).join('');
    for (const tail of [many, 'b\tB\n']) {
      const file = await readPairs(`"a"\t"A"\n"open\tO\n${tail}`, { quotes: 'enclosing' });
      expect(file.pairs.length).toBe(tail.split('\n').length);
      expect(file.skipped.openQuote).toEqual({ count: 1, lines: [2] });
    }
    // Further down the head has already decided, and a later mark closes far too late.
    const late = await readPairs(`"a"\t"A"\n${many}"open\tO\n${many}${many}${many}"z"\t"Z"`);
    expect(late.quotes).toBe('enclosing');
    expect(late.pairs.length).toBe(2 + 4 * 9000);
    expect(late.skipped.openQuote).toEqual({ count: 1, lines: [9002] });
  });

  test('line ends of old Macs, other columns, a limit', async () => {
    expect(rows(await readPairs('a\tA\rb\tB\r\rc\tC'))).toEqual(['a|A', 'b|B', 'c|C']);
    expect(rows(await readPairs('1\thi\t7\tsalut\n2\tyes', { columns: [1, 3] }))).toEqual(['hi|salut']);
    expect(rows(await readPairs('A\ta\n', { columns: [1, 0] }))).toEqual(['a|A']);
    const first = await readPairs('a\tA\n\nb\tB\nc\tC\n', { limit: 2 });
    expect([rows(first), first.truncated, first.lines]).toEqual([['a|A', 'b|B'], true, 3]);
    expect((await readPairs('a\tA\nb\tB\n', { limit: 2 })).truncated).toBe(false);
    await expect(readPairs('a\tA', { columns: [1, 1] })).rejects.toThrow(/columns are 1 and 1/);
  });

  test.each<[string, Uint8Array<ArrayBuffer> | string, RegExp]>([
    ['empty', '', /the file is empty/],
    ['no bytes', new Uint8Array(0), /the file is empty/],
    ['only a mark', utf8('\ufeff'), /the file is empty/],
    [
      'one column',
      'one\ntwo\n',
      /none of its 2 lines holds a pair; 2 rows skipped.*lines 1, 2.*2 columns, a tab/,
    ],
    ['CSV', 'one,un\ntwo,deux\n', /The first has "," but no tab/],
    ['blank', '\n\n\t\n', /none of its 3 lines holds a pair; 3 rows skipped: 3 empty/],
    ['gzip', Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3), /it is a gzip archive, not tab-separated/],
    ['xlsx', utf8('PK\x03\x04 sheet'), /a ZIP archive/],
    ['zero bytes', utf8('abc\tdef\0\n'), /binary: a zero byte at offset 7/],
    ['UTF-16 without a mark', utf16('ab\tcd\n', false), /zero byte at offset 1.*byte order mark/],
    ['zero character', 'a\tb\0', /zero character at offset 3/],
    [
      'Latin-1',
      Uint8Array.of(0x61, 9, 0x62, 10, 0x63, 9, 0x65, 0xe9, 10),
      /0xE9 at offset 7, in line 2. Save it/,
    ],
    ['cut', utf8('a\tb\nc\t春').slice(0, -1), /ends inside a character, in line 2, at byte 6/],
    [
      'bad UTF-16',
      Uint8Array.of(0xff, 0xfe, 0x61, 0, 9, 0, 0, 0xdc, 10, 0),
      /not UTF-16LE, as its byte order/,
    ],
  ])('%s is an error', async (_, source, pattern) => {
    await expect(readPairs(source)).rejects.toThrow(pattern);
    await expect(readPairs(source)).rejects.toBeInstanceOf(DataError);
    if (typeof source !== 'string') await expect(readPairs(stream(source, 1))).rejects.toThrow(pattern);
  });

  test('errors name the file; a wrong byte far into a stream is told by line and offset', async () => {
    const lines = utf8('source\tcible\n'.repeat(40_000));
    const bytes = new Uint8Array([...lines, 0x61, 0xff, 9, 0x62]);
    await expect(readPairs(new File([bytes], 'a.tsv'))).rejects.toThrow(
      /^a\.tsv: it is not UTF-8: byte 0xFF at offset 520001, in line 40001\./,
    );
  });

  test('progress, abort, a source that fails', async () => {
    const bytes = utf8('source\tcible\n'.repeat(100_000));
    const onProgress = vi.fn();
    expect((await readPairs(new Blob([bytes]), { onProgress })).pairs.length).toBe(100_000);
    expect(onProgress.mock.calls.length).toBeGreaterThan(3);
    expect(onProgress.mock.lastCall).toEqual([{ loaded: bytes.length, total: bytes.length }]);

    const cancel = vi.fn();
    const controller = new AbortController();
    const reading = readPairs(stream(bytes, 1000, cancel), {
      signal: controller.signal,
      onProgress: ({ loaded }) => loaded > 5000 && controller.abort(new Error('enough')),
    });
    await expect(reading).rejects.toThrow('enough');
    expect(cancel).toHaveBeenCalledOnce();
    await expect(readPairs('a\tb', { signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no');

    const failing = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.error(new Error('gone')),
    });
    await expect(readPairs(failing, { name: 'x.tsv' })).rejects.toThrow(
      /x\.tsv: it could not be read \(gone\)/,
    );
  });

  test('a line of many megabytes is refused where it stands, not searched again with each piece', async () => {
    const bytes = new Uint8Array(1 << 26).fill(0x61);
    bytes.set(utf8('a\tb\n'));
    const onProgress = vi.fn();
    await expect(readPairs(new File([bytes], 'long.tsv'), { onProgress })).rejects.toThrow(
      /^long\.tsv: line 2 has more than 4194304 characters/,
    );
    expect((onProgress.mock.lastCall as [{ loaded: number }])[0].loaded).toBeLessThan(1 << 23);
    bytes.set(utf8('"a\nb"\t'));
    await expect(readPairs(bytes)).rejects.toThrow('line 1 has more than 4194304 characters');
    const long = 'a'.repeat(4_000_000);
    expect((await readPairs(`${long}\t${long}`, { limit: 1 }).catch(String)) as string).toContain(
      'line 1 has',
    );
    expect((await readPairs(`b\t${long}\nc\td`)).pairs[0].target).toBe(long);
  });

  test('white space around a line break goes in one pass', async () => {
    const spaces = ' '.repeat(500_000);
    const { pairs } = await readPairs(`"a${spaces}\rb${spaces}c"\t"d"\n`, { quotes: 'literal' });
    expect(pairs[0].source).toBe(`"a b${spaces}c"`);
  });
});
