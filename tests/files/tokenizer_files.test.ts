/**
 * Folders without tokenizer.json beside Transformers (tests/fixtures/io/make_tokenizer_files.py): the ids of the fast
 * tokenizer that AutoTokenizer makes of them, and of the slow one but where those two differ.
 */
import { describe, expect, test } from 'vitest';
import { DataError } from '../../engine/index';
import { loadTokenizer } from '../../models/files/load_tokenizer';
import fixtureText from '../fixtures/io/tokenizer-files.json?raw';
import { folderOf } from '../models/folders';

interface Case {
  readonly name: string;
  readonly vocabulary: number;
  /** Null: that of the vocabulary. */
  readonly files: Record<string, string | null>;
  readonly ids: number[][];
  readonly slow: (number[] | null)[];
}

const fixture = JSON.parse(fixtureText) as {
  texts: string[];
  vocabularies: Record<string, string | object>[];
  cases: Case[];
};
const utf8 = new TextEncoder();
const bytes = (text: string): Uint8Array<ArrayBuffer> => utf8.encode(text);

function filesOf({ vocabulary, files }: Case): Record<string, Uint8Array<ArrayBuffer>> {
  const shared = fixture.vocabularies[vocabulary];
  return Object.fromEntries(
    Object.entries(files).map(([name, text]) => {
      const own = text ?? shared[name];
      return [name, bytes(typeof own === 'string' ? own : JSON.stringify(own))];
    }),
  );
}

const named = (name: string): Case => fixture.cases.find((one) => one.name === name)!;

describe('folders without tokenizer.json', () => {
  test.each(fixture.cases)('$name', async (one) => {
    const tokenizer = await loadTokenizer(folderOf(filesOf(one)));
    const differences = fixture.texts.flatMap((text, i) => {
      const ours = [...tokenizer.encode(text)];
      return JSON.stringify(ours) === JSON.stringify(one.ids[i]) ? [] : [{ text, ours, theirs: one.ids[i] }];
    });
    expect(differences).toEqual([]);
    const same = one.slow.filter((ids) => ids === null).length;
    expect(same, 'texts where the slow tokenizer agrees').toBeGreaterThan(0.8 * fixture.texts.length);
  });

  test('line breaks of Windows change nothing', async () => {
    for (const name of ['BERT', 'GPT-2']) {
      const files = filesOf(named(name));
      const decoder = new TextDecoder();
      for (const file of Object.keys(files).filter((one) => one.endsWith('.txt')))
        files[file] = bytes(decoder.decode(files[file]).replaceAll('\n', '\r\n'));
      const tokenizer = await loadTokenizer(folderOf(files));
      for (const [i, text] of fixture.texts.entries())
        expect([...tokenizer.encode(text)], text).toEqual(named(name).ids[i]);
    }
  });

  test('settings come along', async () => {
    const one = await loadTokenizer(folderOf(filesOf(named('DistilBERT'))));
    expect(one).toMatchObject({ maxLength: 512, paddingSide: 'left', chatTemplates: {} });
    expect(one.special).toMatchObject({ cls: one.encode('')[0], sep: one.encode('')[1] });
  });

  test('what is missing, damaged or not done is told by name', async () => {
    const refusal = async (
      change: Record<string, Uint8Array<ArrayBuffer> | object | undefined>,
      name = 'GPT-2',
    ) => {
      const entries = Object.entries({ ...filesOf(named(name)), ...change }).filter(
        ([, file]) => file !== undefined,
      );
      const folder = folderOf(Object.fromEntries(entries) as Record<string, object>);
      const error: unknown = await loadTokenizer(folder).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(DataError);
      return (error as DataError).message;
    };
    expect(await refusal({ 'merges.txt': undefined })).toMatch(
      /^merges\.txt: it is not there, and neither is tokenizer\.json\. GPT2Tokenizer needs one of them/,
    );
    expect(await refusal({ 'merges.txt': bytes('#version\na b c\n') })).toMatch(
      /merges\.txt: line 2 is "a b c"/,
    );
    expect(await refusal({ 'vocab.json': bytes('{') })).toMatch(/vocab\.json: it is not JSON/);
    expect(await refusal({ 'vocab.json': [1] })).toMatch(/no object of tokens and ids/);
    expect(await refusal({ 'tokenizer_config.json': { tokenizer_class: 'CLIPTokenizerFast' } })).toMatch(
      /the files of CLIPTokenizer are not read\. Known are /,
    );
    expect(await refusal({ 'tokenizer_config.json': {} })).toMatch(
      /names no tokenizer_class, nor does a config\.json tell it/,
    );
    expect(
      await refusal(
        { 'tokenizer_config.json': { tokenizer_class: 'BertTokenizer', never_split: ['x'] } },
        'BERT',
      ),
    ).toMatch(/never_split is \["x"\], which is not done/);
    expect(
      await refusal(
        { 'tokenizer_config.json': { tokenizer_class: 'BertTokenizer', do_lower_case: 'no' } },
        'BERT',
      ),
    ).toMatch(/do_lower_case is "no"/);
    expect(
      await refusal({ 'tokenizer_config.json': { tokenizer_class: 'GPT2Tokenizer', padding_side: 'up' } }),
    ).toMatch(/padding_side is "up"/);
    expect(await refusal({ 'vocab.txt': bytes('a\n') }, 'BERT')).toMatch(
      /the id|not in the vocabulary|\[UNK\]/,
    );
  });
});

test('tokenizer.json goes first, under the settings of tokenizer_config.json', async () => {
  const files = filesOf(named('BERT'));
  const lower = await loadTokenizer(folderOf(files));
  const json = lower.toJson();
  const text = 'Hello WORLD';
  const opened = async (config: object) => [
    ...(await loadTokenizer(folderOf({ 'tokenizer.json': json, 'tokenizer_config.json': config }))).encode(
      text,
    ),
  ];
  expect(await opened({})).toEqual([...lower.encode(text)]);
  expect(await opened({ do_lower_case: false })).not.toEqual([...lower.encode(text)]);
  const size = lower.size;
  const extra = { [size]: { content: 'WORLD', special: false, normalized: false } };
  expect(await opened({ added_tokens_decoder: extra })).toContain(size);
});
