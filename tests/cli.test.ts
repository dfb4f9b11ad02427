// `npx heed` as a person runs it: trains on Dawn, is interrupted, goes on, translates; and what it says of bad files.
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, it, vi } from 'vitest';
import { mustBeWritable, readAll, readWhole, writeWhole } from '../cli/files';
import { main } from '../cli/main';
import { CHANGEABLE, flag, SETTLED } from '../cli/options';
import { duration, durationInWords, ProgressDisplay } from '../cli/progress';
import { train as trainCommand } from '../cli/train';
import { completeSettings } from '../models/translation/settings';
import { runHeed, type RunOptions } from './harness/cli';

const folder = mkdtempSync(join(tmpdir(), 'heed-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const place = (name: string): string => join(folder, name);

const run = (args: readonly string[], options: Omit<RunOptions, 'cwd'> = {}) =>
  runHeed(args, { cwd: folder, ...options });

it('trains, is interrupted, goes on and translates', { timeout: 1_200_000 }, async () => {
  const letters = 'abcdefgh';
  const words = Array.from({ length: 80 }, (_, i) =>
    [i, i * 3, i * 5 + 1, i >> 3].map((k) => letters[k % 8]).join(''),
  );
  writeFileSync(
    place('pairs.tsv'),
    words.map((word) => `${word}\t${[...word.toUpperCase()].join(' ')}\n`).join(''),
  );
  const train = ['train', '--task', 'phonemes', '--data', 'pairs.tsv', '--out', 'model.safetensors'];
  const sizes = [
    '--tokens',
    '400',
    '--steps',
    '5000',
    '--evaluate-every',
    '20',
    '--sample',
    '4',
    '--average',
    '1',
  ];
  const first = await run([...train, ...sizes], { until: /^step 20 /m });
  expect(first.code, first.told).toBe(130);
  expect(first.told).toMatch(/Adapter: .+/);
  expect(first.told).toMatch(/76 pairs to train on, 4 to watch by/);
  expect(first.told).toMatch(
    /step 20 {2}validation loss \d\.\d+ {2}PER [\d.]+ % {2}WER [\d.]+ % {2}best so far by PER\n {4}[a-h]{4}\n/,
  );
  const [, step] =
    /Saved at step (\d+) in model\.train\.safetensors\. To go on, .* --resume/.exec(first.told) ?? [];
  expect(Number(step)).toBeGreaterThanOrEqual(20);

  const again = await run([...train, ...sizes]);
  expect([again.code, again.told]).toEqual([
    1,
    expect.stringMatching(/there is a training already.*--resume/),
  ]);
  const end = Number(step) + 10;
  const second = await run([...train, ...sizes, '--resume', '--steps', `${end}`]);
  expect(second.code, second.told).toBe(0);
  expect(second.told).toContain(`going on from step ${step}`);
  expect(second.told).toMatch(
    new RegExp(
      `^Finished at step ${end} in \\d+ (s|min), [\\d,]+ source and target tokens since step ${step}\\. model`,
      'm',
    ),
  );
  expect(readdirSync(folder).sort()).toEqual(['model.safetensors', 'model.train.safetensors', 'pairs.tsv']);

  const [data, out] = [[place('pairs.tsv')], place('model.safetensors')];
  const other = { preset: 'small', tokens: 400, lr: 1, maxLength: 100, dropout: 0.2, steps: 1 } as const;
  await expect(trainCommand({ task: 'translate', data, out, resume: true, ...other })).rejects.toThrow(
    /begun with --task phonemes, not translate; --preset tiny, not small; --lr 0\.003, not 1; --dropout 0\.1, not 0\.2\. Leave/,
  );

  const lines = `Bad face!\n\n${'a'.repeat(300)}\nd4\n`;
  const translated = await run(['translate', '--model', 'model.safetensors', '--beams', '2'], {
    input: lines,
  });
  expect(translated.code).toBe(1);
  expect(translated.out, translated.told).toMatch(/^([A-H]( |$))*\|? ?([A-H]( |$))*\n\n\n\n$/m);
  expect(translated.told).toMatch(/line 3: translate: a sentence has 300 tokens, but the model takes 255/);
  expect(translated.told).toMatch(/line 4: .*"4" \(U\+0034\) is not among the 8 characters/);
});

it.each<[string, string | Buffer | null, RegExp]>([
  ['missing.tsv', null, /there is no such file/],
  ['one.tsv', 'a\nb\n', /none of its 2 lines holds a pair.*a tab between/],
  ['commas.tsv', 'a,b\nc,d\n', /The first has "," but no tab/],
  [
    'picture.tsv',
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10, 0, 0, 0, 13]),
    /picture\.tsv: .*(binary|not text|UTF-8)/i,
  ],
  ['empty.tsv', '', /the file is empty/],
])('refuses %s', async (name, content, message) => {
  if (content !== null) writeFileSync(place(name), content);
  await expect(readAll([place(name)], () => undefined)).rejects.toThrow(message);
});

