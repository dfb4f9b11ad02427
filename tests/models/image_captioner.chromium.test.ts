// Captions of images, from bytes to words and back to patches, beside Transformers: tests/fixtures/make_vision_encoder_decoder.py.
import { expect, it } from 'vitest';
import { attentionRollout, Graph, type Device } from '../../engine/index';
import { load, loadImageProcessor, loadTokenizer, visionEncoderDecoder } from '../../models/index';
import { ImageCaptioner, pipeline } from '../../models/tasks/index';
import { say } from '../docs/say';
import { withDevice } from '../harness/device';
import { folderOf } from './folders';
import { fixtureImage } from './images';
import { about, captionerFiles } from './vision_encoder_decoder_fixture';

const { results } = about.families.vit;
const images = results.images.map(([width, height]) => fixtureImage(width, height));

let device: Device;
withDevice((opened) => (device = opened), { empty: true });

async function opened() {
  const folder = folderOf(await captionerFiles('vit', results.generation));
  const [tokenizer, processor] = await Promise.all([loadTokenizer(folder), loadImageProcessor(folder)]);
  const loaded = await load(folder, { device, families: [visionEncoderDecoder] });
  return { folder, tokenizer, processor, loaded };
}

it('the pipeline says what Transformers says', async () => {
  const folder = folderOf(await captionerFiles('vit', results.generation));
  using caption = await pipeline('image-to-text', folder, { device });
  expect(await caption(images)).toEqual(results.captions.map((text) => [{ generated_text: text }]));
  expect(await caption(images[1])).toEqual([{ generated_text: results.captions[1] }]);
  const [{ generated_text: short }] = await caption(images[0], { max_new_tokens: 4, num_beams: 1 });
  expect(short.split(' ')).toHaveLength(4);
  await expect(caption(images[0], { num_beams: 9 })).rejects.toThrow('num_beams is 9');
});

it('each word was written from patches, whose shares are those of the attention', async () => {
  const { tokenizer, processor, loaded } = await opened();
  using _ = loaded;
  using captioner = new ImageCaptioner(device, loaded, tokenizer, processor);
  const [[{ text, ids }]] = await captioner.caption([images[0]]);
  expect(text).toBe(results.captions[0]);
  const { model } = loaded;
  const g = new Graph(device);
  const pixels = g.input('pixels', [1, 3, 15, 13], 'f32');
  const target = g.input('target', [1, ids.length], 'u32', { below: model.config.vocabulary });
  using plan = await g.compile({ logits: model.forward(g, pixels, null, target) });
  plan.run({ pixels: processor.process(images[0]).data, target: Uint32Array.from([1, ...ids.slice(0, -1)]) });
  const cross = await Promise.all(
    [0, 1].map((layer) => plan.attention(`decoder.layers.${layer}.crossAttention`, 'mean')),
  );
  const rolled = await attentionRollout(plan, { layers: ['encoder.layers.0.attention'] });
  const seen = await captioner.look(images[0], ids);
  const second = await captioner.look(images[0], ids, { layer: 1 });
  const through = await captioner.look(images[0], ids, { rollout: true });
  expect(seen.grid).toEqual([3, 4]);
  expect(seen.words.map((word) => word.text).join(' ')).toBe(text);
  for (const [t, { patches }] of seen.words.entries()) {
    expect(patches).toHaveLength(12);
    const whole = cross[0].row(t).map((p, s) => (p + cross[1].row(t)[s]) / 2);
    for (let s = 0; s < 12; s++) {
      expect(patches[s]).toBeCloseTo(whole[1 + s], 6);
      expect(second.words[t].patches[s]).toBeCloseTo(cross[1].row(t)[1 + s], 6);
      const back = whole.reduce((sum, p, from) => sum + p * rolled.shares[from * 13 + 1 + s], 0);
      expect(through.words[t].patches[s]).toBeCloseTo(back, 6);
    }
  }
});

it('the guide says it in a few lines', async () => {
  const folder = folderOf(await captionerFiles('vit', results.generation));
  const { text, words, grid } = await say(device, folder, images[0]);
  expect(grid).toEqual([3, 4]);
  expect(words.map((word) => word.text).join(' ')).toBe(text);
});

it('what cannot be is refused', async () => {
  const { tokenizer, loaded, folder } = await opened();
  using _ = loaded;
  const own = await loadImageProcessor(folder);
  const files = await captionerFiles('vit');
  const size = { height: 16, width: 13 };
  const other = await loadImageProcessor(
    folderOf({ ...files, 'preprocessor_config.json': { image_processor_type: 'ViTImageProcessor', size } }),
  );
  expect(() => new ImageCaptioner(device, loaded, tokenizer, other)).toThrow(
    'makes images of 16 × 13, the model reads 15 × 13',
  );
  using captioner = new ImageCaptioner(device, loaded, tokenizer, own);
  const [image] = images;
  await expect(captioner.caption([image, { ...image, width: 0 }])).rejects.toThrow('image 1 is 0');
  await expect(captioner.caption(image as never)).rejects.toThrow('the images are no list');
  await expect(captioner.caption([image], { beam: 3 } as never)).rejects.toThrow('beam');
  await expect(captioner.look(image, [])).rejects.toThrow('the caption has 0 tokens');
  await expect(captioner.look(image, [99])).rejects.toThrow('an id is 99');
  await expect(captioner.look(image, [3], { layer: 2 })).rejects.toThrow("Use 0 to 1, or 'mean'");
  const over = AbortSignal.abort(new Error('enough'));
  await expect(captioner.caption([image], { signal: over })).rejects.toThrow('enough');
});
