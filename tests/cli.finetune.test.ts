// `npx heed train --task classify …` and `evaluate`, as a person runs them: on Dawn.
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
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { main } from '../cli/main';
import { runHeed } from './harness/cli';
import { Random } from './harness/op';
import { taskFiles } from './models/task_models';

const root = mkdtempSync(join(tmpdir(), 'heed-finetune-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

beforeAll(() => {
  mkdirSync(join(root, 'base'));
  // Small weights, so that it learns as a model that begins.
  const files = taskFiles('model', (data) => data.map((x) => (Math.abs(x) > 0.6 ? x : 0.2 * x)));
  for (const [name, file] of Object.entries(files))
    writeFileSync(join(root, 'base', name), file instanceof Uint8Array ? file : JSON.stringify(file));
  const random = new Random(3);
  const words = 'film the in of and a b c d e f to is where who new york'.split(' ');
  const text = () => Array.from({ length: 5 }, () => words[random.below(words.length)]).join(' ');
  const rows = Array.from({ length: 80 }, (_, i) => (i % 2 ? `good ${text()},yes` : `bad ${text()},no`));
  writeFileSync(join(root, 'films.csv'), `review,verdict\n${rows.join('\n')}\nno verdict,\n`);
  writeFileSync(join(root, 'words.conll'), 'anna B-PER\nin O\nparis B-LOC\n\n'.repeat(3));
});

const run = (args: readonly string[], more: object = {}) => runHeed(args, { cwd: root, ...more });
/** What needs no device, in this process. */
async function refused(args: readonly string[]): Promise<{ readonly code: number; readonly told: string }> {
  const here = ['films.csv', 'words.conll', 'base', 'paused', 'x1', 'x2', 'x3'];
  let told = '';
  const hear = (text: string | Uint8Array): boolean => ((told += String(text)), true);
  const spy = vi.spyOn(process.stderr, 'write').mockImplementation(hear);
  try {
    const code = await main(args.map((one) => (here.includes(one) ? join(root, one) : one)));
    return { code, told };
  } finally {
    spy.mockRestore();
  }
}

const training = [
  'train',
  '--task',
  'classify',
  '--data',
  'films.csv',
  '--text',
  'review',
  '--label',
  'verdict',
];
const settings = ['--model', 'base', '--lr', '5e-3', '--tokens', '256'];

it('teaches a checkpoint, and writes a folder that evaluate opens', async () => {
  const more = ['--out', 'judge', '--epochs', '4', '--log', 'course', '--class-weights', 'balanced'];
  const { code, out, told } = await run([...training, ...settings, ...more]);
  expect(told).toContain('films.csv: 1 row skipped: it has no label (row 82)');
  expect(told).toMatch(/80 examples: 64 to learn from, 16 held out/);
  expect(told).toContain('Its head begins anew.');
  expect(told).toMatch(/judge has the weights of step \d+/);
  expect(code).toBe(0);
  expect(readdirSync(join(root, 'judge')).sort()).toEqual([
    ...['config.json', 'evaluation.json', 'model.safetensors', 'tokenizer.json'],
  ]);
  expect(out).toMatch(
    /accuracy +[01]\.\d{4}\nmacroF1 +[01]\.\d{4}[^]*class +precision +recall +F1 +examples\nno /,
  );
  expect(readFileSync(join(root, 'course/numbers.csv'), 'utf8')).toMatch(
    /^step,name,value\n1,train\/loss,0\.\d+\n/,
  );
  expect(
    readdirSync(join(root, 'course')).some((name) => /^events\.out\.tfevents\.\d+\.heed$/.test(name)),
  ).toBe(true);

  const judged = await run(['evaluate', 'judge', ...training.slice(1), '--json']);
  expect(judged.code).toBe(0);
  const { examples, metrics } = JSON.parse(judged.out) as {
    examples: number;
    metrics: Record<string, number>;
  };
  expect(examples).toBe(80);
  const { metrics: held } = JSON.parse(
    readFileSync(join(root, 'judge/evaluation.json'), 'utf8'),
  ) as typeof judged & {
    metrics: Record<string, number>;
  };
  expect(metrics.accuracy).toBeGreaterThan(0.6);
  expect(Object.keys(held)).toEqual(Object.keys(metrics));
  const without = await run(['evaluate', 'base', ...training.slice(1)]);
  expect(without.told).toMatch(/it has no head for --task classify\. Fine-tune it first/);
});

it('goes on where it was interrupted', async () => {
  const args = [...training, ...settings, '--out', 'paused', '--steps', '60', '--evaluate-every', '3'];
  const stopped = await run(args, { until: /step 3 / });
  expect(stopped.code).toBe(130);
  expect(stopped.told).toMatch(/To go on, give the same command with --resume/);
  expect(existsSync(join(root, 'paused/training.checkpoint'))).toBe(true);
  expect((await refused(args)).told).toContain('there is something already. Go on with it (--resume)');
  const other = await run([...args, '--resume', '--layer-decay', '0.5']);
  expect(other.told).toMatch(/trained with rates not given but this trainer has/);
  expect(other.code).toBe(1);
  const { code, told } = await run([...args, '--resume']);
  expect(told).toMatch(/paused has the weights of step \d+/);
  expect(code).toBe(0);
  expect(existsSync(join(root, 'paused/training.checkpoint'))).toBe(false);
});

it('says what is wrong with a command', async () => {
  for (const [args, message, status] of [
    [[...training], /--model: it is not said what is to be fine-tuned/, 2],
    [[...training, ...settings, '--vocabulary', '900'], /--vocabulary: it is not for --task classify/, 2],
    [['train', '--data', 'films.csv', '--freeze', '1'], /--freeze: it is not for --task translate/, 2],
    [
      ['train', '--task', 'tag', ...settings, '--text', 'x', '--data', 'words.conll'],
      /--text: it is not for --task tag\. It is for classify/,
      2,
    ],
    [
      ['train', '--task', 'classify', ...settings, '--data', 'films.csv', '--out', 'x1'],
      /has no column "label"\. It has review, verdict/,
      1,
    ],
    [['train', '--task', 'classify', ...settings, '--out', 'x3'], /--data: no examples are given/, 2],
    [
      ['train', '--task', 'tag', ...settings, '--data', 'words.conll', '--out', 'x2'],
      /nothing can be held out/,
      1,
    ],
  ] as const) {
    const { code, told } = await refused(args);
    expect(told, args.join(' ')).toMatch(message);
    expect(code, args.join(' ')).toBe(status);
  }
});
