// The command line around a training and a translator that are none: signals, what may be overwritten, a lost device.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeEach, expect, it, vi } from 'vitest';
import { main } from '../cli/main';
import { ProgressDisplay } from '../cli/progress';
import { train } from '../cli/train';
import { translate } from '../cli/translate';
import { DeviceError } from '../engine/index';
import {
  TranslationModel,
  trainTranslation,
  Translator,
  type TranslationTrainingOptions,
  type TranslationTrainingResult,
} from '../models/translation/index';

// Files share modules: those that import what is mocked are loaded anew for this one, and for the next.
vi.hoisted(() => vi.resetModules());
afterAll(() => {
  vi.doUnmock('../cli/device');
  vi.doUnmock('../models/translation/index');
  vi.resetModules();
});
vi.mock('../cli/device', async (original) => ({
  ...(await original<object>()),
  openDevice: () => Promise.resolve({ info: { description: 'none' }, [Symbol.dispose]: () => undefined }),
}));
vi.mock('../models/translation/index', async (original) => ({
  ...(await original<object>()),
  trainTranslation: vi.fn(),
  translationWeights: (bytes: Uint8Array) => Promise.resolve(bytes),
}));

let folder = '';
const place = (name: string): string => join(folder, name);
const out = (): string => place('model.safetensors');
const saved = (): string => place('model.train.safetensors');
let told = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heed-cli-train-'));
  writeFileSync(place('pairs.tsv'), 'a\tb\nc\td\n');
  told = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    told += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.mocked(trainTranslation).mockReset();
  rmSync(folder, { recursive: true, force: true });
});

function result(reason: TranslationTrainingResult['reason']): TranslationTrainingResult {
  const bytes = Uint8Array.of(1);
  return {
    ...{ reason, step: 3, best: null, checkpoint: bytes, weights: bytes },
    ...{ chosen: 'last', chosenBy: null, metrics: null },
  };
}

/** `task` has the options of the training, and ends it or fails. */
function trains(task: (options: TranslationTrainingOptions) => TranslationTrainingResult): void {
  vi.mocked(trainTranslation).mockImplementation(async (options) => {
    await Promise.resolve();
    return task(options);
  });
}

const args = () => ({ data: [place('pairs.tsv')], out: out() });

it('a Ctrl-C that comes twice at once is one, and saves', async () => {
  const exit = vi.spyOn(process, 'exit').mockImplementation((() => undefined) as never);
  trains(({ signal }) => {
    process.emit('SIGINT');
    process.emit('SIGINT');
    expect(signal?.aborted).toBe(true);
    return result('aborted');
  });
  expect(await train(args())).toBe(130);
  expect(exit).not.toHaveBeenCalled();
  expect(told.match(/Stopping after this step/g)).toHaveLength(1);
  expect(told).toContain('Saved at step 3');
  expect(readdirSync(folder).sort()).toEqual(['model.safetensors', 'model.train.safetensors', 'pairs.tsv']);
});

it('a later Ctrl-C ends it at once, with terminal and folder in order', async () => {
  const end = vi.spyOn(ProgressDisplay.prototype, 'end');
  const exit = vi.spyOn(process, 'exit').mockImplementation((() => {
    expect(end).toHaveBeenCalled();
    expect(readdirSync(folder)).toEqual(['pairs.tsv']);
  }) as never);
  const now = performance.now();
  trains(({ signal }) => {
    process.emit('SIGINT');
    for (const name of [out(), saved()]) writeFileSync(`${name}.${process.pid}.tmp`, 'half');
    vi.spyOn(performance, 'now').mockReturnValue(now + 60_000);
    process.emit('SIGINT');
    expect(exit).toHaveBeenCalledWith(130);
    throw signal?.reason;
  });
  expect(await train(args())).toBe(130);
  expect(told).toContain('Interrupted before the first step');
});

it('a save that fails after Ctrl-C is an error', async () => {
  trains(() => {
    process.emit('SIGINT');
    mkdirSync(saved());
    return result('aborted');
  });
  expect(await main(['train', '--data', place('pairs.tsv'), '--out', out()])).toBe(1);
  expect(told).toMatch(/heed: .*model\.train\.safetensors: it cannot be written/);
  expect(told).not.toContain('nothing to save');
});

it('overwrites neither models nor data unasked, and is refused early what it could not write', async () => {
  trains(() => result('finished'));
  const { data } = args();
  writeFileSync(out(), 'a model');
  symlinkSync(place('pairs.tsv'), place('link'));
  for (const [wrong, message] of [
    [{ out: out() }, /model\.safetensors: there is a file already.*--overwrite/],
    [{ out: place('pairs.tsv'), overwrite: true }, /pairs\.tsv is among the data/],
    [{ out: place('link'), overwrite: true }, /link is among the data/],
    [{ out: folder, overwrite: true }, /there already and is not a file/],
    [{ out: place('nowhere/model') }, /cannot be written: there is no folder .*nowhere/],
    [{ out: place('pairs.tsv/model') }, /cannot be written: .*pairs\.tsv refuses it \(E/],
  ] as const) {
    await expect(train({ data, ...wrong })).rejects.toThrow(message);
  }
  expect(trainTranslation).not.toHaveBeenCalled();
  expect(await main(['train', '--out', out(), '--resume', '--overwrite'])).toBe(2);

  expect(await train({ data, out: out(), overwrite: true })).toBe(0);
  expect(told).toMatch(/Finished at step 3 in \d+ s, 0 source and target tokens\. .*the last step\.\n/);
  expect(existsSync(saved())).toBe(true);
  await expect(train({ data, out: out() })).rejects.toThrow(/there is a training already/);
});

it('a lost device ends a translation, not each of its lines', async () => {
  const lost = vi.fn().mockRejectedValue(new DeviceError('translate', 'the device was lost'));
  vi.spyOn(TranslationModel, 'open').mockResolvedValue({} as TranslationModel);
  vi.spyOn(Translator, 'create').mockResolvedValue({
    translate: lost,
    [Symbol.dispose]: () => undefined,
  } as unknown as Translator);
  vi.spyOn(process, 'stdin', 'get').mockReturnValue(
    Readable.from('one\ntwo\nthree\n') as unknown as typeof process.stdin,
  );
  const options = { model: place('pairs.tsv'), beams: 1, nBest: 1, lengthPenalty: 1 };
  await expect(translate([], options)).rejects.toThrow(/the device was lost/);
  expect(lost).toHaveBeenCalledTimes(2); // all lines, then the first
  expect(told).toBe('');
});
