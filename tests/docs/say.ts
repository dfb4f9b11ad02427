import type { Device } from '../../engine/index';
import {
  load,
  loadImageProcessor,
  loadTokenizer,
  visionEncoderDecoder,
  type ImageInput,
  type ModelFolder,
} from '../../models/index';
import { ImageCaptioner } from '../../models/tasks/index';

/** What is in an image, and where each word looked: `folder` may be `hub('nlpconnect/vit-gpt2-image-captioning')`. */
export async function say(device: Device, folder: ModelFolder, image: ImageInput) {
  const [tokenizer, processor] = await Promise.all([loadTokenizer(folder), loadImageProcessor(folder)]);
  using loaded = await load(folder, { device, families: [visionEncoderDecoder] });
  using captioner = new ImageCaptioner(device, loaded, tokenizer, processor);
  const [[{ text, ids }]] = await captioner.caption([image], { beams: 4, mode: 'beam' });
  const { words, grid } = await captioner.look(image, ids, { rollout: true });
  const dog = words.find((word) => word.text.includes('dog'));
  return { text, grid, brightest: dog && dog.patches.indexOf(Math.max(...dog.patches)), words };
}
