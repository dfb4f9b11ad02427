// What needs no reference implementation: counts by hand, sums, and every refusal.
import { describe, expect, it } from 'vitest';
import {
  BLEU,
  ChrF,
  corpusBLEU,
  corpusChrF,
  corpusErrorRate,
  corpusROUGE,
  editDistance,
  ErrorRate,
  Perplexity,
  ROUGE,
  TokenAccuracy,
} from './index';
import { IGNORE_INDEX } from '../graph/plan';

describe('edit distance', () => {
  it('tells substitutions, deletions and insertions', () => {
    expect(editDistance('kitten', 'sitting')).toEqual({
      edits: 3,
      substitutions: 2,
      deletions: 1,
      insertions: 0,
    });
    expect(editDistance([1, 2, 3, 4], [2, 3])).toEqual({
      edits: 2,
      substitutions: 0,
      deletions: 0,
      insertions: 2,
    });
    expect(editDistance('', 'abc')).toEqual({ edits: 3, substitutions: 0, deletions: 3, insertions: 0 });
    expect(editDistance('', '')).toEqual({ edits: 0, substitutions: 0, deletions: 0, insertions: 0 });
  });

  it('is what a full search finds', () => {
    const search = (a: string, b: string): number => {
      if (a === '' || b === '') return a.length + b.length;
      const rest = search(a.slice(1), b.slice(1)) + (a[0] === b[0] ? 0 : 1);
      return Math.min(rest, search(a.slice(1), b) + 1, search(a, b.slice(1)) + 1);
    };
    const all = ['', 'a', 'ab', 'ba', 'aab', 'bab', 'abba', 'babab', 'bbaaa', 'acbca'];
    for (const a of all) {
      for (const b of all) {
        const { edits, substitutions, deletions, insertions } = editDistance(a, b);
        expect(edits).toBe(search(a, b));
        expect(substitutions + deletions + insertions).toBe(edits);
        expect(insertions - deletions).toBe(a.length - b.length);
        expect(Math.min(substitutions, deletions, insertions)).toBeGreaterThanOrEqual(0);
      }
    }
  });
});

describe('error rates', () => {
  it('compare ids, and texts after what normalizes them', () => {
    const rate = new ErrorRate().addTokens([1, 2, 3], [[1, 2, 4, 5]]).addTokens([7], [[8, 9], [7]]);
    expect(rate.result()).toMatchObject({ rate: 2 / 5, sequenceErrorRate: 1 / 2, edits: 2, size: 2 });
    const normalize = (text: string): string => text.replace(/\d/g, '');
    expect(corpusErrorRate(['R EH0 D'], ['R EH1 D']).rate).toBeCloseTo(1 / 3, 12);
    expect(corpusErrorRate(['R EH0 D'], ['R EH1 D'], { normalize }).rate).toBe(0);
  });

  it('take the longer of two references that are equally near', () => {
    expect(corpusErrorRate(['a b c'], [['a b', 'a b c d']]).rate).toBe(1 / 4);
    expect(corpusErrorRate(['a b c'], [['a b c d', 'a b']]).rate).toBe(1 / 4);
  });

  it('count characters, not UTF-16 units', () => {
    expect(corpusErrorRate(['𠮷a'], ['𠮷b'], { unit: 'character' }).rate).toBe(1 / 2);
  });
});

describe('perplexity', () => {
  it('is exp of the mean over tokens, however they are batched', () => {
    const perplexity = new Perplexity()
      .add(10 * Math.log(8), 10)
      .add(0, 0)
      .add(30 * Math.log(2), 30);
    const { perplexity: value, loss, bitsPerToken, tokens } = perplexity.result();
    expect(tokens).toBe(40);
    expect(bitsPerToken).toBeCloseTo(1.5, 12);
    expect(loss).toBeCloseTo(1.5 * Math.LN2, 12);
    expect(value).toBeCloseTo(2 ** 1.5, 12);
  });

  it('leaves ignored targets out', () => {
    const targets = Uint32Array.of(5, IGNORE_INDEX, 6);
    expect(new Perplexity().addLosses([1, 100, 3], targets).result().loss).toBe(2);
    expect(new Perplexity().addLosses([1, 100, 3], [5, 0, 6], 0).result().tokens).toBe(2);
  });
});

describe('token accuracy', () => {
  it('counts what is not ignored', () => {
    const accuracy = new TokenAccuracy().add([1, 2, 3], Uint32Array.of(1, 5, IGNORE_INDEX)).addCounts(3, 4);
    expect(accuracy.result()).toEqual({ accuracy: 4 / 6, correct: 4, tokens: 6 });
    expect(new TokenAccuracy().add([1, 2], [1, 0], 0).result()).toEqual({
      accuracy: 1,
      correct: 1,
      tokens: 1,
    });
  });
});

