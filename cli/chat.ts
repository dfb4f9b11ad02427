import { existsSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { createInterface, type Interface } from 'node:readline';
import { DataError } from '../engine/index';
import { families, load, loadTokenizer, type Decoder, type Pretrained } from '../models/index';
import { chatTemplate, TextWriter, type ChatOptions } from '../models/tasks/index';
import { AnswerStop, converse } from './conversation';
import { openDevice, tellOfCompiling } from './device';
import { linesOf } from './lines';
import { modelFolder } from './model_folder';

export interface ChatArguments {
  readonly system?: string;
  readonly template?: string;
  readonly tokens?: number;
  readonly temperature?: number;
  readonly seed?: number;
  readonly json?: boolean;
}

/** So long, in milliseconds, a second signal is the first one again: npm passes on what a terminal sends to both. */
const SAME_MS = 1000;

const WRITERS = families.filter(({ architectures: [name] }) => /(ForCausalLM|LMHeadModel)$/.test(name));

/** Answers what a person types, or the lines of a pipe. Gives the exit status. */
export async function chat(model: string, args: ChatArguments): Promise<number> {
  const { system, template, json = false, tokens, temperature, seed } = args;
  const folder = modelFolder(model);
  const tokenizer = await loadTokenizer(folder);
  if (template === undefined && Object.keys(tokenizer.chatTemplates).length === 0) {
    const todo = `Models that do say Instruct or Chat. heed run --task text-generation goes on with texts; --template gives one, in Jinja.`;
    throw new DataError(model, 'it was not taught to chat: it has no chat template', todo);
  }
  const choices: ChatOptions = {
    ...(template !== undefined && {
      template: existsSync(template) ? readFileSync(template, 'utf8') : template,
    }),
    ...(tokens !== undefined && { tokens }),
    ...(temperature !== undefined && { temperature }),
    ...(seed !== undefined && { seed }),
  };
  // Before a download: not every model chats.
  await chatTemplate(tokenizer, choices.template === undefined ? {} : { template: choices.template });
  using device = await openDevice(tellOfCompiling());
  using loaded = (await load(folder, { device, families: WRITERS })) as Pretrained<Decoder>;
  using writer = new TextWriter(device, loaded, tokenizer);
  const write = (text: string): boolean => process.stdout.write(text);
  const about = { ...(system !== undefined && { system }), choices, json, write };
  if (!process.stdin.isTTY) {
    const stop = new AnswerStop(() => process.exit(130));
    let since = -Infinity;
    const take = (): void => {
      if (performance.now() - since < SAME_MS) return;
      since = performance.now();
      stop.take();
    };
    process.on('SIGINT', take);
    try {
      return await converse(writer, linesOf(process.stdin), { ...about, stop });
    } finally {
      process.off('SIGINT', take);
    }
  }
  // What is typed does not stand among answers that go elsewhere.
  const output = process.stdout.isTTY && !json ? process.stdout : process.stderr;
  const typed = createInterface({ input: process.stdin, output, prompt: '> ' });
  output.write('/reset forgets what was said, /exit or Ctrl-D leaves; Ctrl-C ends an answer.\n');
  return await converseOn(
    typed,
    (lines, stop) => converse(writer, lines, { ...about, stop }),
    () => process.exit(130),
  );
}

/** Lines that are typed, with their history on the arrow keys, and Ctrl-C; `exit` ends what does not end by itself. */
export async function converseOn(
  typed: Interface,
  run: (lines: AsyncIterable<string>, stop: AnswerStop) => Promise<number>,
  exit: () => void,
): Promise<number> {
  let working = false;
  const stop = new AnswerStop(() => {
    typed.close(); // the terminal is itself again
    if (working) exit();
  });
  async function* lines(): AsyncGenerator<string, void, undefined> {
    const given = typed[Symbol.asyncIterator]();
    for (;;) {
      typed.prompt();
      const { value, done } = await given.next();
      if (done) return;
      working = true;
      yield value;
      working = false;
    }
  }
  typed.on('SIGINT', stop.take);
  try {
    return await run(lines(), stop);
  } finally {
    typed.close();
  }
}
