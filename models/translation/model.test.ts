import { expect, test } from 'vitest';
import { EngineError } from '../../engine/index';
import { modelFile } from '../../tests/harness/model-file';
import { EncoderDecoder } from '../encoder_decoder';
import { PairVocabulary } from './pair_vocabulary';
import { TranslationModel, translationExtras, translationWeights } from './model';
import { trainTranslation } from './training';

const vocabulary = await PairVocabulary.learn([{ source: 'ab', target: 'xy' }], { kind: 'characters' });
const config = {
  ...{ encoderLayers: 1, decoderLayers: 1, heads: 1, width: 4, ...vocabulary.embedding },
};
const file = (info: object, changes: object = {}, sizes: object = {}): Uint8Array<ArrayBuffer> => {
  const model = new EncoderDecoder({ ...config, ...sizes });
  const described = { config: { ...model.config, ...changes } };
  return modelFile(Object.assign(model, described), translationExtras(vocabulary, info as never));
};

test.each([
  [{ encoderLayers: 1e6 }, 'encoderLayers is 1000000, but it has 34 tensors'],
  [{ decoderLayers: 2 ** 32 }, 'decoderLayers is 4294967296, but it has 34 tensors'],
  [{ encoderLayers: 2 }, /encoder\.layers\.1\.\S+ is missing/],
  [{ hidden: 1e7 }, 'is (16, 4), but its model makes it (10000000, 4)'],
  [{ width: 1 << 20 }, 'but its model makes it'],
  [{ vocabulary: 4096, sourceVocabulary: 4096 }, 'vocabulary is 4096, but its vocabulary makes it 8'],
  [{ context: 1e99 }, 'context is 1e+99'],
  [{ context: 2 ** 24, width: 64 }, 'positions'],
  [{ shared: true }, 'shared is true, but its vocabulary makes it false'],
  [{ activation: 'swoosh' }, 'there is no activation "swoosh"'],
  [{ dropout: '0.1' }, 'dropout is 0.1'],
  [{ padding: 1e9 }, 'padding is 1000000000'],
])('a file is refused whose tensors are not those of its model: %o', async (changes, why) => {
  await expect(TranslationModel.open(file({ title: '' }))).resolves.toBeDefined();
  await expect(TranslationModel.open(file({ title: '' }, changes))).rejects.toThrow(why);
  await expect(TranslationModel.open(file({ title: '' }, changes))).rejects.toBeInstanceOf(EngineError);
});

test.each([{ title: 5 }, { longest: 'a' }, { longest: -1 }, { scores: { bleu: null } }, { licence: [] }])(
  'a file is refused that says of itself %o',
  async (info) => {
    await expect(TranslationModel.open(file(info))).rejects.toThrow('its description is damaged');
  },
);

test('codes of languages are canonical once a model is there', async () => {
  const old = file({ title: 'old', languages: ['en_XX', 'zh_CN'] });
  expect((await TranslationModel.open(old)).info).toEqual({ title: 'old', languages: ['en', 'zh-CN'] });
  const parts = { config, vocabulary, weights: {} as never };
  const made = new TranslationModel({ ...parts, info: { title: '', languages: ['eng', 'jpn'] } });
  expect(made.info.languages).toEqual(['en', 'ja']);
  expect(() => new TranslationModel({ ...parts, info: { title: '', languages: ['en', 'chinese'] } })).toThrow(
    'language: "chinese" is no language code',
  );
  expect(() => new TranslationModel({ ...parts, info: { title: '', languages: ['en'] as never } })).toThrow(
    'languages: they are not two',
  );
  // A file from before they were looked at still opens: its texts tell.
  const odd = await TranslationModel.open(file({ title: 'odd', languages: ['english', 'zho'] }));
  expect(odd.info.languages).toEqual(['und', 'zh']);
  expect((await TranslationModel.open(file({ title: 'none' }))).info).toEqual({ title: 'none' });
});

test('weights that are shipped have canonical codes, or none are written', async () => {
  const old = file({ title: 'old' });
  const renamed = await translationWeights(old, { info: { languages: ['eng', 'cmn'] } });
  expect((await TranslationModel.open(renamed)).info.languages).toEqual(['en', 'zh']);
  await expect(translationWeights(old, { info: { languages: ['en', 'french'] } })).rejects.toThrow(
    'language: "french" is no language code',
  );
});

test('training refuses unknown codes before it reads anything', async () => {
  const options = { device: null as never, pairs: [] };
  await expect(trainTranslation({ ...options, info: { languages: ['en', 'klingon'] } })).rejects.toThrow(
    'language: "klingon" is no language code',
  );
});
