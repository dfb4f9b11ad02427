import { describe, expect, test } from 'vitest';
import type { WriterReading } from './session/protocol';
import { Story } from './story';

const VOCABULARY = 5;

/** A reading in which the logit of token v after place t, as `mark` says, is 100 · mark + 10 · t + v. */
function reading(ids: readonly number[], mark: number, from = 0, step: number | null = null): WriterReading {
  const rows = ids.length - from;
  const logits = Float32Array.from({ length: rows * VOCABULARY }, (_, i) => {
    return 100 * mark + 10 * (from + Math.floor(i / VOCABULARY)) + (i % VOCABULARY);
  });
  return { number: 0, step, ids: Uint32Array.from(ids), text: ids.join(''), from, logits, maps: [] };
}

/** First logits of what each place came from, that of what comes next included. */
const origins = (story: Story): (number | null)[] =>
  Array.from({ length: story.ids.length + 1 }, (_, at) => story.origin(at)?.logits[0] ?? null);

describe('a text that is written', () => {
  test('knows what every token came from, but the first', () => {
    const story = new Story();
    story.type(reading([1, 2, 3], 1), false);
    expect(origins(story)).toEqual([null, 100, 110, 120]);
    expect(story.given).toBe(3);
    expect(story.origin(3)!.order[0]).toBe(4);
    story.push(4);
    story.take(reading([1, 2, 3, 4], 1));
    expect(origins(story)).toEqual([null, 100, 110, 120, 130]);
    expect(story.given).toBe(3);
  });

  test('keeps what a token came from when the model does not read its beginning any more', () => {
    const story = new Story();
    story.type(reading([1, 2, 3], 1), false);
    story.push(4);
    story.take(reading([1, 2, 3, 4], 2, 1)); // reads the last three: what it says of places that were known is another thing
    expect(origins(story)).toEqual([null, 100, 110, 120, 230]);
    story.push(0);
    story.take(reading([1, 2, 3, 4, 0], 3, 2));
    expect(origins(story)).toEqual([null, 100, 110, 120, 230, 340]);
  });

  test('forgets it when the model has learnt meanwhile', () => {
    const story = new Story();
    story.type(reading([1, 2, 3, 4], 1, 0, 10), false);
    story.push(0);
    story.take(reading([1, 2, 3, 4, 0], 2, 1, 20));
    expect(origins(story)).toEqual([null, null, 210, 220, 230, 240]);
  });

  test('goes on from another choice, and takes steps back', () => {
    const story = new Story();
    story.type(reading([1, 2, 3], 1), false);
    expect(story.undoable).toBe(false);
    story.push(4);
    story.take(reading([1, 2, 3, 4], 1));
    story.instead(1, 0);
    expect([story.ids, story.given]).toEqual([[1, 0], 1]);
    story.take(reading([1, 0], 1));
    story.undo();
    expect([story.ids, story.given]).toEqual([[1, 2, 3, 4], 3]);
    story.undo();
    expect([story.ids, story.undoable]).toEqual([[1, 2, 3], false]);
    story.undo();
    expect(story.ids).toEqual([1, 2, 3]);
  });

  test('what it wrote by itself is taken back in one step', () => {
    const story = new Story();
    story.type(reading([1], 1), false);
    story.push(2);
    story.push(3, false);
    story.push(4, false);
    story.undo();
    expect(story.ids).toEqual([1]);
  });
});
