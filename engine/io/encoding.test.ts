/** Where tokens come from, pairs, cuts and windows, beside Python's tokenizers (tests/fixtures/io/make_tokenizer_offsets.py). */
import { describe, expect, test } from 'vitest';
import {
  characterTokenizer,
  encodingOf,
  tokenizerFromJson,
  windowsOf,
  type Encoding,
  type Tokenizer,
} from './tokenizer';
import kindsText from '../../tests/fixtures/io/tokenizer-kinds.json?raw';
import offsetsText from '../../tests/fixtures/io/tokenizer-offsets.json?raw';

interface Kind {
  readonly name: string;
  readonly model: { readonly use: string };
}
type Described = [ids: number[], segments: number[], texts: number[], offsets: number[]];
type Cases = Record<string, Described | (Described | [number[]])[] | null>;

const kinds = JSON.parse(kindsText) as {
  texts: string[];
  models: Record<string, { type: string; vocab: string[] }>;
  kinds: Kind[];
};
const fixture = JSON.parse(offsetsText) as {
  places: Record<string, string>;
  results: (string | null)[][];
  pairs: Record<string, (Cases & { texts: [number, number] })[]>;
};

function tokenizerOf(kind: Kind): Promise<Tokenizer> {
  const { use, ...changes } = kind.model;
  const model = { ...kinds.models[use], ...changes };
  if (model.type === 'Unigram') return tokenizerFromJson({ ...kind, model });
  const vocab = Object.fromEntries(model.vocab.map((token, id) => [token, id]));
  return tokenizerFromJson({ ...kind, model: { ...model, vocab } });
}

/** Two digits of base 36 each. */
function numbers(digits: string): number[] {
  return Array.from({ length: digits.length / 2 }, (_, i) => parseInt(digits.slice(2 * i, 2 * i + 2), 36));
}

/** Where Python is wrong: it forgets characters that it leaves out, and the places of all that follows move. */
const PYTHON_FORGETS: Readonly<Record<string, readonly string[] | 'any'>> = {
  'BPE that leaves unknown text out': 'any',
  'BPE with some bytes': 'any',
  ...Object.fromEntries(
    ['normalizer Precompiled', 'Precompiled, Metaspace first', 'T5', 'XLM-R', 'ALBERT'].map((name) => [
      name,
      ['\ufeffBOM\ufeff x'],
    ]),
  ),
};

const named = kinds.kinds.filter(({ name }) => name in fixture.places);

describe.each(named)('$name', (kind) => {
  test('tokens come from the places that Python tells', async () => {
    const tokenizer = await tokenizerOf(kind);
    const places = numbers(fixture.places[kind.name]);
    const wrong: string[] = [];
    kinds.texts.forEach((text, i) => {
      const wanted = fixture.results[i][places[i]];
      let got: number[] | null = null;
      try {
        const { ids, offsets } = encodingOf(tokenizer, text, { special: false });
        if (!/cut|padded/.test(kind.name))
          expect([...ids]).toEqual([...tokenizer.encode(text, { special: false })]);
        got = [...offsets];
      } catch {
        expect(wanted).toBeNull();
      }
      const known = PYTHON_FORGETS[kind.name];
      if (known === 'any' || known?.includes(text)) return;
      if (wanted !== null && String(got) !== String(numbers(wanted)))
        wrong.push(`${JSON.stringify(text)}: ${String(got)} for ${String(numbers(wanted))}`);
    });
    expect(wrong).toEqual([]);
  });
});

const described = ({ ids, segments, texts, offsets }: Encoding): Described => [
  [...ids],
  [...segments],
  [...texts],
  [...offsets],
];

describe.each(Object.entries(fixture.pairs))('pairs with %s', (name, cases) => {
  test('are those of Python, whole, cut and in windows', async () => {
    const tokenizer = await tokenizerOf(kinds.kinds.find((kind) => kind.name === name)!);
    for (const { texts, ...rest } of cases) {
      const [text, pair] = texts.map((i) => kinds.texts[i]);
      for (const [what, wanted] of Object.entries(rest)) {
        const [, cut, length] = /^(longest|only)_(?:first|second) (\d+)$/.exec(what) ?? [];
        const which = cut === 'longest' ? 'longest' : what.includes('first') ? 'first' : 'second';
        const say = `${what}: ${JSON.stringify([text, pair])}`;
        const make = (): Cases[string] => {
          if (what === 'whole') return described(encodingOf(tokenizer, text, { pair }));
          if (what === 'windows') {
            const windows = windowsOf(tokenizer, text, { pair, maxLength: 14, stride: 2 }).map(described);
            return windows.map((window, i): Described | [number[]] => (i === 0 ? window : [window[0]]));
          }
          return described(encodingOf(tokenizer, text, { pair, maxLength: Number(length), cut: which }));
        };
        if (wanted === null) expect(make, say).toThrow(/too long|have place for|special tokens are/);
        else expect(JSON.stringify(make()), say).toBe(JSON.stringify(wanted));
      }
    }
  });
});

test('characters come from where they stand', () => {
  const tokenizer = characterTokenizer('a😀b', { unknown: 'skip' });
  const { ids, offsets, words, texts } = encodingOf(tokenizer, 'b😀?a', {
    pair: 'b',
    maxLength: 3,
    cut: 'first',
  });
  expect([...ids].map((id) => tokenizer.token(id))).toEqual(['b', '😀', 'b']);
  expect([...offsets]).toEqual([0, 1, 1, 3, 0, 1]);
  expect([[...words], [...texts]]).toEqual([
    [0, 1, 0],
    [0, 0, 1],
  ]);
});

test('refuses lengths that leave no place', () => {
  const tokenizer = characterTokenizer('abc');
  expect(() => encodingOf(tokenizer, 'abc', { maxLength: 0 })).toThrow(
    /maxLength is 0, special tokens are 0/,
  );
  expect(() => windowsOf(tokenizer, 'abc', { maxLength: 2, stride: 2 })).toThrow(
    /have place for 2, and share 2/,
  );
  expect(() => encodingOf(tokenizer, 'abc', { cut: 'none' as never })).toThrow(/cut is none/);
  expect(() => encodingOf(tokenizer, 'abc', { pair: 3 as never })).toThrow(/the text is a number/);
});
