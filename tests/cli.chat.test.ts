// `npx heed chat`: lines of a pipe as a person gives them, on Dawn; and a terminal with its keys.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { converseOn } from '../cli/chat';
import { AnswerStop, converse } from '../cli/conversation';
import { DataError, DeviceError } from '../engine/index';
import type { ChatAnswer, ChatMessage, ChatOptions } from '../models/tasks/index';
import { runHeed } from './harness/cli';
import { chattingFiles, TEMPLATE } from './models/chat';

const root = mkdtempSync(join(tmpdir(), 'heed-chat-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
afterEach(() => vi.restoreAllMocks());

const run = (args: readonly string[], input: string) => runHeed(['chat', ...args], { cwd: root, input });

describe('heed chat on a pipe', () => {
  beforeAll(async () => {
    const files = await chattingFiles(0);
    for (const [folder, config] of [
      ['chats', {}],
      ['mute', { 'tokenizer_config.json': {} }],
    ] as const) {
      mkdirSync(join(root, folder));
      for (const [name, file] of Object.entries({ ...files, ...config }))
        writeFileSync(join(root, folder, name), file instanceof Uint8Array ? file : JSON.stringify(file));
    }
    writeFileSync(join(root, 'own.jinja'), TEMPLATE);
  });

  it('answers lines, forgets when told to, and says which it cannot answer', async () => {
    const long = 'A'.repeat(500);
    const lines = `AB\n${long}\nCD\n/reset\nAB\n/exit\nAB\n`;
    const { out, told, code } = await run(['chats', '--json', '--tokens', '3'], lines);
    const [first, none, second, again, ...more] = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object | null);
    expect(first).toEqual({ role: 'assistant', content: expect.any(String) as string, ended: 'cut' });
    expect([none, more]).toEqual([null, []]);
    expect(second).not.toEqual(first);
    expect(again).toEqual(first);
    expect(told).toMatch(/^heed: line 2: chat: the conversation has \d+ tokens, .* Leave out its oldest/m);
    expect(code).toBe(1);
    const plain = await run(['chats', '--tokens', '3'], 'AB\n');
    expect(plain.out).toBe(`${(first as { content: string }).content}\n`);
    expect(plain.code).toBe(0);
  });

  it('says what a model without a template needs, and takes one', async () => {
    const { told, code } = await run(['mute'], 'AB\n');
    expect(told).toMatch(/heed: .*has no chat template.*--template/);
    expect(code).toBe(1);
    const { out } = await run(['mute', '--template', 'own.jinja', '--tokens', '3', '--system', 'C'], 'AB\n');
    expect(out.trim().length).toBeGreaterThan(0);
  });
});

/** Answers "1", "2" …, letter by letter; 'wait' is answered for ever, 'bad' is refused. */
class Echo {
  readonly heard: (readonly ChatMessage[])[] = [];

  async chat(messages: readonly ChatMessage[], { signal, onText }: ChatOptions): Promise<ChatAnswer> {
    this.heard.push(messages);
    const { content } = messages.at(-1)!;
    if (content === 'bad') throw new DataError('chat', 'it is bad');
    if (content === 'lost') throw new DeviceError('Device', 'it is lost');
    const text = `<${this.heard.length}>`;
    for (const letter of text) onText!(letter);
    if (content === 'wait') {
      await new Promise((_, reject) => {
        signal!.addEventListener('abort', () => reject(signal!.reason as Error));
      });
    }
    return { message: { role: 'assistant', content: text }, finished: true };
  }
}

describe('heed chat on a terminal', () => {
  function open() {
    const [input, output] = [new PassThrough(), new PassThrough()];
    let shown = '';
    output.on('data', (data: Buffer) => (shown += data.toString()));
    const typed = createInterface({ input, output, terminal: true, prompt: '> ' });
    const writer = new Echo();
    const exit = vi.fn();
    const choices = {};
    const ended = converseOn(
      typed,
      (lines, stop) =>
        converse(writer, lines, {
          ...{ system: 'S', choices, json: false, stop },
          write: (text) => output.write(text),
        }),
      exit,
    );
    const until = (text: string) => vi.waitFor(() => expect(shown).toContain(text));
    return { input, writer, exit, ended, until, shown: () => shown };
  }
  const says = (messages: readonly ChatMessage[]): unknown => messages.map(({ content }) => content);

  it('goes on from line to line; the arrow keys bring lines back', async () => {
    vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const { input, writer, ended, until } = open();
    input.write('one\r');
    await until('<1>');
    input.write('bad\r');
    await vi.waitFor(() => expect(writer.heard.length).toBe(2));
    input.write('two\r');
    await until('<3>');
    input.write('\u001b[A\r'); // up: "two" again
    await until('<4>');
    input.write('/reset\rthree\r');
    await until('<5>');
    input.write('\u0004'); // Ctrl-D
    expect(await ended).toBe(1); // a line was bad
    expect(writer.heard.map(says)).toEqual([
      ['S', 'one'],
      ['S', 'one', '<1>', 'bad'],
      ['S', 'one', '<1>', 'two'],
      ['S', 'one', '<1>', 'two', '<3>', 'two'],
      ['S', 'three'],
    ]);
  });

  it('Ctrl-C ends an answer, which is kept as it is; the next leaves', async () => {
    const { input, writer, exit, ended, until } = open();
    input.write('wait\r');
    await until('<1>');
    input.write('\u0003');
    input.write('next\r');
    await until('<2>');
    expect(says(writer.heard[1])).toEqual(['S', 'wait', '<1>', 'next']);
    await vi.waitFor(() => expect(writer.heard.length).toBe(2));
    await new Promise((done) => setTimeout(done, 20));
    input.write('\u0003');
    expect(await ended).toBe(130);
    expect(exit).not.toHaveBeenCalled();
  });

  it('Ctrl-C twice leaves at once', async () => {
    const { input, exit, ended, until } = open();
    input.write('wait\r');
    await until('<1>');
    input.write('\u0003\u0003');
    expect(await ended).toBe(130);
    expect(exit).toHaveBeenCalledOnce();
  });

  it('ends with a device that is lost', async () => {
    const { input, ended } = open();
    input.write('lost\r');
    await expect(ended).rejects.toThrow(/it is lost/);
  });

  it('leaves where nothing is answered', () => {
    const leave = vi.fn();
    const stop = new AnswerStop(leave);
    const signal = stop.begin();
    stop.take();
    expect([signal.aborted, stop.left, leave.mock.calls.length]).toEqual([true, false, 0]);
    stop.end();
    stop.take();
    expect([stop.left, leave.mock.calls.length]).toEqual([true, 1]);
  });
});
