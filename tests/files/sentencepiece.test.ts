/**
 * Models of SentencePiece beside sentencepiece itself, on 1,000 lines of ten scripts, and folders with them beside the slow
 * tokenizers of Transformers, which call it (tests/fixtures/io/make_sentencepiece.py).
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { asHex, DataError, encodingOf, fnv1a } from '../../engine/index';
import { loadTokenizer, type LoadedTokenizer } from '../../models/files/load_tokenizer';
import fixtureText from '../fixtures/io/sentencepiece.json?raw';
import { folderOf } from '../models/folders';

const fixture = JSON.parse(fixtureText) as {
  lines: string[];
  texts: string[];
  models: {
    name: string;
    model: string | null;
    size: number;
    hashes: string;
    ids: number[][];
    decoded: string[];
  }[];
  folders: { name: string; model: string; file: string; files: Record<string, string>; ids: number[][] }[];
};
type Bytes = Uint8Array<ArrayBuffer>;
const nfkc = readFileSync(new URL('../fixtures/io/sentencepiece-nfkc.model.gz', import.meta.url));
const modelOf = (name: string): Bytes => {
  const { model } = fixture.models.find((one) => one.name === name)!;
  return Uint8Array.from(gunzipSync(model === null ? nfkc : Buffer.from(model, 'base64')));
};

/** The model alone, as a T5 without further tokens has it. */
const bare = (model: Bytes): Promise<LoadedTokenizer> =>
  loadTokenizer(
    folderOf({
      'spiece.model': model,
      'tokenizer_config.json': { tokenizer_class: 'T5Tokenizer', extra_ids: 0, pad_token: null },
    }),
  );

describe('ids of sentencepiece', () => {
  test.each(fixture.models)('$name', async ({ name, hashes, ids, decoded }) => {
    const tokenizer = await bare(modelOf(name));
    const differences: object[] = [];
    for (const [i, line] of fixture.lines.entries()) {
      // What stands for end or unknown text is looked for in texts here, and by sentencepiece is not.
      if (/<\/?s>|<unk>/.test(line)) continue;
      const ours = [...tokenizer.encode(line, { special: false })];
      if (asHex(fnv1a(ours)) === hashes.slice(8 * i, 8 * i + 8)) continue;
      differences.push({
        i,
        line,
        ours: ours.map((id) => tokenizer.token(id)).join('|'),
        theirs: ids[i]?.map((id) => tokenizer.token(id)).join('|'),
      });
    }
    expect(differences).toEqual([]);
    for (const [i, own] of ids.entries()) {
      // Unknown text is spelt otherwise there: " ⁇ ".
      if (own.some((id) => tokenizer.token(id) === '<unk>')) continue;
      expect(tokenizer.decode(own), fixture.lines[i]).toBe(decoded[i]);
    }
  });

  test('lines that are left out are few', () => {
    expect(fixture.lines.length).toBe(1000);
    expect(fixture.lines.filter((line) => /<\/?s>|<unk>/.test(line)).length).toBeLessThan(80);
  });
});

