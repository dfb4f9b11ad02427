import { describe, expect, it } from 'vitest';
import { parameters } from '../../engine/index';
import { bertParts, SequenceClassifier } from '../index';
import { freezeLayers, layerwiseRates } from './layers';
import { noisyCopies, withNoise } from './noise';
import { folds, holdOut } from './split';

const WORDS =
  'time year people way day man thing woman life child world school state family student group country'.split(
    ' ',
  );
const text = (i: number, n = 6): string =>
  Array.from(
    { length: n },
    (_, k) =>
      WORDS[(i * 7 + k * (i + 3)) % WORDS.length] +
      (i % 5 === k ? i.toString(36).replace(/\d/g, (d) => 'abcdefghij'[Number(d)]) : ''),
  ).join(' ');
const examples = Array.from({ length: 200 }, (_, i) => ({
  text: text(i),
  label: Number(i % 10 === 0),
  row: i,
}));

describe('holding out', () => {
  it('keeps the shares of classes, whatever the order', () => {
    const { training, held } = holdOut(examples, { share: 0.2 });
    expect(held).toHaveLength(40);
    expect(held.filter(({ label }) => label === 1)).toHaveLength(4);
    expect(new Set([...training, ...held])).toEqual(new Set(examples));
    const turned = holdOut([...examples].reverse(), { share: 0.2 });
    expect(new Set(turned.held)).toEqual(new Set(held));
    expect(new Set(holdOut(examples, { share: 0.2, seed: 1 }).held)).not.toEqual(new Set(held));
  });

  it('keeps near-duplicates on one side: other numbers, other marks, most words the same, one context', () => {
    const long = Array.from({ length: 60 }, (_, k) => `${WORDS[(k * 5) % 17]}${WORDS[(k * 3 + 1) % 17]}`);
    const near = [...long];
    near[20] = 'other';
    const alike = [
      { text: 'Your code is 1234!', label: 0, row: 1000 },
      { text: 'your code is 99', label: 0, row: 1001 },
      { text: long.join(' '), label: 1, row: 1002 },
      { text: near.join(' '), label: 1, row: 1003 },
    ];
    for (let seed = 0; seed < 12; seed++) {
      const { held, alike: count } = holdOut([...examples, ...alike], { seed, share: 0.4 });
      expect(count).toBe(4);
      const rows = new Set(held.map(({ row }) => row));
      expect(rows.has(1000)).toBe(rows.has(1001));
      expect(rows.has(1002)).toBe(rows.has(1003));
    }
    const questions = Array.from({ length: 20 }, (_, i) => ({
      question: `what is ${text(i)}`,
      context: `About ${WORDS[i % 4]}`,
      row: i,
    }));
    const { held } = holdOut(questions, { share: 0.4 });
    const contexts = new Set(held.map(({ context }) => context));
    expect(held).toHaveLength(questions.filter(({ context }) => contexts.has(context)).length);
  });

  it('takes a question that is asked about many texts for as many examples', () => {
    const asked = Array.from({ length: 20 }, (_, i) => ({ question: 'Who?', context: `About ${text(i)}` }));
    const { held, alike } = holdOut(asked);
    expect(held).toHaveLength(4);
    expect(alike).toBe(0);
  });

  it('cuts folds that hold each example once, with all classes in each', () => {
    const all = folds(examples, { count: 4 });
    expect(
      all
        .flatMap(({ held }) => held)
        .map(({ row }) => row)
        .sort((a, b) => a - b),
    ).toEqual(examples.map(({ row }) => row));
    for (const { held, training } of all) {
      expect(held.filter(({ label }) => label === 1)).toHaveLength(5);
      expect(training).toHaveLength(150);
    }
    expect(() => folds(examples.slice(0, 31), { count: 5 })).toThrow(
      /class 1 has 4 examples that differ, for 5 folds/,
    );
  });

  it('tells of a class that no fold can hold out, whatever class its near-duplicates are of', () => {
    const mixed = [0, 1, 1, 1, 1].map((label, row) => ({ text: `the same ${row}`, label, row }));
    const others = WORDS.slice(0, 9).map((text, i) => ({ text, label: 0, row: 5 + i }));
    expect(() => folds([...mixed, ...others], { count: 4 })).toThrow(
      /class 1 has 1 examples that differ, for 4 folds/,
    );
    expect(() => holdOut(others, { share: 0.99 })).toThrow(/all would be held out of class 0/);
  });

  it('takes multi-label, scores and pairs, and refuses what cannot be cut', () => {
    const several = examples.map((one, i) => ({
      ...one,
      label: i % 3 === 0 ? [0, 1] : i % 3 === 1 ? [0] : [],
    }));
    expect(holdOut(several).held.filter(({ label }) => label.includes(1)).length).toBeGreaterThan(8);
    const scores = examples.map(({ text, row }) => ({ text, row, score: row / 10 }));
    const { held } = holdOut(scores);
    for (let fifth = 0; fifth < 5; fifth++)
      expect(held.filter(({ row }) => Math.floor(row / 40) === fifth)).toHaveLength(8);
    expect(() =>
      holdOut(Array.from({ length: 9 }, (_, row) => ({ text: `same ${row}`, label: 0, row }))),
    ).toThrow(/nothing can be held out of class 0/);
    expect(() => holdOut(examples, { share: 1 })).toThrow(/share is 1/);
    expect(() => holdOut([examples[0]])).toThrow(/there are 1 examples/);
  });
});