describe('what cannot be scored is refused', () => {
  const of = (value: unknown): never => value as never;
  it.each<[string, () => unknown, string]>([
    [
      'other counts',
      () => corpusBLEU(['a', 'b'], ['a']),
      'corpusBLEU: 2 hypotheses, but 1 entries of references. Give one entry for each hypothesis: a text, or a list of texts.',
    ],
    ['no lists', () => corpusBLEU(of('ab'), ['a', 'b']), 'corpusBLEU: hypotheses are string. Give a list.'],
    ['no list of references', () => corpusBLEU(['a'], of('a')), 'corpusBLEU: references are string.'],
    [
      'sets of references',
      () => corpusChrF(['a', 'b', 'c'], [['a', 'b', 'c']]),
      'corpusChrF: 3 hypotheses, but 1 entries of references. Give the references of each hypothesis together: this looks like one list for each set of references.',
    ],
    [
      'no references',
      () => corpusROUGE(['a', 'b'], ['a', []]),
      'ROUGE: hypothesis 1 has no references. Give one text, or a list of at least one.',
    ],
    [
      'no references of ids',
      () => new ErrorRate().addTokens([1], []),
      'ErrorRate: hypothesis 0 has no references. Give at least one.',
    ],
    [
      'a missing reference',
      () => corpusErrorRate(['a'], [of(undefined)]),
      'ErrorRate: hypothesis 0 has undefined for references. Give one text, or a list of at least one.',
    ],
    [
      'a hole among references',
      () => new BLEU().add('a', ['a', of(null)]),
      'BLEU: reference 1 of hypothesis 0 is null, not a text.',
    ],
    [
      'a hypothesis of ids',
      () => new ChrF().add(of([1, 2]), 'a'),
      'ChrF: hypothesis 0 is object, not a text.',
    ],
    [
      'an empty corpus',
      () => corpusBLEU([], []),
      'BLEU: no hypotheses were added. There is nothing to score.',
    ],
    [
      'nothing added',
      () => new ROUGE().result(),
      'ROUGE: no hypotheses were added. There is nothing to score.',
    ],
    [
      'empty references',
      () => corpusErrorRate(['a', 'b'], ['', ' ']),
      'ErrorRate: the references of all 2 hypotheses are empty. A rate needs something to be counted against.',
    ],
    [
      'an unknown tokenizer',
      () => new BLEU({ tokenizer: of('13b') }),
      'BLEU: unknown tokenizer "13b". Use one of 13a, intl, zh, char, none.',
    ],
    [
      'an unknown smoothing',
      () => new BLEU({ smoothing: of('add') }),
      'BLEU: unknown smoothing "add". Use exp, floor, add-k or none.',
    ],
    [
      'a smoothing of 0',
      () => new BLEU({ smoothing: 'floor', smoothingValue: 0 }),
      'BLEU: smoothingValue is 0. Use a number above 0.',
    ],
    [
      'no orders',
      () => new BLEU({ order: 0 }),
      'BLEU: order is 0. Use an integer of at least 1; 4 is usual.',
    ],
    [
      'half an order',
      () => new ChrF({ wordOrder: 0.5 }),
      'ChrF: wordOrder is 0.5. Use an integer of at least 0.',
    ],
    ['a beta of NaN', () => new ChrF({ beta: NaN }), 'ChrF: beta is NaN. Use a number above 0; 2 is usual.'],
    [
      'an unknown unit',
      () => new ErrorRate({ unit: of('phoneme') }),
      'ErrorRate: unknown unit "phoneme". Use word or character.',
    ],
    ['a loss of NaN', () => new Perplexity().add(NaN, 512), 'Perplexity: a loss of NaN over 512 tokens.'],
    [
      'losses without targets',
      () => new Perplexity().addLosses([1, 2], [1]),
      'Perplexity: 2 losses for 1 targets. Give one for each.',
    ],
    [
      'all targets ignored',
      () => new Perplexity().addLosses([1], [IGNORE_INDEX]).result(),
      'Perplexity: no tokens were added. There is nothing to score.',
    ],
    [
      'predictions without targets',
      () => new TokenAccuracy().add([1, 2, 3], [1]),
      'TokenAccuracy: 3 predictions for 1 targets. Give one for each.',
    ],
    [
      'more correct than there are',
      () => new TokenAccuracy().addCounts(3, 2),
      'TokenAccuracy: 3 correct of 2 tokens. Give two counts.',
    ],
  ])('%s', (_, refused, message) => {
    expect(refused).toThrow(message);
    expect(refused).toThrow(expect.objectContaining({ name: 'DataError' }));
  });
});