describe('folders with models of SentencePiece', () => {
  test.each(fixture.folders)('$name', async ({ model, file, files, ids }) => {
    const utf8 = new TextEncoder();
    const texts = Object.entries(files).map(([name, text]): [string, Bytes] => [name, utf8.encode(text)]);
    const tokenizer = await loadTokenizer(folderOf({ ...Object.fromEntries(texts), [file]: modelOf(model) }));
    const differences = fixture.texts.slice(0, ids.length).flatMap((text, i) => {
      const ours = [...tokenizer.encode(text)];
      return JSON.stringify(ours) === JSON.stringify(ids[i]) ? [] : [{ text, ours, theirs: ids[i] }];
    });
    expect(differences).toEqual([]);
  });

  test('Marian has two sides', async () => {
    const { files, ids } = fixture.folders.find(({ name }) => name === 'Marian')!;
    const utf8 = new TextEncoder();
    const texts = Object.entries(files).map(([name, text]): [string, Bytes] => [name, utf8.encode(text)]);
    const folder = folderOf({ ...Object.fromEntries(texts), 'target.spm': modelOf('unigram nmt_nfkc') });
    const tokenizer = await loadTokenizer(folder, { part: 'target' });
    expect([...tokenizer.encode(fixture.texts[2])]).toEqual(ids[2]);
    expect(tokenizer.decode(tokenizer.encode('hello world'), { special: false })).toBe('hello world');
    await expect(loadTokenizer(folder)).rejects.toThrow(/source\.spm: it is not there/);
    const llama = folderOf({ 'tokenizer_config.json': { tokenizer_class: 'LlamaTokenizer' } });
    await expect(loadTokenizer(llama, { part: 'source' })).rejects.toThrow(
      /LlamaTokenizer has no part source/,
    );
  });
});

test('damaged models are refused or read, and end', async () => {
  let state = 7;
  const draw = (below: number): number => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) % below;
  const seen = { read: 0, refused: 0 };
  for (const { name } of fixture.models.slice(1)) {
    const model = modelOf(name);
    for (let i = 0; i < 60; i++) {
      const broken = model.slice(0, i % 3 === 0 ? draw(model.length) : model.length);
      for (let k = 0; k <= i % 5; k++) if (broken.length > 0) broken[draw(broken.length)] = draw(256);
      try {
        const tokenizer = await bare(broken);
        for (const line of fixture.lines.slice(0, 3)) tokenizer.encode(line);
        seen.read++;
      } catch (error) {
        expect(error, String(error)).toBeInstanceOf(DataError);
        seen.refused++;
      }
    }
  }
  expect(Math.min(seen.read, seen.refused)).toBeGreaterThan(20);
});

test('what is damaged, of another kind or not done is told', async () => {
  const refusal = async (model: Bytes, config: object = {}): Promise<string> => {
    const all = { tokenizer_class: 'LlamaTokenizer', ...config };
    const error: unknown = await loadTokenizer(
      folderOf({ 'tokenizer.model': model, 'tokenizer_config.json': all }),
    ).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DataError);
    return (error as DataError).message;
  };
  const model = modelOf('BPE as of Llama');
  expect(await refusal(model.slice(0, model.length - 3))).toMatch(
    /tokenizer\.model: byte \d+ of \d+ belongs to no field/,
  );
  expect(await refusal(new TextEncoder().encode('<!doctype html>'))).toMatch(/belongs to no field/);
  expect(await refusal(new Uint8Array(0))).toMatch(/it has no piece for unknown text/);
  expect(await refusal(modelOf('unigram nmt_nfkc'), { legacy: false })).toMatch(
    /legacy is false, which is not done/,
  );
  // A trainer_spec whose model_type is 3, behind the one that is there: the last counts.
  expect(await refusal(Uint8Array.from([...model, 0x12, 2, 0x18, 3]))).toMatch(/it cuts texts by words/);
});

test.each(fixture.models)('$name: tokens lie side by side where they stood', async ({ name }) => {
  const tokenizer = await bare(modelOf(name));
  for (const line of fixture.lines.slice(0, 100)) {
    const { ids, offsets } = encodingOf(tokenizer, line, { special: false });
    expect([...ids]).toEqual([...tokenizer.encode(line, { special: false })]);
    for (const [i, id] of ids.entries()) {
      const [from, to] = offsets.subarray(2 * i, 2 * i + 2);
      expect(to, line).toBeGreaterThan(from);
      expect(to, line).toBeLessThanOrEqual(line.length);
      // Plain words stand there as their tokens spell them.
      const token = tokenizer.token(id).replaceAll('▁', '');
      const stood = line.slice(from, to).normalize('NFKC').toLowerCase();
      if (/^[a-z]+$/.test(token) && !name.includes('rules')) expect(stood, line).toContain(token);
    }
  }
});
