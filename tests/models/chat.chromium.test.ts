// Answers of a model by its template: the same tokens as its generator makes, up to whatever ends an answer.
import { describe, expect, it } from 'vitest';
import { tokenizerFromJson, type Device } from '../../engine/index';
import { Generator, llama, load, loadTokenizer } from '../../models/index';
import { TextWriter, pipeline, type ChatMessage } from '../../models/tasks/index';
import { talk } from '../docs/talk';
import { withDevice } from '../harness/device';
import { asked, chattingFiles, TEMPLATE } from './chat';
import { folderOf } from './folders';

const QUESTION = 'ABBA';
const MESSAGES: readonly ChatMessage[] = [{ role: 'user', content: QUESTION }];

describe('chat', () => {
  let device: Device;
  withDevice((opened) => (device = opened), { empty: true });

  /** The first tokens of a greedy answer of which no end is known. */
  async function tokensOf(count: number): Promise<{ ids: number[]; end: number }> {
    const folder = folderOf(await chattingFiles(0));
    using loaded = await load(folder, { device, families: [llama] });
    using generator = new Generator(device, loaded.model);
    const ids: number[] = [];
    const prompt = asked(await loadTokenizer(folder), QUESTION);
    for await (const id of generator.generate(prompt, { temperature: 0, tokens: count })) ids.push(id);
    const end = ids.findIndex((id, at) => at > 1 && ids.indexOf(id) === at && ![...prompt].includes(id));
    expect(end).toBeGreaterThan(1);
    return { ids, end };
  }

  it('streams up to what the template puts behind an answer', async () => {
    const { ids, end } = await tokensOf(24);
    const folder = folderOf(await chattingFiles(ids[end]));
    const tokenizer = await loadTokenizer(folder);
    using loaded = await load(folder, { device, families: [llama] });
    using writer = new TextWriter(device, loaded, tokenizer);
    const content = tokenizer.decode(ids.slice(0, end), { special: false });
    const pieces: string[] = [];
    const answer = await writer.chat(MESSAGES, { onText: (piece) => pieces.push(piece) });
    expect(answer).toEqual({ message: { role: 'assistant', content }, finished: true });
    expect(pieces.join('')).toBe(content);
    expect(pieces.length).toBeGreaterThan(1);
    const cut = await writer.chat(MESSAGES, { tokens: end - 1 });
    expect(cut.finished).toBe(false);
    expect(content.startsWith(cut.message.content)).toBe(true);
    const next = [...MESSAGES, answer.message, { role: 'user', content: 'B' }];
    expect((await writer.chat(next, { tokens: 2 })).message.content.length).toBeLessThanOrEqual(2);

    using chat = await pipeline('text-generation', folder, { device, families: [llama] });
    const done = [{ generated_text: [...MESSAGES, answer.message] }];
    expect(await chat(MESSAGES)).toEqual(done);
    expect(await chat([MESSAGES, MESSAGES])).toEqual([done, done]);
    await expect(chat(MESSAGES, { return_full_text: true } as object)).rejects.toThrow(/return_full_text/);
  });

  it('goes on with a conversation', async () => {
    const pieces: string[] = [];
    const told = await talk(device, folderOf(await chattingFiles(0)), (piece) => pieces.push(piece));
    expect(told.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant']);
    expect(pieces.join('')).toBe(told[1].content);
  });

  it('ends when it is told to, and says what is not there', async () => {
    const files = await chattingFiles(0);
    const open = async (config: object) => {
      const folder = folderOf({ ...files, 'tokenizer_config.json': config });
      const loaded = await load(folder, { device, families: [llama] });
      return { loaded, tokenizer: await loadTokenizer(folder) };
    };
    const { loaded, tokenizer } = await open({});
    using _ = loaded;
    using writer = new TextWriter(device, loaded, tokenizer);
    await expect(writer.chat(MESSAGES)).rejects.toThrow(/the model has no chat template/);
    const options = { template: TEMPLATE, tokens: 20 };
    const controller = new AbortController();
    const reason = new Error('enough');
    const stopped = writer.chat(MESSAGES, {
      ...options,
      signal: controller.signal,
      onText: () => controller.abort(reason),
    });
    await expect(stopped).rejects.toBe(reason);
    expect((await writer.chat(MESSAGES, { ...options, tokens: 3 })).message.content).not.toBe('');
    const long = [{ role: 'user', content: 'A'.repeat(loaded.model.config.context) }];
    await expect(writer.chat(long, options)).rejects.toThrow(/room for \d+\. Leave out its oldest messages/);
    await expect(writer.chat(MESSAGES, { ...options, system: 'x' } as object)).rejects.toThrow(/system/);
    using plain = new TextWriter(device, loaded, await tokenizerFromJson(files['tokenizer.json']));
    await expect(plain.chat(MESSAGES)).rejects.toThrow(/Open it by loadTokenizer/);
  });
});
