// Parity of Whisper and its log-mel spectrogram with Hugging Face Transformers, see tests/fixtures/make_speech.py.
import { describe, expect, it } from 'vitest';
import { copy, dora, ia3, sitesOf } from '../../engine/adapters';
import { adapt, Graph, ParameterStore, type Device } from '../../engine/index';
import { FeatureExtractor, load, loadFeatureExtractor, Whisper, whisper } from '../../models/index';
import { fixtureTensors } from '../fixtures/load';
import about from '../fixtures/speech.json';
import { withDevice } from '../harness/device';
import { parity } from './family_parity';
import { folderOf } from './folders';
import { relativeError } from './parity';
import { noise, speechFiles, speechFixture, tones } from './speech';

let device: Device;
withDevice((opened) => (device = opened), { empty: true });

parity(whisper, { ...speechFixture(), device: () => Promise.resolve(device) });

describe('log-mel spectrograms', () => {
  const spectra: Readonly<
    Record<string, { settings: object; length: number; frames: number; every: number }>
  > = about.spectra;
  it.each(Object.entries(spectra))('of %s are those of WhisperFeatureExtractor', async (name, spectrum) => {
    const { settings, length, frames, every } = spectrum;
    const own: Record<string, (n: number) => Float32Array> = {
      noise,
      128(n) {
        const other = noise(n);
        return tones(n).map((x, t) => x + other[t]);
      },
    };
    const sound = own[name] ? own[name](length) : tones(length);
    using extractor = new FeatureExtractor(device, { ...settings });
    const got = await extractor.extract(sound);
    expect([got.frames, got.seconds]).toEqual([frames, length / extractor.sampleRate]);
    const { data, shape } = (await fixtureTensors('speech.safetensors')).get(`mel.${name}`)!;
    let worst = 0;
    for (let m = 0; m < shape[0]; m++) {
      for (let i = 0; i < shape[1]; i++) {
        worst = Math.max(worst, Math.abs(got.data[m * frames + i * every] - data[m * shape[1] + i]));
      }
    }
    expect(worst).toBeLessThan(1e-4);
    expect(new Set(data).size).toBeGreaterThan(50);
  });

  it('are refused where a setting is not done, and read where it is old', async () => {
    const refused: [object, string][] = [
      [
        { feature_extractor_type: 'Wav2Vec2FeatureExtractor' },
        'feature_extractor_type is "Wav2Vec2FeatureExtractor"',
      ],
      [{ dither: 0.1 }, 'dither is 0.1'],
      [{ padding_value: 1 }, 'padding_value is 1'],
      [{ feature_size: 0 }, 'feature_size is 0'],
      [{ n_fft: 401 }, 'n_fft is 401'],
      [{ nb_max_frames: 1500 }, 'nb_max_frames is 1500, and the others make it 3000'],
      [{ n_samples: 1 }, 'n_samples is 1'],
      [{ window: 'hamming' }, 'window is "hamming"'],
    ];
    for (const [settings, what] of refused) {
      expect(() => new FeatureExtractor(device, { ...settings })).toThrow(what);
    }
    await expect(loadFeatureExtractor(device, folderOf({}))).rejects.toThrow('it is not there');
    const old = { mel_filters: [[0]], n_samples: 480_000, nb_max_frames: 3000, return_attention_mask: false };
    using extractor = await loadFeatureExtractor(device, folderOf({ 'preprocessor_config.json': old }));
    expect([extractor.mels, extractor.frames]).toEqual([80, 3000]);
    extractor[Symbol.dispose]();
    await expect(extractor.extract(tones(9))).rejects.toThrow('disposed of');
  });
});

describe('Whisper', () => {
  it('begins with its sines, and reads shorter windows', async () => {
    const model = new Whisper({
      ...{ vocabulary: 30, mels: 8, sourceContext: 12, context: 9, width: 8, heads: 2 },
      ...{ encoderLayers: 1, decoderLayers: 1 },
    });
    using store = new ParameterStore(device, model);
    await store.ready();
    const table = await store.read('sourcePositions.weight');
    expect([...table.subarray(0, 8)]).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
    expect(table[8 + 3]).toBeCloseTo(Math.sin(1e-4), 8);
    const g = new Graph(device);
    const target = g.input('target', [1, 3], 'u32', { below: 30 });
    const mel = (...shape: number[]) => g.input(`mel ${shape.join()}`, shape, 'f32');
    expect(model.forward(g, mel(1, 8, 13), null, target).shape).toEqual([1, 3, 30]);
    expect(() => model.forward(g, mel(1, 8, 26), null, target)).toThrow('(B, S, 8) with S at most 12');
    expect(() => model.forward(g, mel(1, 7, 24), null, target)).toThrow('(B, 8, frames)');
    expect(() => model.encode(g, g.input('ids', [1, 24], 'u32'), null)).toThrow('(B, 8, frames)');
    const sizes = { vocabulary: 9, width: 8, heads: 2, encoderLayers: 1, decoderLayers: 1 };
    expect(() => new Whisper({ ...sizes, heads: 3 })).toThrow('width 8 does not divide into 3 and 3 heads');
    expect(() => new Whisper({ ...sizes, padding: 9 })).toThrow('padding is 9');
    expect(() => new Whisper({ ...sizes, mel: 80 } as never)).toThrow('mel');
  });

  it('carries adapters on projections whose keys have no bias, and they merge', async () => {
    using loaded = await load(folderOf(await speechFiles()), { device, families: [whisper] });
    const { model, store } = loaded;
    const logits = async (): Promise<Float32Array> => {
      const g = new Graph(device);
      const mel = g.input('mel', [1, 16, 100], 'f32');
      const target = g.input('target', [1, 3], 'u32', { below: 9 });
      using plan = await g.compile({ logits: model.forward(g, mel, null, target) });
      plan.run({ mel: noise(1600), target: Uint32Array.of(1, 2, 3) });
      return await plan.read('logits');
    };
    expect(sitesOf(model).has('encoder.layers.0.attention.qkv.value.bias')).toBe(true);
    expect(sitesOf(model).has('encoder.layers.0.attention.qkv.key.bias')).toBe(false);
    const before = await store.readAll('weights');
    const plain = await logits();
    using adapter = await adapt(model, {
      'encoder.layers.*.attention.qkv.{key,value}': ia3(),
      'decoder.layers.*.crossAttention.kv': ia3(),
      'decoder.layers.*.attention.qkv.{query,key}': dora({ rank: 2 }),
      'decoder.layers.*.attention.qkv.value.bias': copy(),
    });
    expect(await logits()).toEqual(plain);
    for (const [name, { trainable }] of adapter.store.parameters) {
      if (!trainable) continue;
      const from = await adapter.store.read(name);
      adapter.store.write(
        name,
        from.map((x, i) => x + Math.sin(i + name.length) / 4),
      );
    }
    const beside = await logits();
    expect(relativeError(beside, plain)).toBeGreaterThan(0.02);
    const { most } = await adapter.merge();
    expect(most).toBeLessThan(1e-6);
    expect(relativeError(await logits(), beside)).toBeLessThan(3e-6);
    await adapter.unmerge();
    expect(await store.readAll('weights')).toEqual(before);
  });
});
