// A step lies in memory as WGSL declares it: the reflected layout against one written down here by hand.
import { expect, it } from 'vitest';
import { expectStep, readStep, STEP_BYTES, writeStep, type Step } from './step';
import step from './step.wgsl';

const words: readonly (readonly [keyof Step, 'Uint32' | 'Float32'])[] = [
  ['index', 'Uint32'],
  ['seed', 'Uint32'],
  ['position', 'Uint32'],
  ['length', 'Uint32'],
  ['lr', 'Float32'],
  ['correction1', 'Float32'],
  ['correction2', 'Float32'],
  ['temperature', 'Float32'],
  ['topK', 'Uint32'],
  ['topP', 'Float32'],
  ['minP', 'Float32'],
];

it('each field lies where the shader reads it, defaults included', () => {
  const view = new DataView(new ArrayBuffer(STEP_BYTES));
  const read = () => words.map(([, type], i) => view[`get${type}`](4 * i, true));
  writeStep(view, {});
  expect(read()).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 0, 1, 0]);
  const given = words.map(([, type], i) => (type === 'Uint32' ? 4294967295 - i : i / 16));
  writeStep(view, Object.fromEntries(words.map(([name], i) => [name, given[i]])));
  expect(read()).toEqual(given);
  expect(words.map(([name]) => readStep(view, name))).toEqual(given);
  expect([view.getUint32(44), STEP_BYTES]).toEqual([0, 48]);
});

it('the shader declares these fields and spare ones, by fours', () => {
  const { fields, size } = step.uniforms['now'];
  expect([size, fields.length]).toEqual([STEP_BYTES, STEP_BYTES / 4]);
  const camel = fields.map(({ name }) => name.replace('_k', 'K').replace('_p', 'P'));
  expect(camel.filter((name) => !name.startsWith('spare'))).toEqual(words.map(([name]) => name));
});

it('refuses what a field cannot hold, whatever its type', () => {
  for (const [name, type] of words) {
    expect(() => expectStep('here', { [name]: type === 'Uint32' ? 0.5 : NaN })).toThrow(`here: ${name} is `);
    expect(() => expectStep('here', { [name]: type === 'Uint32' ? -1 : 1e39 })).toThrow(`here: ${name} is `);
  }
  expect(() => expectStep('here', { topP: 1.5 })).toThrow('topP is 1.5. Use a number from 0 to 1.');
  expect(() => expectStep('here', { lr: -1, temperature: 0, topP: 1 })).not.toThrow();
});
