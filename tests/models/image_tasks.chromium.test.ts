// Tasks on images, from bytes to labels, beside Transformers: tests/fixtures/make_vision.py.
import { describe, expect, it } from 'vitest';
import { adapt, lora, type Device } from '../../engine/index';
import {
  clip,
  inspect,
  load,
  loadImageProcessor,
  loadTokenizer,
  vitForImageClassification,
  vitModel,
  type Pixels,
} from '../../models/index';
import { ImageClassifier, ImageTextEmbedder, pipeline } from '../../models/tasks/index';
import { school } from '../docs/school';
import { see } from '../docs/see';
import { which } from '../docs/which';
import about from '../fixtures/vision.json';
import { withDevice } from '../harness/device';
import { host } from '../harness/host';
import { checkpointOf, folderOf } from './folders';
import { fixtureImage } from './images';
import { visionFixture } from './vision_fixture';

const { results } = about;
const images = results.images.map(([width, height]) => fixtureImage(width, height));
const near = (wanted: number): unknown => expect.closeTo(wanted, 5);

let device: Device;
withDevice((opened) => (device = opened), { empty: true });

async function filesOf(name: 'vit-sequence' | 'clip-model') {
  const { config, weights } = visionFixture(name);
  const clips = name === 'clip-model';
  return {
    'config.json': config,
    'model.safetensors': checkpointOf(await weights()),
    'preprocessor_config.json': clips
      ? { image_processor_type: 'CLIPImageProcessor', size: { shortest_edge: 13 }, crop_size: 13 }
      : { image_processor_type: 'ViTImageProcessor', size: { height: 15, width: 13 } },
    ...(clips && { 'tokenizer.json': about.tokenizer, 'tokenizer_config.json': {} }),
  };
}

describe('classes of images', () => {
  const names = ['cat', 'dog', 'neither'];
  const wanted = results.classes.map((scores) =>
    scores.map((score, k) => ({ label: names[k], score: near(score) })),
  );
  const sorted = (i: number, most = 3) => {
    const order = [0, 1, 2].sort((a, b) => results.classes[i][b] - results.classes[i][a]);
    return order.slice(0, most).map((k) => wanted[i][k]);
  };

  it('are those of Transformers', async () => {
    const folder = folderOf(await filesOf('vit-sequence'));
    expect(await see(device, folder, images)).toEqual([0, 1, 2].map((i) => sorted(i, 2)));
    using classify = await pipeline('image-classification', folder, { device });
    expect(classify.tokenizer).toBe(null);
    expect(await classify(images[1], { top_k: 1 })).toEqual(sorted(1, 1));
    expect(await classify(images, { top_k: null })).toEqual([0, 1, 2].map((i) => sorted(i)));
    // More than a batch, the last of it alone.
    const many = Array.from({ length: 9 }, (_, i) => images[i % 3]);
    expect(await classify(many)).toEqual(many.map((_, i) => sorted(i % 3)));
    await expect(classify(images, { top_k: 0 })).rejects.toThrow('top_k is 0');
    await expect(classify([images[0], { ...images[1], width: 0 }])).rejects.toThrow(
      'image 1 is 0 × 37 pixels',
    );
    await expect(classify('data:text/plain,no')).rejects.toThrow(/image 0 .*cannot be decoded|decodes none/);
    await expect(pipeline('text-classification', folder, { device })).rejects.toThrow();
  });

  it.skipIf(host.name === 'dawn')('of whatever a browser draws or decodes', async () => {
    using classify = await pipeline('image-classification', folderOf(await filesOf('vit-sequence')), {
      device,
    });
    const opaque = (image: Pixels): ImageData => {
      const data = new ImageData(image.width, image.height);
      data.data.set(image.data.map((byte, i) => (i % 4 === 3 ? 255 : byte)));
      return data;
    };
    const canvas = new OffscreenCanvas(37, 23);
    canvas.getContext('2d')!.putImageData(opaque(images[0]), 0, 0);
    const blob = await canvas.convertToBlob({ type: 'image/png' });
    const bitmap = await createImageBitmap(blob);
    const frame = new VideoFrame(canvas, { timestamp: 0 });
    const address = URL.createObjectURL(blob);
    const all = await classify([canvas, blob, bitmap, opaque(images[0]), address, new URL(address)]);
    expect(all).toEqual(Array.from({ length: 6 }, () => sorted(0)));
    expect((await classify(frame))[0].label).toBe('dog'); // colours of video are rounded
    frame.close();
    URL.revokeObjectURL(address);
    await expect(classify(new Blob(['no image'], { type: 'image/png' }))).rejects.toThrow(
      'image 0 of 8 bytes (image/png) cannot be decoded',
    );
    await expect(classify(address)).rejects.toThrow(/image 0 at blob:/);
  });

  it('want an image processor of the same size, or resized positions', async () => {
    const files = await filesOf('vit-sequence');
    const folder = folderOf({
      ...files,
      'preprocessor_config.json': { image_processor_type: 'ViTImageProcessor', size: 20 },
    });
    using loaded = await load(folder, { device, families: [vitForImageClassification] });
    const processor = await loadImageProcessor(folder);
    expect(() => new ImageClassifier(device, loaded.model, processor)).toThrow(
      'the image processor makes images of 20 × 20, the model reads 15 × 13',
    );
    using classifier = new ImageClassifier(device, loaded.model, processor, { resizePositions: true });
    const [labels] = await classifier.classify([images[0]]);
    expect(labels.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 6);
    const ended = new AbortController();
    ended.abort(new Error('enough'));
    await expect(classifier.classify(images, { signal: ended.signal })).rejects.toThrow('enough');
    await expect(classifier.classify('cat' as never)).rejects.toThrow('the images are no list');
  });

  it('are learnt on a new head, and go back', async () => {
    // Red or blue, and noise.
    const coloured = Array.from({ length: 24 }, (_, i) => {
      const { data, ...size } = fixtureImage(15 + (i % 5), 13);
      const image = { ...size, data: data.map((byte, at) => (at % 4 === (i % 2) * 2 ? 255 : byte >> 1)) };
      return { image, label: i % 2 };
    });
    const files = await filesOf('vit-sequence');
    const saved = await school(device, folderOf(files), coloured, { 0: 'red', 1: 'blue' }, 20);
    const folder = folderOf({
      'preprocessor_config.json': files['preprocessor_config.json'],
      'config.json': JSON.parse(await saved.get('config.json')!.text()) as object,
      'model.safetensors': new Uint8Array(await saved.get('model.safetensors')!.arrayBuffer()),
    });
    using classify = await pipeline('image-classification', folder, { device });
    const found = await classify(
      coloured.map(({ image }) => image),
      { top_k: 1 },
    );
    expect(found.flat().map(({ label }) => label)).toEqual(
      coloured.map(({ label }) => ['red', 'blue'][label]),
    );
  });
});

