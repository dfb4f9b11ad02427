// Rules of times, one by one; beside Transformers they are checked in tests/models/transcriber.chromium.test.ts.
import { describe, expect, it } from 'vitest';
import { applyRules, likeliest, logProbabilitiesOf, type TokenRules } from './token_rules';
import { segmentsOf } from './segments';

/** Words 0 to 3, the end 4, <|notimestamps|> 5, times from 6 on: 0.00 s to 0.10 s. */
const rules: TokenRules = {
  ...{ end: [4], noTimestamps: 5, suppressed: [1], suppressedAtBegin: [4] },
  ...{ maxInitialTimestamp: 2, timestamps: true },
};
const V = 12;
/** Ids that may follow, of scores by id (0 where none is given). */
function allowed(
  made: number[],
  scores: Record<number, number> = {},
  own: Partial<TokenRules> = {},
): number[] {
  const all = Float64Array.from({ length: V }, (_, id) => scores[id] ?? 0);
  applyRules(all, made, { ...rules, ...own });
  return [...all.keys()].filter((id) => all[id] > -Infinity);
}
/** A word so likely that times are not. */
const word = { 0: 20 };

describe('applyRules', () => {
  it('without times suppresses tokens alone', () => {
    const own = { timestamps: false };
    expect(allowed([], {}, own)).toEqual([0, 2, 3, 5, 6, 7, 8, 9, 10, 11]);
    expect(allowed([0], {}, own)).toEqual([0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it('begins with a time that is not too late', () => {
    expect(allowed([], word)).toEqual([6, 7, 8]);
    expect(allowed([], word, { maxInitialTimestamp: null })).toEqual([6, 7, 8, 9, 10, 11]);
  });

  it('writes words behind a beginning, and an end or a pair behind words', () => {
    expect(allowed([6], word)).toEqual([0, 2, 3, 4]);
    expect(allowed([6, 0], word)).toEqual([0, 2, 3, 4, 7, 8, 9, 10, 11]);
    // The end of a piece is written: its beginning follows, or the text ends.
    expect(allowed([6, 0, 8], { 0: 20, 4: 20 })).toEqual([4, 8, 9, 10, 11]);
    expect(allowed([6, 0, 8, 8], word)).toEqual([0, 2, 3, 4]);
    expect(allowed([6, 0, 8, 8, 2], word)).toEqual([0, 2, 3, 4, 9, 10, 11]);
  });

  it('writes a time where all of them together are likelier than any word', () => {
    expect(allowed([6, 0], { 0: 1.5 })).toEqual([7, 8, 9, 10, 11]); // 5 · e⁰ > e^1.5
    expect(allowed([6, 0], { 0: 1.7 })).toContain(0);
  });
});

it('the likeliest come first, the lowest id of equal ones', () => {
  const scores = Float64Array.of(-1, 3, -Infinity, 3, 5, 2);
  expect(likeliest(scores, 3)).toEqual([4, 1, 3]);
  expect(likeliest(scores, 9)).toEqual([4, 1, 3, 5, 0]);
  const logs = logProbabilitiesOf([1000, 1000 + Math.log(3)]);
  expect([...logs]).toEqual([expect.closeTo(Math.log(0.25), 12), expect.closeTo(Math.log(0.75), 12)]);
});

describe('segmentsOf', () => {
  const of = (...ids: number[]) => segmentsOf(ids, 6, 0.5);
  it('cuts where a time follows a time', () => {
    expect(of(6, 1, 8, 8, 2, 10)).toEqual({
      segments: [
        { start: 0, end: 0.04, ids: [6, 1, 8] },
        { start: 0.04, end: 0.08, ids: [8, 2, 10] },
      ],
      ...{ rest: null, moveOn: 0.5 },
    });
  });
  it('goes on from the last whole segment', () => {
    expect(of(6, 1, 8, 8, 2)).toEqual({
      segments: [{ start: 0, end: 0.04, ids: [6, 1, 8] }],
      ...{ rest: { start: 0.04, end: null, ids: [8, 2] }, moveOn: 0.04 },
    });
    expect(of(7, 1, 9, 9)).toMatchObject({ rest: null, moveOn: expect.closeTo(0.06, 12) as number });
  });
  it('takes the whole window where nothing is cut', () => {
    expect(of(6, 1, 2)).toEqual({
      segments: [{ start: 0, end: null, ids: [6, 1, 2] }],
      rest: null,
      moveOn: 0.5,
    });
    expect(of(6, 1, 9)).toMatchObject({
      segments: [{ start: 0, end: expect.closeTo(0.06, 12) as number }],
      moveOn: 0.5,
    });
    expect(of()).toEqual({ segments: [{ start: 0, end: null, ids: [] }], rest: null, moveOn: 0.5 });
  });
});