it('reads what is packed, other columns, several files; tells what it skips', async () => {
  writeFileSync(place('a.tsv.gz'), gzipSync('1\tcat\tchat\n2\tdog\n'));
  writeFileSync(place('b.tsv'), '3\tsun\tsoleil\t4\n');
  const told: string[] = [];
  const { pairs } = await readAll([place('a.tsv.gz'), place('b.tsv')], (line) => told.push(line), [2, 3]);
  expect(pairs).toEqual([
    { source: 'cat', target: 'chat' },
    { source: 'sun', target: 'soleil' },
  ]);
  expect(told.join('\n')).toMatch(/a\.tsv\.gz: 1 row skipped.*\nb\.tsv: columns after/);
  await expect(readAll([], () => undefined)).rejects.toThrow(/no pairs are given/);
});

it('a file that cannot be written leaves the one before as it was', async () => {
  const name = place('kept.bin');
  await writeWhole(name, Uint8Array.of(1, 2, 3));
  await writeWhole(name, Uint8Array.of(4));
  expect([...new Uint8Array(await (await readWhole(name)).arrayBuffer())]).toEqual([4]);
  mkdirSync(place('folder'));
  await expect(writeWhole(place('folder'), Uint8Array.of(5))).rejects.toThrow(/cannot be written \(E/);
  await expect(writeWhole(place('nowhere/x'), Uint8Array.of(5))).rejects.toThrow(
    /cannot be written \(ENOENT\)/,
  );
  expect(readdirSync(folder).filter((file) => file.endsWith('.tmp'))).toEqual([]);
  expect([...readFileSync(name)]).toEqual([4]);
  expect(existsSync(place('nowhere'))).toBe(false);
});

it.each<[string[], number, RegExp]>([
  [['nonsense'], 2, /unknown command 'nonsense'/],
  [['train', '--steps', 'many'], 2, /--steps <n>.*It must be a number/],
  [['train', '--seed', '4294967296'], 2, /a whole number from 0 to 4294967295/],
  [['train', '--languages', 'en'], 2, /Give two language codes/],
  [
    ['train', '--languages', 'en,klingon'],
    2,
    /"klingon" is no language code\. Use a code of BCP 47, such as en/,
  ],
  [['train'], 2, /--data: no pairs are given/],
  [['train', '--out', place('nowhere/x')], 2, /--data: no pairs are given/],
  [['train', '--data', place('missing'), '--out', place('nowhere/x')], 1, /missing: there is no such file/],
  [
    ['train', '--data', place('here.tsv'), '--schedule', 'cosine'],
    2,
    /--schedule cosine: it needs --lr and --steps/,
  ],
  [['train', '--data', place('here.tsv'), '--out', place('here.tsv'), '--overwrite'], 2, /is among the data/],
  [['translate', 'a'], 2, /required option '--model <file>'/],
  [['translate', '--model', place('missing'), 'a'], 1, /missing: there is no such file/],
  [['translate', '--model', place('missing'), '--beams', '65', 'a'], 2, /--beams: 65 are too many/],
  [['translate', '--model', place('missing'), '--n-best', '65', 'a'], 2, /--n-best: 65 are too many/],
  [
    ['translate', '--model', place('missing'), '--seed', '3', 'a'],
    2,
    /--seed: it is of --sample, which is not/,
  ],
  [['score'], 2, /required option '--model <file>'/],
  [['score', '--model', place('missing')], 1, /missing: there is no such file/],
  [['score', '--model', place('missing'), '--data', place('gone')], 1, /missing: there is no such file/],
  [['score', '--model', place('here.tsv')], 1, /here\.tsv/],
  [['--help'], 0, /Usage: heed/],
  [['--version'], 0, /^\d+\.\d+\.\d+\n$/],
  [['-V'], 0, /^\d+\.\d+\.\d+\n$/],
])('%j ends with status %i and says why', async (args, status, message) => {
  writeFileSync(place('here.tsv'), 'a\tb\nc\td\n');
  let told = '';
  const hear = (text: string | Uint8Array): boolean => ((told += String(text)), true);
  const streams = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation(hear),
  );
  try {
    expect(await main(args)).toBe(status);
  } finally {
    for (const stream of streams) stream.mockRestore();
  }
  expect(told.replaceAll(place('') + '/', '')).toMatch(message);
  if (args[0].startsWith('-') && /V|version/.test(args[0])) {
    const { version } = JSON.parse(
      readFileSync(fileURLToPath(new URL('../package.json', import.meta.url)), 'utf8'),
    ) as {
      version: string;
    };
    expect(told).toBe(`${version}\n`);
  }
});

it('durations', () => {
  expect([0, 65_400, 3_909_000].map(duration)).toEqual(['0:00', '1:05', '1:05:09']);
});

it('durations in words', () => {
  expect([0, 59_400, 3_570_000, 4_920_000].map(durationInWords)).toEqual([
    '0 s',
    '59 s',
    '1 h 0 min',
    '1 h 22 min',
  ]);
});

