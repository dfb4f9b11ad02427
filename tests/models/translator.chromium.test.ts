// Texts in, texts out, over a small model whose weights are random: what is around the model is right.
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import {
  Device,
  Graph,
  ParameterStore,
  RandomStream,
  saveSafetensors,
  type NamedTensor,
} from '../../engine/index';
import { EncoderDecoder } from '../../models/index';
import {
  PairVocabulary,
  TranslationModel,
  translationExtras,
  translationWeights,
  Translator,
} from '../../models/translation/index';
import { assertClose } from '../harness/close';
import { openTestGpu } from '../harness/host';

const pairs = [
  { source: 'The cat eats bread.', target: 'Le chat mange du pain.' },
  { source: 'The dog sees the cat.', target: 'Le chien voit le chat.' },
];
const info = { title: 'test', languages: ['en', 'fr'], longest: 24 } as const;
let device: Device;
let vocabulary: PairVocabulary;
let file: Uint8Array<ArrayBuffer>;
let translator: Translator;

beforeAll(async () => {
  device = await Device.open({ gpu: openTestGpu() });
  vocabulary = await PairVocabulary.learn(pairs, { vocabularySize: 290 });
  const model = new EncoderDecoder({
    ...{ encoderLayers: 1, decoderLayers: 2, heads: 2, width: 16, hidden: 16, context: 40, preNorm: true },
    ...vocabulary.embedding,
  });
  using store = new ParameterStore(device, model, { seed: 3 });
  const tensors: NamedTensor[] = [];
  for (const [name, data] of await store.readAll('weights')) {
    tensors.push({ name, dtype: 'F32', shape: store.parameters.get(name)!.shape, data });
  }
  file = saveSafetensors(tensors, {
    format: 'heed.weights.2',
    run: JSON.stringify({ config: model.config }),
    extras: JSON.stringify(translationExtras(vocabulary, info, { training: '{}' })),
  });
  const drawn = vi.spyOn(RandomStream.prototype, 'uniform');
  translator = await Translator.create(device, await TranslationModel.open(file), { sentences: 3, beams: 2 });
  expect(drawn).not.toHaveBeenCalled();
  drawn.mockRestore();
});
afterAll(() => {
  translator[Symbol.dispose]();
  device[Symbol.dispose]();
});

it('translates texts as it would each alone; streams end with the text; empty ones stay empty', async () => {
  const texts = ['The cat eats.', '', 'A dog sees the bread.', ' \n'];
  const seen = new Map<number, string[]>();
  const options = { tokens: 6, nBest: 2 };
  const all = await translator.translate(texts, {
    ...options,
    onText: (text, index, done) =>
      seen.set(index, [...(seen.get(index) ?? []), `${done ? '=' : '+'}${text}`]),
  });
  expect(all.map(({ source }) => source)).toEqual(texts);
  expect([all[1], all[3]].map(({ text, pieces }) => [text, pieces.length])).toEqual([
    ['', 0],
    ['\n', 0],
  ]);
  for (const index of [0, 2]) {
    const [alone] = await translator.translate([texts[index]], options);
    const [{ hypotheses }] = all[index].pieces;
    expect(hypotheses.map(({ ids }) => ids)).toEqual(alone.pieces[0].hypotheses.map(({ ids }) => ids));
    expect(hypotheses.length).toBe(2);
    expect(hypotheses[0].score).toBeGreaterThanOrEqual(hypotheses[1].score);
    expect(hypotheses.every(({ ids }) => ids.every((id) => !vocabulary.banned.includes(id)))).toBe(true);
    expect(seen.get(index)!.at(-1)).toBe(`=${all[index].text}`);
    expect(seen.get(index)!.filter((line) => line.startsWith('='))).toHaveLength(1);
  }
  expect(seen.get(1)).toEqual(['=']);
  expect(seen.get(3)).toEqual(['=\n']);
});

it('translates lines by themselves, and brings their breaks back, while it streams, too', async () => {
  const lines = ['The cat eats.', '', '- A dog sees.', '- The bread.'];
  const options = { tokens: 6, mode: 'greedy' } as const;
  const seen: string[] = [];
  const [whole] = await translator.translate([`${lines.join('\n')}\n`], {
    ...options,
    onText: (text) => seen.push(text),
  });
  const sources = ['The cat eats.', 'A dog sees.', 'The bread.'];
  const each = (await translator.translate(sources, options)).map(({ text }) => text);
  expect(whole.text).toBe(`${each[0]}\n\n- ${each[1]}\n- ${each[2]}\n`);
  expect(whole.pieces.map(({ source, line }) => [line, source])).toEqual([
    [0, sources[0]],
    [2, sources[1]],
    [3, sources[2]],
  ]);
  expect(seen.at(-1)).toBe(whole.text);
  for (const text of seen) expect(text).toMatch(/^[^\n]*\n\n- [^\n]*\n- [^\n]*\n$/);
});

