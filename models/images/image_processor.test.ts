// Image processors beside those of Transformers, to the bit: tests/fixtures/make_images.py.
import { describe, expect, it } from 'vitest';
import cases from '../../tests/fixtures/images.json';
import { fixtureTensors } from '../../tests/fixtures/load';
import { fixtureImage } from '../../tests/models/images';
import { folderOf } from '../../tests/models/folders';
import type { Json } from '../pretrained_config';
import { MOST_PIXELS, pixelsOf, type Pixels } from './image';
import { ImageProcessor } from './image_processor';
import { loadImageProcessor } from './load_image_processor';

describe("Transformers' image processors", () => {
  it.each(cases.cases.map(({ name, config, image }, i) => [`${i}: ${name}`, name, config, image] as const))(
    '%s',
    async (_, name, config, [width, height]) => {
      const { shape, data } = (await fixtureTensors('images.safetensors')).get(name)!;
      const processor = new ImageProcessor(config);
      const found = processor.process(fixtureImage(width, height));
      expect([3, found.height, found.width]).toEqual(shape);
      if (processor.size) expect(processor.size).toEqual(shape.slice(1));
      expect(found.data).toEqual(data);
    },
  );
});

const vit: Json = { image_processor_type: 'ViTImageProcessor', size: 4 };

describe('alpha', () => {
  const data = Uint8Array.of(200, 100, 0, 0, 200, 100, 0, 51, 200, 100, 0, 255, 1, 2, 3, 255);
  const image: Pixels = { data, width: 2, height: 2 };
  const plain = { ...vit, do_resize: false, do_rescale: false, do_normalize: false };
  const reds = (options: object) => [...new ImageProcessor(plain).process(image, options).data.slice(0, 4)];
  it('is left out, or lets a background through', () => {
    expect(reds({})).toEqual([200, 200, 200, 1]);
    expect(reds({ background: [100, 0, 0] })).toEqual([100, 120, 200, 1]);
  });
  it('wants a colour', () => {
    expect(() => reds({ background: [1, 2] })).toThrow('background is [1, 2]. Give three bytes');
    expect(() => reds({ backgroud: [1, 2, 3] })).toThrow('Did you mean background?');
  });
});

describe('images that cannot be', () => {
  const processor = new ImageProcessor(vit);
  const process = (image: object) => () => processor.process(image as Pixels);
  it('are refused by what is wrong', () => {
    const data = new Uint8Array(16);
    expect(process({ data, width: 0, height: 5 })).toThrow('image is 0 × 5 pixels');
    expect(process({ data, width: 2.5, height: 5 })).toThrow('image is 2.5 × 5 pixels');
    expect(process({ data, width: 4e4, height: 25e3 })).toThrow(
      `image has 40000 × 25000 pixels, more than ${MOST_PIXELS}`,
    );
    expect(process({ data, width: 2, height: 3 })).toThrow('image of 2 × 3 pixels has 16 bytes, not 24');
    expect(process({ data: [1, 2, 3, 4], width: 1, height: 1 })).toThrow('image has no bytes of pixels');
    expect(process({ data: new Uint16Array(4), width: 1, height: 1 })).toThrow('no bytes of pixels');
    const clip = new ImageProcessor({ image_processor_type: 'CLIPImageProcessor' });
    expect(() => clip.process({ data: new Uint8Array(4 * 400), width: 400, height: 1 })).toThrow(
      'an image of 400 × 1 pixels is too narrow',
    );
  });
  it('need a host that decodes, where they are files', async () => {
    await expect(pixelsOf('read', new Blob(['?']), 'image 2')).rejects.toThrow(
      'image 2 is a file, and this host decodes none',
    );
    await expect(pixelsOf('read', 'cat.png' as never)).rejects.toThrow('image is a string');
    await expect(pixelsOf('read', null as never)).rejects.toThrow('image is null');
  });
});

describe('settings', () => {
  it.each<[Json, string]>([
    [
      { image_processor_type: 'BlipImageProcessor' },
      'its class is "BlipImageProcessor". Image processors of ViT',
    ],
    [{}, 'it says no class (model_type null)'],
    [{ ...vit, resample: 6 }, 'resample is 6'],
    [{ ...vit, resample: 'bicubic' }, 'resample is "bicubic"'],
    [{ ...vit, size: { shortest_edge: 4 } }, 'size is {"shortest_edge":4}'],
    [{ ...vit, size: { longest_edge: 4 } }, 'size is {"longest_edge":4}'],
    [{ ...vit, size: 0 }, 'size is 0'],
    [{ ...vit, image_std: [1, 0, 1] }, 'image_std is [1,0,1]'],
    [{ ...vit, image_mean: [1, 2] }, 'image_mean is [1,2]'],
    [{ ...vit, do_pad: true }, 'do_pad is true'],
    [{ ...vit, do_rescale: 'yes' }, 'do_rescale is "yes"'],
    [{ ...vit, rescale_factor: '1/255' }, 'rescale_factor is "1/255"'],
  ])('%j', (config, why) => {
    expect(() => new ImageProcessor(config)).toThrow(why);
  });

  it("come of a folder, whose model says the class where the file doesn't", async () => {
    const files = { 'preprocessor_config.json': { size: 30 }, 'config.json': { model_type: 'clip' } };
    const processor = await loadImageProcessor(folderOf(files));
    expect(processor.size).toEqual([224, 224]);
    await expect(loadImageProcessor(folderOf({ 'config.json': {} }))).rejects.toThrow(
      'preprocessor_config.json: it is not there',
    );
  });
});