it('is stored in fewer bits, and carries LoRA on its patches', async () => {
  const folder = folderOf(await filesOf('vit-sequence'));
  const processor = await loadImageProcessor(folder);
  using loaded = await load(folder, { device, families: [vitForImageClassification], storage: 'int8' });
  expect(loaded.model.patches.linear.weight.packed).toBe('int8');
  const first = async (): Promise<number[]> => {
    using classifier = new ImageClassifier(device, loaded.model, processor);
    const found = await classifier.classify(images);
    return found.map(([{ label, score }]) => (label === 'dog' ? score : NaN));
  };
  const before = await first();
  for (const [i, score] of before.entries()) expect(score).toBeCloseTo(results.classes[i][1], 1);
  using _adapter = await adapt(loaded.model, { 'patches.linear': lora({ rank: 2 }) });
  expect(loaded.model.patches.linear.wraps).toHaveLength(1);
  expect(await first()).toEqual(before); // it begins as nothing
});

describe('images and texts', () => {
  it('have the scores of Transformers', async () => {
    const folder = folderOf(await filesOf('clip-model'));
    const wanted = (i: number) =>
      results.labels
        .map((label, k) => ({ label, score: results.zeroShot[i][k] }))
        .sort((a, b) => b.score - a.score)
        .map(({ label, score }) => ({ label, score: near(score) }));
    expect(await which(device, folder, images[0], results.labels)).toEqual(wanted(0));
    using classify = await pipeline('zero-shot-image-classification', folder, { device });
    expect(await classify(images, results.labels)).toEqual([0, 1, 2].map(wanted));
    await expect(classify(images, [])).rejects.toThrow('there are no labels');
    await expect(classify(images, 'cat', { hypothesis_template: 'no' })).rejects.toThrow(
      'hypothesis is "no"',
    );
    await expect(classify(images, 'cat', { top_k: 1 } as never)).rejects.toThrow('top_k');
  });

  it('are near each other in one space', async () => {
    const folder = folderOf(await filesOf('clip-model'));
    using loaded = await load(folder, { device, families: [clip] });
    const tokenizer = await loadTokenizer(folder);
    using embedder = new ImageTextEmbedder(device, loaded.model, tokenizer, await loadImageProcessor(folder));
    const texts = results.labels.map((label) => `This is a photo of ${label}`);
    const rows = await embedder.embedTexts(texts);
    expect([...rows[2]]).toEqual(results.textRow.map(near));
    const seen = await embedder.embedImages(images);
    expect([...seen[1]]).toEqual(results.imageRow.map(near));
    const ranked = await embedder.rank(texts[2], images);
    const cosines = seen.map((row) => embedder.similarity(row, rows[2]));
    expect(ranked.map(({ index }) => index)).toEqual([0, 1, 2].sort((a, b) => cosines[b] - cosines[a]));
    await expect(embedder.embedTexts(['this is a photo of two red cat lake dog'])).rejects.toThrow(
      'text 0 has 12 tokens of at most 9',
    );
  });
});

it.each([
  ['vit-sequence', vitForImageClassification],
  ['clip-model', clip],
] as const)('inspect tells what %s takes', async (name, family) => {
  const found = await inspect(folderOf(await filesOf(name)), { families: [family, vitModel], batch: 2 });
  expect(found.refused).toBe(null);
  for (const need of [found.run!, found.train!]) {
    expect(need.refused).toBe(null);
    expect(need.activations).toBeGreaterThan(1000);
  }
  expect(found.train!.activations).toBeGreaterThan(found.run!.activations!);
});
