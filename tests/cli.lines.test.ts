// Lines of the standard input stand beside the lines of the standard output, whatever is in them.
import { Readable } from 'node:stream';
import process from 'node:process';
import { afterAll, afterEach, expect, it, vi } from 'vitest';
import { linesOf } from '../cli/lines';
import { translate } from '../cli/translate';
import { readPairs } from '../engine/data';
import { TranslationModel, Translator } from '../models/translation/index';

// Files share modules: those that import what is mocked are loaded anew for this one, and for the next.
vi.hoisted(() => vi.resetModules());
afterAll(() => {
  vi.doUnmock('../cli/device');
  vi.doUnmock('../cli/files');
  vi.resetModules();
});
vi.mock('../cli/device', async (original) => ({
  ...(await original<object>()),
  openDevice: () => Promise.resolve({ info: { description: 'none' }, [Symbol.dispose]: () => undefined }),
}));
vi.mock('../cli/files', async (original) => ({
  ...(await original<object>()),
  readWhole: () => Promise.resolve(new Blob()),
}));
afterEach(() => vi.restoreAllMocks());

async function linesIn(text: string | Uint8Array, size = Infinity): Promise<string[]> {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) || 1 }, (_, i) =>
    bytes.subarray(i * size, Math.min(bytes.length, (i + 1) * size)),
  );
  const lines: string[] = [];
  for await (const line of linesOf(Readable.from(pieces)))
    lines.push(typeof line === 'string' ? line : `! ${line.message}`);
  return lines;
}

/** Everything that something calls a line break, and is none here. */
const ODD = ['\u2028', '\u2029', '\x85', '\v', '\f', '\r', '\x1c', '\x1d', '\x1e'];

it('lines end at line feeds alone', async () => {
  for (const mark of ODD) {
    expect(await linesIn(`The cat.${mark}The dog.\nThe tree.\n`), JSON.stringify(mark)).toEqual([
      `The cat.${mark}The dog.`,
      'The tree.',
    ]);
  }
  expect(await linesIn('a\r\nb\r\r\n\r\n\nc')).toEqual(['a', 'b\r', '', '', 'c']);
  expect(await linesIn('')).toEqual([]);
  expect(await linesIn('\n')).toEqual(['']);
  expect(await linesIn('\ufeffa\n\ufeffb\n')).toEqual(['a', '\ufeffb']);
});

it('as they come in pieces of any size; other bytes cost their own line', async () => {
  const text = '春の\u2028海\r\n\nnaïve ❄️\nend';
  for (const size of [1, 2, 3, 5, 7]) expect(await linesIn(text, size)).toEqual(await linesIn(text));
  const latin1 = Uint8Array.from([0x61, 0x0a, 0xe9, 0x0a, 0x62]);
  expect(await linesIn(latin1)).toEqual([
    'a',
    '! standard input: it is not UTF-8. Convert it, for instance with iconv.',
    'b',
  ]);
});

it('a line in is a line out, and the right one is told to be wrong', async () => {
  const upper = (texts: readonly string[]) =>
    Promise.resolve(texts.map((source) => ({ source, text: source.toUpperCase(), pieces: [] })));
  vi.spyOn(TranslationModel, 'open').mockResolvedValue({} as TranslationModel);
  vi.spyOn(Translator, 'create').mockResolvedValue({
    translate: upper,
    [Symbol.dispose]: () => undefined,
  } as unknown as Translator);
  let [out, told] = ['', ''];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((told += String(text)), true));
  const put = async (bytes: Uint8Array | string): Promise<number> => {
    [out, told] = ['', ''];
    vi.spyOn(process, 'stdin', 'get').mockReturnValue(
      Readable.from([bytes]) as unknown as typeof process.stdin,
    );
    return translate([], { model: 'm', beams: 1, nBest: 1, lengthPenalty: 1 });
  };
  expect(await put('The cat.\u2028The dog.\nThe tree.\r\n\nend')).toBe(0);
  expect(out).toBe('THE CAT.\u2028THE DOG.\nTHE TREE.\n\nEND\n');
  expect(await put(Uint8Array.from([0x61, 0x0a, 0xff, 0x0a, 0x62, 0x0a]))).toBe(1);
  expect(out).toBe('A\n\nB\n');
  expect(told).toBe('heed: line 2: standard input: it is not UTF-8. Convert it, for instance with iconv.\n');
});

it('pairs are read by the same rule', async () => {
  for (const mark of ODD) {
    const { pairs, lines } = await readPairs(`a${mark}b\tc\r\nd\te\n`);
    expect(lines, JSON.stringify(mark)).toBe(2);
    expect(pairs.map(({ target }) => target)).toEqual(['c', 'e']);
  }
  // The mark within a field is no beginning of one: these quotation marks belong to the text.
  expect((await readPairs('x\r"y"\tz\n"a"\tb\n')).quotes).toBe('literal');
  expect((await readPairs('"x"\tz\r\n"a"\t"b"\r\n')).quotes).toBe('enclosing');
});
