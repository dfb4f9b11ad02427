import { expect, it } from 'vitest';
import { Attention } from './blocks/attention';
import { Linear } from './linear';
import { biasBut } from './partial_bias';

const sections = { query: 2, key: 3, value: 1 };

it('holds the biases of all outputs but those that it names, one after the other', () => {
  const bias = biasBut('key');
  expect(bias.sizes(sections)).toEqual([2, 1]);
  expect([...bias.spread(Float32Array.of(1, 2, 3), sections)]).toEqual([1, 2, 0, 0, 0, 3]);
  expect([...bias.gather(Float32Array.of(1, 2, 9, 9, 9, 3), sections)]).toEqual([1, 2, 3]);
  expect(bias.of('value', sections)).toEqual({ from: 2, outputs: 1 });
  expect(bias.of('key', sections)).toBeNull();
});

it('names an output that a layer has not, and those that it has', () => {
  expect(() => biasBut('keys').sizes(sections)).toThrow(
    'biasBut: "keys" is none of the layer\'s outputs. They are query, key, value.',
  );
  expect(() => new Attention({ width: 8, heads: 2, bias: biasBut('k') })).toThrow(
    /"k" is none of the layer's/,
  );
  expect(() => new Linear(4, 4, { bias: biasBut('key') })).toThrow(/They are not named/);
});
