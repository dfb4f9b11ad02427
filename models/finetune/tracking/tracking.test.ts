import { expect, it } from 'vitest';
import fixture from '../../../tests/fixtures/events.json';
import { csvLog } from './csv_log';
import { eventLog } from './event_log';
import { logged } from './log';

it('writes event files as TensorBoard does, byte for byte', async () => {
  const bytes: number[] = [];
  const log = eventLog((part) => bytes.push(...part), { now: () => fixture.time });
  for (const [step, numbers] of fixture.logs as [number, Record<string, number>][])
    await log(numbers, { step });
  expect(Buffer.from(bytes).toString('base64')).toBe(fixture.file);
});

it('refuses steps that no event file can have', async () => {
  const bytes: number[] = [];
  const log = eventLog((part) => bytes.push(...part));
  for (const step of [NaN, -1, 1.5, Infinity])
    await expect(log({ loss: 1 }, { step })).rejects.toThrow(`step is ${step}`);
  expect(bytes).toEqual([]);
});

it('writes a CSV, and tells the course of a run in numbers', async () => {
  let text = '';
  const seen: [number, Readonly<Record<string, number>>][] = [];
  const csv = csvLog((part) => (text += part));
  const listen = logged(csv, (numbers, { step }) => seen.push([step, numbers]));
  const report = { index: 6, loss: 0.5, lr: 1e-3, norm: 2, labels: 1, tokens: 1 };
  await listen({ kind: 'steps', reports: [report], tokensPerSecond: 100, stepMilliseconds: 1 });
  await listen({ kind: 'evaluation', step: 7, loss: 0.25, metrics: { f1: 1 }, best: true, by: 'f1' });
  await listen({ kind: 'evaluation', step: 8, loss: NaN, metrics: { 'a,"b"': 1 }, best: true, by: 'f1' });
  await listen({ kind: 'paused', step: 8 });
  expect(text).toBe(
    'step,name,value\n7,train/loss,0.5\n7,train/lr,0.001\n7,train/norm,2\n7,train/tokensPerSecond,100\n' +
      '7,held/loss,0.25\n7,held/f1,1\n8,"held/a,""b""",1\n',
  );
  expect(seen.map(([step]) => step)).toEqual([7, 7, 7, 8]);
});
