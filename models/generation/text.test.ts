import { describe, expect, it } from 'vitest';
import { Random } from '../../tests/harness/op';
import type { GenerateOptions } from './generate_options';
import type { Generator } from './generator';
import { generateText, StopStrings, type TextOptions } from './text';

/** The text that `stops` let through of pieces, and whether one was met. */
function through(pieces: readonly string[], stops: readonly string[]): [string, boolean] {
  const stop = new StopStrings(stops);
  let out = '';
  for (const piece of pieces) out += stop.push(piece);
  return [out + stop.end(), stop.met];
}

describe('stop strings', () => {
  it('cut to the letter, wherever pieces begin and end', () => {
    expect(through(['one tw', 'o', ' three'], ['two'])).toEqual(['one ', true]);
    expect(through(['one t', 'w'], ['two'])).toEqual(['one tw', false]);
    expect(through(['aab'], ['ab'])).toEqual(['a', true]);
    expect(through(['a', 'b', 'c', 'd'], ['abcd', 'bc'])).toEqual(['a', true]);
    expect(through(['abcd'], ['abcd', 'bc'])).toEqual(['a', true]);
    expect(through(['abc'], ['bc', 'abc'])).toEqual(['', true]);
    expect(through([''], [])).toEqual(['', false]);
  });

  it('cut alike in whatever pieces a text comes, and hold back no more than they must', () => {
    const random = new Random(3);
    const draw = (n: number): string => Array.from({ length: n }, () => 'ab'[random.below(2)]).join('');
    for (let k = 0; k < 300; k++) {
      const text = draw(12);
      const stops = Array.from({ length: 1 + random.below(3) }, () => draw(2 + random.below(3)));
      const ends = [...text].map((_, i) => stops.some((s) => text.slice(0, i + 1).endsWith(s)));
      const first = ends.indexOf(true) + 1;
      const longest = Math.max(...stops.filter((s) => text.slice(0, first).endsWith(s)).map((s) => s.length));
      const want = first > 0 ? text.slice(0, first - longest) : text;
      const stop = new StopStrings(stops);
      let out = '';
      for (let at = 0; at < text.length;) {
        const size = 1 + random.below(4);
        out += stop.push(text.slice(at, at + size));
        at += size;
        if (stop.met) break;
        const held = text.slice(out.length, Math.min(at, text.length));
        if (held !== '') expect(stops.some((s) => s.startsWith(held))).toBe(true);
      }
      expect(out + stop.end(), `${text} / ${stops.join(' ')}`).toBe(want);
    }
  });
});

describe('generateText', () => {
  const words = ['He', 'llo', ' wor', 'ld\n', '\nBye', '.'];
  let given: unknown[] = [];
  let ended = false;
  const generator = {
    async *generate(prompt: ArrayLike<number>, options: GenerateOptions) {
      given = [prompt, options];
      ended = false;
      try {
        for (const id of words.keys()) yield await Promise.resolve(id);
      } finally {
        ended = true;
      }
    },
  } as unknown as Generator;
  const decode = (ids: readonly number[]): string => ids.map((id) => words[id]).join('');
  const write = async (prompt: string | number[], options: TextOptions): Promise<string[]> => {
    const pieces: string[] = [];
    for await (const piece of generateText(generator, prompt, options)) pieces.push(piece);
    return pieces;
  };

  it('gives out pieces up to a stop string, and ends the generation', async () => {
    expect(await write([7], { tokenizer: decode, tokens: 3 })).toEqual(words);
    expect(given).toEqual([[7], { tokens: 3 }]);
    expect(await write([7], { tokenizer: decode, stopStrings: ['\n\n', 'xyz'] })).toEqual([
      ...['He', 'llo', ' wor', 'ld'],
    ]);
    expect(ended).toBe(true);
  });

  it('takes a tokenizer, and its texts', async () => {
    const tokenizer = {
      decoder: () => ({ push: (id: number) => words[id].toUpperCase(), end: () => '!' }),
      encode: (text: string) => [text.length],
    };
    expect((await write('four', { tokenizer, stopStrings: ['.'] })).join('')).toBe('HELLO WORLD\n\nBYE');
    expect(given[0]).toEqual([4]);
    expect((await write([1], { tokenizer })).join('')).toBe('HELLO WORLD\n\nBYE.!');
  });

  it('waits for characters that come in several tokens', async () => {
    const bytes = [[0xc3], [0xa4, 0x62], [0xe2, 0x82], [0xac], [0x63], [0xff]];
    const utf8 = (ids: readonly number[]): string =>
      new TextDecoder().decode(Uint8Array.from(ids.flatMap((id) => bytes[id])));
    expect(await write([1], { tokenizer: utf8 })).toEqual(['äb', '€', 'c', '\uFFFD']);
  });

  it('refuses what it cannot do', async () => {
    await expect(write('text', { tokenizer: decode })).rejects.toThrow('the prompt is a text, and nothing');
    await expect(write([1], {} as TextOptions)).rejects.toThrow(
      'generateText: there is no tokenizer. Give one',
    );
    const wrong = { tokenizer: decode, stopStrings: [''] };
    await expect(write([1], wrong)).rejects.toThrow(
      'generateText: stopStrings is [""]. Give a list of texts',
    );
  });
});