describe('noise', () => {
  it('hits about the share of letters that is asked for, the same each time', () => {
    const long = 'The quick brown fox jumps over the lazy dog. '.repeat(40);
    const noisy = withNoise(long, { characters: 0.2 });
    expect(withNoise(long, { characters: 0.2 })).toBe(noisy);
    expect(withNoise(long, { characters: 0.2 }, 1)).not.toBe(noisy);
    expect(withNoise(long, { characters: 0 })).toBe(long);
    const words = noisy.split(' ');
    const hit =
      words.filter((word) => !/^(The|quick|brown|fox|jumps|over|the|lazy|dog\.)$/.test(word)).length /
      words.length;
    expect(hit).toBeGreaterThan(0.4); // 1 - 0.8^3.9 = 0.58, less those that swap equals
    expect(hit).toBeLessThan(0.75);
    expect(withNoise('§§ — …', { characters: 1 })).toBe('§§ — …');
    expect([...withNoise('水火風', { characters: 1 })].every((one) => '水火風'.includes(one))).toBe(true);
  });

  it('keeps marks on their letters, and what is no letter in its place', () => {
    // Letters with accents of their own, vowel signs, a joiner; a family that joiners hold together.
    for (const text of ['e\u0301 e\u0300, o\u0302!', 'क्षत्रिय नमस्ते', '👨‍👩‍👧 a1 😀 z']) {
      const clusters = new Set(text.match(/[\p{L}\p{N}]?[\p{M}\u200d]*/gu));
      const rest = text.replace(/[\p{L}\p{N}][\p{M}\u200c\u200d]*/gu, '');
      for (let seed = 0; seed < 40; seed++) {
        const noisy = withNoise(text, { characters: 1, seed });
        expect(noisy.replace(/[\p{L}\p{N}][\p{M}\u200c\u200d]*/gu, '')).toBe(rest);
        for (const one of noisy.match(/[\p{L}\p{N}]?[\p{M}\u200d]*/gu)!) expect(clusters).toContain(one);
      }
    }
  });

  it('leaves words out or swaps them, never all', () => {
    const noisy = withNoise('one two three four five six seven eight', {
      characters: 0,
      words: 0.5,
      seed: 3,
    });
    expect(noisy).not.toBe('one two three four five six seven eight');
    for (const word of noisy.split(' '))
      expect('one two three four five six seven eight'.split(' ')).toContain(word);
    expect(withNoise('alone', { characters: 0, words: 1 })).toBe('alone');
    expect(noisyCopies([{ text: 'some words here', row: 1 }], { copies: 2 })).toHaveLength(3);
    expect(() => withNoise('a', { characters: 2 })).toThrow(/characters is 2/);
    expect(() => withNoise('a', { characters: '1' as never })).toThrow(/characters is 1/);
    expect(() => noisyCopies([{ text: 'a' }], { copies: 0, noise: 1 } as never)).toThrow(/no option "noise"/);
  });
});

describe('layers', () => {
  const model = () => {
    const size = { vocabulary: 20, context: 8, layers: 3, heads: 2, width: 8 };
    return new SequenceClassifier(bertParts(size), { labels: ['a', 'b'] });
  };

  it('have learning rates that fall from the head to the tables', () => {
    const rates = layerwiseRates(model(), 0.5);
    expect(rates).toEqual({
      ...{ 'tokens.weight': 1 / 16, 'positions.weight': 1 / 16, 'segments.weight': 1 / 16 },
      ...{ 'norm.weight': 1 / 16, 'norm.bias': 1 / 16 },
      ...{ 'stack.layers.0': 1 / 8, 'stack.layers.1': 1 / 4, 'stack.layers.2': 1 / 2 },
    });
    expect(() => layerwiseRates(model(), 0)).toThrow(/decay is 0/);
    expect(() => layerwiseRates({}, 0.5)).toThrow(/no stack of layers/);
  });

  it('freeze from below, and learn again', () => {
    const one = model();
    const learning = () =>
      [...parameters(one)].filter(([, { trainable }]) => trainable).map(([name]) => name);
    const all = learning();
    const thaw = freezeLayers(one, 2);
    expect(learning().every((name) => /^(stack\.layers\.2|pooler|classifier)/.test(name))).toBe(true);
    thaw();
    expect(learning()).toEqual(all);
    freezeLayers(one, 'body');
    expect(learning().every((name) => /^(pooler|classifier)/.test(name))).toBe(true);
    expect(() => freezeLayers(one, 4)).toThrow(/layers is 4, of 3\. Use 0 to 3, or 'body'/);
  });
});
