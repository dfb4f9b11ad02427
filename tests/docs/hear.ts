import type { Device } from '../../engine/index';
import {
  load,
  loadFeatureExtractor,
  loadTokenizer,
  whisper,
  type AudioInput,
  type ModelFolder,
} from '../../models/index';
import { Transcriber } from '../../models/tasks/index';

/** What is said in a sound, line by line with its times: `folder` may be `hub('openai/whisper-tiny')`. */
export async function hear(
  device: Device,
  folder: ModelFolder,
  audio: AudioInput,
  show: (text: string) => void,
) {
  const tokenizer = await loadTokenizer(folder);
  using features = await loadFeatureExtractor(device, folder);
  using loaded = await load(folder, { device, families: [whisper] });
  using transcriber = new Transcriber(device, loaded, tokenizer, features);
  const { segments } = await transcriber.transcribe(audio, { timestamps: true, onText: show });
  return segments.map(({ start, end, text }) => `${start.toFixed(2)}–${end?.toFixed(2) ?? ''}:${text}`);
}
