import type { Device } from '../../engine/index';
import { hub, load, loadImageProcessor, loadTokenizer, visionEncoderDecoder } from '../../models/index';
import { ImageCaptioner } from '../../models/tasks/index';

export async function say(device: Device, image: ImageBitmap) {
  const folder = hub('nlpconnect/vit-gpt2-image-captioning');
  const [tokenizer, processor] = await Promise.all([loadTokenizer(folder), loadImageProcessor(folder)]);
  using loaded = await load(folder, { device, families: [visionEncoderDecoder] });
  using captioner = new ImageCaptioner(device, loaded, tokenizer, processor);
  const [[{ text, ids }]] = await captioner.caption([image], { mode: 'beam', beams: 4 });
  const { words } = await captioner.look(image, ids, { rollout: true }); // each word's share of every patch
  return { text, words };
}
