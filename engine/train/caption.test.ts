import { expect, it } from 'vitest';
import { IGNORE_INDEX } from '../graph/plan';
import { caption, type CaptionOptions } from './caption';

const batches = { shape: [2, 3, 1, 1], fingerprint: 'two' } as const;
const pixels = new Float32Array(6);
const rows = [[5, 6], [7]].map((ids) => ({ pixels: new Float32Array(3), caption: ids }));
const options = { begin: 1, end: 2, length: 4 };
const feed = (more: Partial<CaptionOptions> = {}, step = 0) =>
  caption(batches, { ...options, ...more }).feed({ step, rows, pixels });

it('targets are captions moved on by one, with an end', () => {
  const { inputs, labels } = feed();
  expect([...(inputs.ids as Uint32Array)]).toEqual([1, 5, 6, 0, 1, 7, 0, 0]);
  const none = IGNORE_INDEX;
  expect([...(inputs.targets as Uint32Array)]).toEqual([5, 6, 2, none, 7, 2, none, none]);
  expect(labels).toBe(5);
  expect(inputs.seen).toBe(undefined);
});

it('words are hidden by step, the begin never, and what is to be told stays', () => {
  const hidden = { id: 9, probability: 0.5 };
  const [a, again] = [feed({ hidden }, 3), feed({ hidden }, 3)];
  expect(a).toEqual(again);
  const seen = Array.from({ length: 40 }, (_, step) => [
    ...(feed({ hidden }, step).inputs.seen as Uint32Array),
  ]);
  for (const words of seen) {
    expect([words[0], words[4]]).toEqual([1, 1]);
    for (const [i, word] of words.entries()) expect([9, [1, 5, 6, 0, 1, 7, 0, 0][i]]).toContain(word);
  }
  const share = seen.filter((words) => words[1] === 9).length / seen.length;
  expect(share).toBeGreaterThan(0.25);
  expect(share).toBeLessThan(0.75);
  expect(a.inputs.targets).toEqual(feed().inputs.targets);
});

it.each<[Partial<CaptionOptions>, string]>([
  [{ begin: -1 }, 'begin is -1'],
  [{ end: 0.5 }, 'end is 0.5'],
  [{ length: 0 }, 'length is 0'],
  [{ smoothing: 1 }, 'smoothing is 1'],
  [{ hidden: { id: 3, probability: 1 } }, 'hidden.probability is 1'],
  [{ hidden: { id: -3, probability: 0 } }, 'hidden.id is -3'],
])('%j is refused', (more, why) => {
  expect(() => caption(batches, { ...options, ...more })).toThrow(why);
});

it('captions that are too long are refused with their row', () => {
  expect(() => feed({ length: 2 })).toThrow('the caption of row 0 has 2 tokens and an end');
});
