// Choices of generation by Transformers' names: none is left out without a word.
import { expect, it } from 'vitest';
import { generationOf, searchOf } from './pipeline_options';

const search = (options: object, own: object = { beams: 5 }) => searchOf('translation', options, own);

it('searches as the model does, or as is asked', () => {
  expect(search({})).toEqual({ long: 'cut', mode: 'beam', beams: 5 });
  expect(search({}, { mode: 'greedy' })).toEqual({ long: 'cut', mode: 'greedy' });
  expect(search({}, { mode: 'sample' })).toEqual({ long: 'cut', mode: 'sample' });
  expect(search({ do_sample: false }, { mode: 'sample' })).toEqual({ long: 'cut', mode: 'greedy' });
  expect(search({ num_beams: 1 })).toEqual({ long: 'cut', mode: 'greedy' });
  expect(search({ num_beams: 3, length_penalty: 2 }, { mode: 'greedy' })).toEqual({
    ...{ long: 'cut', mode: 'beam', beams: 3, lengthPenalty: 2 },
  });
  expect(search({ do_sample: true, num_beams: 1 })).toEqual({ long: 'cut', mode: 'sample' });
});

it('refuses what would be left out', () => {
  for (const num_beams of [0, -1, 1.5, NaN, 9, '4']) {
    expect(() => search({ num_beams })).toThrow(
      `num_beams is ${String(num_beams)}. Use a whole number from 1 to 8`,
    );
  }
  expect(() => search({ do_sample: true })).toThrow(/samples are asked for, and 5 beams/);
  expect(() => search({ do_sample: 'no' })).toThrow(/do_sample is no/);
  expect(() => search({ beams: 4 })).toThrow(/^translation: there is no option "beams"/);
  expect(() => generationOf({ do_sample: 'false' as never })).toThrow(/do_sample is false/);
  expect(generationOf({ do_sample: false })).toEqual({ temperature: 0 });
});
