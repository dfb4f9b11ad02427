// `npx heed run`, `embed` and `inspect` on a folder, as a person runs them: on Dawn.
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import fixture from './fixtures/tasks.json';
import { runHeed } from './harness/cli';
import { taskFiles } from './models/task_models';

const root = mkdtempSync(join(tmpdir(), 'heed-models-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

beforeAll(() => {
  for (const head of ['mask', 'model'] as const) {
    mkdirSync(join(root, head));
    for (const [name, file] of Object.entries(taskFiles(head)))
      writeFileSync(join(root, head, name), file instanceof Uint8Array ? file : JSON.stringify(file));
  }
});

const run = (args: readonly string[], input: string | Buffer = '') => runHeed(args, { cwd: root, input });

it('tells what a model is and takes', async () => {
  const { code, out } = await run(['inspect', 'mask', '--length', '16']);
  expect(out).toMatch(
    /family +BERT\nclass +BertForMaskedLM\nparameters +[\d,]+\nweights +[\d.]+ MiB of F32\n/,
  );
  expect(out).toMatch(/to run +[\d.]+ MiB of GPU memory[^]*to train +[\d.]+ MiB/);
  expect(code).toBe(0);
  const { family, refused } = JSON.parse((await run(['inspect', 'mask', '--json'])).out) as Record<
    string,
    unknown
  >;
  expect([family, refused]).toEqual(['BERT', null]);
});

it('does a task with arguments and with lines, and says which line it cannot read', async () => {
  const [first] = fixture.results.mask as unknown as { token_str: string }[][];
  const args = ['run', 'mask', '--task', 'fill-mask', '--top-k', '4'];
  const { out, code } = await run([...args, fixture.masked[0]]);
  const got = JSON.parse(out) as { token_str: string }[];
  expect(got.map(({ token_str }) => token_str)).toEqual(first.map(({ token_str }) => token_str));
  expect(code).toBe(0);
  const lines = await run(args, `${fixture.masked[0]}\nno mask here\n${fixture.masked[0]}\n`);
  expect(lines.out.trim().split('\n')).toEqual([out.trim(), 'null', out.trim()]);
  expect(lines.told).toContain('heed: line 2: fill: text 0 hides nothing. Write [MASK]');
  expect(lines.code).toBe(1);
});

it('ranks texts by a query', async () => {
  const { out, code } = await run(['embed', 'model', '--query', fixture.texts[1], ...fixture.texts]);
  expect(out.split('\n')[0]).toBe(`1.0000\t${fixture.texts[1]}`);
  expect(out.trim().split('\n')).toHaveLength(fixture.texts.length);
  expect(code).toBe(0);
});

it('embeds the lines that it can read, side by side with the others', async () => {
  const { out, told, code } = await run(['embed', 'model'], Buffer.from('a film\n\xff\nbad\n', 'latin1'));
  const lines = out.trim().split('\n');
  expect(lines.map((line) => line === 'null')).toEqual([false, true, false]);
  expect(told).toContain('heed: line 2: standard input: it is not UTF-8');
  expect(code).toBe(1);
});

it('reads no file outside of a folder, and none that is a folder', async () => {
  const step = (kind: string, path: string): object => ({
    ...{ type: `sentence_transformers.models.${kind}`, path },
  });
  cpSync(join(root, 'model'), join(root, 'outside'), { recursive: true });
  const steps = [step('Transformer', ''), step('Pooling', '../model')];
  writeFileSync(join(root, 'outside', 'modules.json'), JSON.stringify(steps));
  mkdirSync(join(root, 'odd', 'config.json'), { recursive: true });
  const [outside, odd] = [await run(['embed', 'outside', 'x']), await run(['inspect', 'odd'])];
  expect(outside.told).toContain('the file "../model/config.json" lies outside of the model');
  expect(odd.told).toMatch(/heed: odd.config\.json: it is no file/);
  expect([outside.code, odd.code]).toEqual([1, 1]);
});

it('refuses what cannot be', async () => {
  const wrong = async (...args: string[]): Promise<string> => {
    const { told, code } = await run(args);
    expect(code).toBe(2);
    return told;
  };
  expect(await wrong('run', 'mask', '--task', 'fill-mask', '--labels', 'a', 'x')).toContain(
    'zero-shot-classification',
  );
  expect(await wrong('run', 'mask', '--task', 'fill-mask', '--tokens', '3', 'x')).toContain(
    'has no such option',
  );
  expect(await wrong('embed', 'mask', '--storage', 'int3', 'x')).toContain('f16, int8, int4, int4-64');
  expect(await wrong('inspect', 'a/b/c')).toContain('there is no folder "a/b/c"');
  expect(await wrong('inspect', '')).toContain('there is no folder ""');
  expect(await wrong('run', './nowhere', '--task', 'fill-mask', 'x')).toContain(
    'there is no folder "./nowhere"',
  );
});
