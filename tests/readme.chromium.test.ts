import { expect, it, vi } from 'vitest';
import { fixtureText } from './fixtures/load';
import { Device, ParameterStore } from '../engine/index';
import { GPT } from '../models/index';
import { openTestGpu } from './harness/host';
import { example } from './readme.example';
import { look } from './readme.look';
import { translate } from './readme.translate';

it('the README example trains and writes', { timeout: 1_200_000 }, async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  let written = '';
  const text = (await fixtureText('sonnets.txt')).toLowerCase(); // of any text, also one without capitals
  await example(text, (piece) => (written += piece), 8);
  const said = log.mock.calls.map(([what]) => what as string | { loss: number });
  log.mockRestore();
  const reports = said.filter((what) => typeof what !== 'string');
  expect(said[0]).toMatch(/^kernels: 1 of \d+$/); // the first run is not silent
  expect(reports.at(-1)!.loss).toBeLessThan(reports[0].loss);
  expect(written.length).toBeGreaterThan(30); // the context less the prompt
});

it('the README shows the attention of a model', async () => {
  using device = await Device.open({ gpu: openTestGpu() });
  const model = new GPT({ vocabulary: 7, context: 8, layers: 2, heads: 4, width: 16 });
  using _store = new ParameterStore(device, model, { seed: 1 });
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  await look(device, model, Uint32Array.of(1, 5, 2));
  const [[layers], [row], [entropy, size]] = log.mock.calls;
  log.mockRestore();
  expect(layers).toEqual(['0 stack.layers.0.attention: causal', '1 stack.layers.1.attention: causal']);
  expect((row as Float32Array).reduce((a, b) => a + b)).toBeCloseTo(1, 5);
  expect(entropy).toBeCloseTo(Math.log(3), 2); // fresh weights attend to all alike
  expect(size).toBe(9);
});

it('the README trains on pairs, translates, and shows where from', { timeout: 1_200_000 }, async () => {
  const words = ['one', 'two', 'three', 'four', 'five', 'six'];
  const line = (i: number): string => {
    const some = [...(i + 36).toString(6)].map((digit) => words[Number(digit)]);
    return `${some.join(' ')}\t${[...some].reverse().join(' ')}\r\n`;
  };
  const tsv = new Blob(Array.from({ length: 120 }, (_, i) => line(i)));
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  await translate(tsv, 'one two', 10);
  const calls = log.mock.calls;
  log.mockRestore();
  expect(calls.some(([step, metrics]) => step === 10 && 'bleu' in (metrics as object))).toBe(true);
  expect(calls.filter(([score]) => /^-\d+\.\d\d$/.test(String(score)))).toHaveLength(4);
  expect(calls.at(-1)![1]).toBe('→');
});