it('cuts what is too long at the ends of sentences, and refuses a sentence that is', async () => {
  const sentences = ['The cat sees the bread.', 'It eats!', 'The dog sees it.'];
  const options = { mode: 'greedy', tokens: 4 } as const;
  const [long] = await translator.translate([sentences.join(' ')], options);
  expect(long.pieces.map(({ source }) => source)).toEqual(sentences);
  const each = await translator.translate(sentences, options);
  expect(long.text).toBe(
    each
      .map(({ text }) => text)
      .filter((text) => text !== '')
      .join(' '),
  );
  await expect(translator.translate(['ok', 'zyxw '.repeat(20)])).rejects.toThrow(
    /a sentence has \d+ tokens, but the model takes 39 \("zyxw zyxw/,
  );
});

it('takes lists of texts while it is there', async () => {
  for (const texts of ['text', [null], undefined]) {
    await expect(translator.translate(texts as never)).rejects.toThrow('translate: it takes a list of texts');
  }
  const { model, vocabulary } = translator;
  const gone = new Translator(device, { model, vocabulary });
  gone[Symbol.dispose]();
  await expect(gone.translate([''])).rejects.toThrow('translate: it was disposed of');
});

it('begins as it is told, and stops when told', async () => {
  const [{ text }] = await translator.translate(['The cat.'], {
    prefix: 'Le chien',
    tokens: 8,
    mode: 'greedy',
  });
  expect(text).toMatch(/^Le chien/);
  const controller = new AbortController();
  const aborted = translator.translate(['The cat.'], {
    prefix: 'Le',
    signal: controller.signal,
    onText: () => controller.abort(new Error('enough')),
  });
  await expect(aborted).rejects.toThrow('enough');
  await expect(translator.translate(['The cat.'], { tokens: 2 })).resolves.toHaveLength(1); // usable again
});

it('shows what was looked at: no padding, and the same as a plan of exactly these lengths', async () => {
  const [source, target] = ['The cat eats bread.', 'Le chat mange.'];
  const shown = await translator.attention(source, target, 1, 'all');
  const sourceIds = [...vocabulary.encodeSource(source), vocabulary.end];
  const targetIds = [vocabulary.begin, ...vocabulary.encodeTarget(target)];
  const [S, T] = [sourceIds.length, targetIds.length];
  expect(shown.source.at(-1)).toBe('⟨end⟩');
  expect(shown.source.join('')).toBe(' The cat eats bread.⟨end⟩');
  expect([shown.target.length, shown.source.length]).toEqual([T, S]);
  expect(shown.map.shape).toEqual([2, T, S]);
  const g = new Graph(device);
  const [s, t] = [g.input('source', [1, S], 'u32'), g.input('target', [1, T], 'u32')];
  using plan = await g.compile({ y: translator.model.forward(g, s, null, t) });
  plan.run({ source: Uint32Array.from(sourceIds), target: Uint32Array.from(targetIds) });
  const exact = await plan.attention('decoder.layers.1.crossAttention', 'all');
  assertClose('cross-attention', shown.map.probabilities, exact.probabilities, exact.shape, {
    epsilon: 2 ** -23,
    terms: 64,
  });
  expect(shown.map.entropy.every((entropy) => entropy > 0)).toBe(true);
  await expect(translator.attention(source, target, 2, 0)).rejects.toThrow(/no attention "decoder.layers.2/);
  await expect(translator.attention('', target, 0, 0)).resolves.toBeDefined(); // the end alone
  await expect(translator.attention(source, 'x'.repeat(60), 0, 0)).rejects.toThrow(
    /the target has 62 tokens, but/,
  );
});

it('is smaller as f16, and says the same', async () => {
  const small = await translationWeights(file, { info: { scores: { bleu: 1 } } });
  expect(small.length).toBeLessThan(file.length);
  const opened = await TranslationModel.open(small);
  expect(opened.info).toEqual({ ...info, scores: { bleu: 1 } });
  expect(opened.extras['training']).toBeUndefined();
  using half = await Translator.create(device, opened, { sentences: 3, beams: 2 });
  const map = async (from: Translator) =>
    (await from.attention('The cat', 'Le chat', 0, 0)).map.probabilities;
  assertClose('cross-attention', await map(half), await map(translator), [3, 3], {
    epsilon: 2 ** -11,
    terms: 64,
  });
});

it('refuses other files', async () => {
  const plain = saveSafetensors([{ name: 'x', dtype: 'F32', shape: [1], data: new Float32Array(1) }]);
  await expect(TranslationModel.open(plain)).rejects.toThrow(/no checkpoint of Heed \(format none\)/);
  const gpt = saveSafetensors([], { format: 'heed.train.2', run: '{"config":{"layers":1}}', extras: '{}' });
  await expect(TranslationModel.open(gpt)).rejects.toThrow(/another kind/);
  const damaged = saveSafetensors([], { format: 'heed.train.2', run: '{', extras: '{}' });
  await expect(TranslationModel.open(damaged)).rejects.toThrow(/its description is damaged/);
});