it('who stops reading ends it quietly; a log that is gone ends nothing', { timeout: 60_000 }, async () => {
  expect(await run(['--help'], { deaf: 'stdout' })).toEqual({ code: 0, out: '', told: '' });
  expect(await run(['nonsense'], { deaf: 'stderr' })).toEqual({ code: 2, out: '', told: '' });
});

it('without a terminal, lines of progress are 15 seconds and 2 % apart', () => {
  const stream = new PassThrough();
  const display = new ProgressDisplay(stream as unknown as NodeJS.WriteStream);
  const clock = vi.spyOn(performance, 'now');
  const steps = (seconds: number, total: number): string[] => {
    for (let done = 1; done <= total; done++) {
      clock.mockReturnValue((done * seconds * 1000) / total);
      display.show('train', done, total);
    }
    display.show('train', total, total);
    display.tell('end');
    return (stream.read() as Buffer).toString().trim().split('\n');
  };
  try {
    expect(steps(60, 600)).toEqual([1, 151, 301, 451, 600].map((n) => `train ${n}/600`).concat('end'));
    expect(steps(36_000, 36_000).length).toBeGreaterThan(100); // every 5 minutes
    expect(steps(3600, 3600).length).toBeLessThan(53);
  } finally {
    clock.mockRestore();
  }
});

it('--help says the defaults that there are, what resuming keeps, and the exit status', async () => {
  let written = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written += String(text);
    return true;
  });
  try {
    expect(await main(['train', '--help'])).toBe(0);
  } finally {
    write.mockRestore();
  }
  const help = written.replace(/\s+/g, ' ');
  const presets = (['tiny', 'small', 'base'] as const).map((preset) => completeSettings({ preset }, []));
  const byPreset = (option: string): number[] => {
    const [, values] = new RegExp(`${option} <.>[^-]*\\(default by preset: ([^)]*)\\)`).exec(help) ?? [];
    return values.split(', ').map(Number);
  };
  expect(byPreset('--steps')).toEqual(presets.map(({ run }) => run.steps));
  expect(byPreset('--tokens')).toEqual(presets.map(({ tokens }) => tokens));
  byPreset('--lr').forEach((lr, i) => expect(lr).toBeCloseTo(presets[i].schedule.lr, 4));
  const [{ maxLength, smoothing, run: settings }] = presets;
  for (const [option, value] of Object.entries({ '--max-length': maxLength, '--smoothing': smoothing })) {
    expect(help).toMatch(new RegExp(`${option} <.>[^(]*\\(default: ${value}\\)`));
  }
  for (const [option, value] of Object.entries({
    '--sample': settings.sample,
    '--average': settings.average,
  })) {
    expect(help).toMatch(new RegExp(`${option} <.>[^(]*\\(default: ${value}\\)`));
  }
  expect(help).toContain(
    `keeps what it was begun with, and other values are refused, of ${SETTLED.map(flag).join(' ')}`,
  );
  expect(help).toContain(`These may change: ${CHANGEABLE.map(flag).join(' ')}`);
  expect(help).toMatch(/Exit status: 0;.* 130/);
});

it.each([
  ['train', '--steps', '1e99'],
  ['train', '--steps', '9007199254740993'],
  ['train', '--tokens', '1e15'],
  ['train', '--vocabulary', '1e9'],
  ['train', '--max-length', '1e99'],
  ['train', '--accumulate', '1e10'],
  ['train', '--average', '1e6'],
  ['train', '--validation', '1e99'],
  ['train', '--lr', '1e30'],
  ['train', '--columns', '1,1e300'],
  ['train', '--columns', '1,1'],
  ['translate', '--beams', '1e99'],
  ['translate', '--temperature', '1e300'],
  ['translate', '--length-penalty', '-1e99'],
  ['translate', '--ban-repeats', '1e12'],
  ['score', '--limit', '1e99'],
])('%s %s %s is a wrong command line', async (command, option, value) => {
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    const more = command === 'train' ? [] : ['--model', place('none')];
    expect(await main([command, ...more, '--data', place('none.tsv'), option, value])).toBe(2);
    expect(write.mock.calls.join('')).toMatch(/It must be|Give two numbers/);
  } finally {
    write.mockRestore();
  }
});

it('removes what killed saves have left, and no other file', async () => {
  const out = place('left.safetensors');
  const ended = spawn(process.execPath, ['-e', '']);
  await new Promise((done) => ended.on('close', done));
  const [abandoned, living] = [`${out}.${ended.pid}.tmp`, `${out}.${process.ppid}.tmp`];
  const others = [living, `${out}.x.tmp`, `${out}.tmp`, place('other.safetensors.1.tmp')];
  for (const name of [abandoned, ...others]) writeFileSync(name, 'half');
  await mustBeWritable(out);
  expect(existsSync(abandoned)).toBe(false);
  for (const name of others) {
    expect(existsSync(name), name).toBe(true);
    rmSync(name);
  }
});
