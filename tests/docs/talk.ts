import type { Device } from '../../engine/index';
import { llama, load, loadTokenizer, type ModelFolder } from '../../models/index';
import { TextWriter, type ChatMessage } from '../../models/tasks/index';

/** Asks a model that chats, shows the answer as it grows, and asks again what it meant. */
export async function talk(device: Device, folder: ModelFolder, show: (piece: string) => void) {
  using loaded = await load(folder, { device, families: [llama] });
  using writer = new TextWriter(device, loaded, await loadTokenizer(folder));
  const messages: ChatMessage[] = [{ role: 'user', content: 'Who was Ada?' }];
  const { message, finished } = await writer.chat(messages, { tokens: 8, onText: show });
  messages.push(message, { role: 'user', content: finished ? 'And her father?' : 'Go on.' });
  messages.push((await writer.chat(messages, { tokens: 8 })).message);
  return messages;
}
