import { expect, test } from 'vitest';
import reference from '../../tests/fixtures/metrics.json';
import { PairVocabulary, type PairVocabularyKind } from './pair_vocabulary';
import { scoreTranslations, spread } from './score';
import type { Translator } from './translator';

const pairs = [
  ['read', 'R EH D'],
  ['read', 'R IY D'],
  ['cat', 'K AE T'],
].map(([source, target]) => ({ source, target }));

/** Says what it is told to. */
async function speaker(
  kind: PairVocabularyKind,
  answers: Record<string, string>,
  asked: string[] = [],
  languages?: readonly [string, string],
) {
  const vocabulary = await PairVocabulary.learn(pairs, { kind, vocabularySize: 270 });
  const translate = (texts: readonly string[]) => {
    asked.push(...texts);
    return Promise.resolve(texts.map((text) => ({ text: answers[text] })));
  };
  return { vocabulary, info: { title: '', languages }, translate } as unknown as Translator;
}

test('the nearest pronunciation counts, each word once', async () => {
  const asked: string[] = [];
  const translator = await speaker('symbols', { read: 'R IY D', cat: 'K AH T' }, asked);
  const { metrics, samples } = await scoreTranslations(translator, pairs);
  expect(asked).toEqual(['read', 'cat']);
  expect(metrics['per']).toBeCloseTo(100 / 6, 10); // one of six phonemes
  expect(metrics['wer']).toBe(50);
  expect(samples[0]).toEqual({ source: 'read', target: 'R EH D', translation: 'R IY D' });
});

test('text: every pair has one reference', async () => {
  const translator = await speaker('subwords', { read: 'R IY D', cat: 'K AE T' });
  const { metrics, samples } = await scoreTranslations(translator, [...pairs, ...pairs.slice(2)]);
  expect(samples.length).toBe(4);
  expect(metrics['chrf']).toBeGreaterThan(10);
  expect(metrics['chrf']).toBeLessThan(100);
  const perfect = await speaker('subwords', { cat: 'a b c d e' });
  const all = await scoreTranslations(perfect, [{ source: 'cat', target: 'a b c d e' }]);
  expect(all.metrics['bleu']).toBeCloseTo(100, 8);
  expect(all.metrics['chrf']).toBeCloseTo(100, 8);
});

test('BLEU sees the words of the language, told or not', async () => {
  const { hypotheses, references, score, codes } = reference.languages[0];
  const pairs = references.map((target, i) => ({ source: `line ${i}`, target }));
  const answers = Object.fromEntries(pairs.map(({ source }, i) => [source, hypotheses[i]]));
  for (const code of [...codes, undefined, 'und']) {
    const translator = await speaker('subwords', answers, [], code === undefined ? code : ['en', code]);
    const { metrics, signature } = await scoreTranslations(translator, pairs);
    expect(metrics['bleu'], code).toBeCloseTo(score, 9);
    expect(signature).toContain('tok:zh');
  }
});

test('samples are spread', () => {
  expect(spread([0, 1, 2, 3, 4, 5], 3)).toEqual([0, 2, 4]);
  expect(spread([1, 2], 5)).toEqual([1, 2]);
});
