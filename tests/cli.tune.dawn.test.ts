// `npx heed tune`, in this process: it teaches the writer that ships a text, and what it writes opens again.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it, vi } from 'vitest';
import { main } from '../cli/main';
import { modelFolder } from '../cli/model_folder';
import type { Device } from '../engine/index';
import { loadPeft } from '../models/adapters/index';
import { gpt2, load } from '../models/index';
import { withDevice } from './harness/device';

const root = mkdtempSync(join(tmpdir(), 'heed-tune-'));
const at = (name: string): string => join(root, name);
afterAll(() => rmSync(root, { recursive: true, force: true }));
let device: Device;
withDevice((opened) => (device = opened));

const writer = fileURLToPath(new URL('../demo/models/writer', import.meta.url));
writeFileSync(
  at('verse.txt'),
  'The owl and the pussy-cat went to sea in a beautiful pea-green boat.\n'.repeat(60),
);
writeFileSync(at('short.txt'), 'The owl.\n');
writeFileSync(at('latin.txt'), Buffer.from('caf\xe9', 'latin1'));

/** Runs a command; Ctrl-C is pressed once that has been told. */
async function run(args: readonly string[], until?: RegExp) {
  let told = '';
  const spy = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    told += String(text);
    if (until?.test(told)) {
      until = undefined;
      process.emit('SIGINT');
    }
    return true;
  });
  try {
    return { code: await main(['tune', ...args]), told };
  } finally {
    spy.mockRestore();
  }
}

const small = ['--data', at('verse.txt'), '--window', '16', '--batch', '2', '--lr', '5e-3', '--rank', '4'];

it('learns a text by LoRA, writes what PEFT reads, and the model with it merged', async () => {
  const out = ['--out', at('owl'), '--merge', at('whole'), '--log', at('course')];
  const { code, told } = await run([writer, ...small, ...out, '--steps', '12', '--evaluate-every', '6']);
  expect(told).toMatch(/\d+ tokens: \d+ to learn from, the last \d+ to judge by/);
  expect(told).toMatch(/lora: \d+ numbers learn beside \d+ \(\d\.\d\d %\)/);
  const [before, after] = [/loss before: ([\d.]+)/, /step 12 {2}loss ([\d.]+)/].map((part) =>
    Number(part.exec(told)?.[1]),
  );
  expect(after).toBeLessThan(before - 0.3);
  expect(code, told).toBe(0);
  expect(readdirSync(at('owl')).sort()).toEqual(['adapter_config.json', 'adapter_model.safetensors']);
  const config = JSON.parse(readFileSync(at('owl/adapter_config.json'), 'utf8')) as Record<string, unknown>;
  expect(config).toMatchObject({ peft_type: 'LORA', r: 4, lora_alpha: 8, task_type: 'CAUSAL_LM' });
  expect(readdirSync(at('whole'))).toContain('tokenizer.json');

  using loaded = await load(modelFolder(writer), { device, families: [gpt2] });
  using adapter = await loadPeft(loaded, modelFolder(at('owl')));
  await adapter.merge();
  using merged = await load(modelFolder(at('whole')), { device, families: [gpt2] });
  const theirs = await merged.store.readAll('weights');
  for (const [name, data] of await loaded.store.readAll('weights'))
    expect(theirs.get(name), name).toEqual(data);
});

it.each([
  ['adalora', { peft_type: 'ADALORA', target_r: 2, init_r: 3, total_step: 4 }, ['--rank', '2']],
  ['ia3', { peft_type: 'IA3' }, []],
  ['prompt', { peft_type: 'PROMPT_TUNING', num_virtual_tokens: 5 }, ['--prefix-length', '5']],
] as const)('learns by %s, too', async (kind, config, more) => {
  const args = ['--data', at('verse.txt'), '--window', '16', '--batch', '2', '--kind', kind, ...more];
  const { code, told } = await run([writer, ...args, '--steps', '4', '--out', at(kind)]);
  expect(told).toMatch(new RegExp(`${kind}: \\d+ numbers learn beside`));
  expect(code, told).toBe(0);
  expect(JSON.parse(readFileSync(at(`${kind}/adapter_config.json`), 'utf8'))).toMatchObject(config);
  using loaded = await load(modelFolder(writer), { device, families: [gpt2] });
  (await loadPeft(loaded, modelFolder(at(kind))))[Symbol.dispose]();
});

it('goes on where it was interrupted, and refuses what stands there already', async () => {
  const args = [writer, ...small, '--out', at('paused'), '--steps', '6', '--evaluate-every', '2'];
  const stopped = await run(args, /step 2 /);
  expect(stopped.code, stopped.told).toBe(130);
  const checkpoints = ['training.best.checkpoint', 'training.checkpoint'];
  expect(readdirSync(at('paused'))).toEqual(expect.arrayContaining(checkpoints));
  expect((await run(args)).told).toContain('there is something already. Go on with it (--resume)');
  const { code, told } = await run([...args, '--resume']);
  expect(told).toMatch(/paused has the adapter of step \d+\./);
  expect(code).toBe(0);
  expect(readdirSync(at('paused')).sort()).toEqual(['adapter_config.json', 'adapter_model.safetensors']);
});

it('keeps base, adapter and merged model apart, so that none is applied twice', async () => {
  const told = async (...args: string[]) => {
    const { code, told } = await run([writer, '--data', at('verse.txt'), '--overwrite', ...args]);
    return `${code}: ${told}`;
  };
  expect(await told('--out', at('twice'), '--merge', join(root, '.', 'twice'))).toMatch(
    /2: .*--merge: .*twice is --out, too/,
  );
  expect(await told('--out', writer)).toMatch(/2: .*--out: .*writer is MODEL, too/);
  mkdirSync(at('other'));
  writeFileSync(at('other/model.safetensors.index.json'), '{}');
  expect(await told('--out', at('other'))).toMatch(
    /1: .*index\.json: it would stand beside adapter_config\.json and adapter_model\.safetensors/,
  );
  mkdirSync(at('adapted'));
  writeFileSync(at('adapted/adapter_config.json'), '{}');
  expect(await told('--out', at('fine'), '--merge', at('adapted'))).toMatch(
    /1: .*adapter_config\.json: it would stand beside model\.safetensors/,
  );
});

it.each([
  [['--data', at('short.txt')], /the text has \d+ tokens, \d+ of them held out, and a window takes 129/, 1],
  [['--data', at('latin.txt')], /latin\.txt: it is no text in UTF-8/, 1],
  [['--data', at('none.txt')], /none\.txt: it cannot be read \(ENOENT\)/, 1],
  [[], /--data: no text is given/, 2],
  [['--data', at('verse.txt'), '--kind', 'prefix', '--rank', '4'], /--rank: it is not for --kind prefix/, 2],
  [
    ['--data', at('verse.txt'), '--kind', 'prompt', '--merge', 'x'],
    /--merge: it is not for --kind prompt/,
    2,
  ],
  [['--data', at('verse.txt'), '--window', '4096'], /--window: it is 4096\. Use at most 128/, 2],
  [
    ['--data', at('verse.txt'), '--kind', 'prefix', '--window', '120'],
    /--window: it is 120\. Use at most 112, what the model reads beside the prefix/,
    2,
  ],
  [['--data', at('verse.txt'), '--epochs', '1', '--steps', '2'], /--epochs is given, too/, 2],
] as const)('says what is wrong: %j', async (args, message, status) => {
  const { code, told } = await run([writer, ...args, '--out', at('never'), '--overwrite']);
  expect(told).toMatch(message);
  expect(code).toBe(status);
});
