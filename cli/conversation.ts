/** A conversation, line by line: what `npx heed chat` does once its model is there. */
import type { DataError } from '../engine/index';
import type { ChatAnswer, ChatMessage, ChatOptions } from '../models/tasks/index';
import { tellOfLine } from './lines';

/** A `TextWriter`. */
interface Answerer {
  chat(messages: readonly ChatMessage[], options: ChatOptions): Promise<ChatAnswer>;
}

export interface ConversationOptions {
  /** What all conversations begin with. */
  readonly system?: string;
  readonly choices: ChatOptions;
  /** One object a line instead of a text that grows. */
  readonly json: boolean;
  /** Where answers go. */
  readonly write: (text: string) => void;
  /** Hears of answers, and may end one. */
  readonly stop: AnswerStop;
}

/** Ctrl-C: the first ends the answer that is being written, one more (or the first where there is none) leaves. */
export class AnswerStop {
  readonly #leave: () => void;
  #answering: AbortController | null = null;
  #left = false;

  constructor(leave: () => void) {
    this.#leave = leave;
  }

  get left(): boolean {
    return this.#left;
  }

  /** Whether an answer is being made that nobody has ended. */
  get answering(): boolean {
    return this.#answering?.signal.aborted === false;
  }

  /** An answer begins; what to end it by. */
  begin(): AbortSignal {
    this.#answering = new AbortController();
    return this.#answering.signal;
  }

  /** It has ended. */
  end(): void {
    this.#answering = null;
  }

  readonly take = (): void => {
    if (this.answering) this.#answering!.abort();
    else {
      this.#left = true;
      this.#leave();
    }
  };
}

/**
 * Answers each line, with all that was said before in mind; `/reset` forgets it, `/exit` ends. A line that cannot be answered is told of
 * and forgotten. Gives the exit status.
 */
export async function converse(
  writer: Answerer,
  lines: AsyncIterable<string | DataError>,
  { system, choices, json, write, stop }: ConversationOptions,
): Promise<number> {
  const begun: readonly ChatMessage[] = system === undefined ? [] : [{ role: 'system', content: system }];
  let messages = begun;
  let [status, number] = [0, 0];
  for await (const line of lines) {
    number++;
    if (line === '/exit') break;
    if (line === '/reset') messages = begun;
    if (line === '/reset' || line === '') continue;
    try {
      if (typeof line !== 'string') throw line;
      const asked = [...messages, { role: 'user', content: line }];
      const { message, ended } = await answerTo(asked);
      if (json) write(`${JSON.stringify({ ...message, ended })}\n`);
      if (message.content !== '' || ended === 'finished') messages = [...asked, message];
    } catch (error) {
      tellOfLine(number, error);
      if (json) write('null\n'); // so that lines stay side by side
      status = 1;
    }
    if (stop.left) break;
  }
  return stop.left ? 130 : status;

  async function answerTo(asked: readonly ChatMessage[]) {
    let content = '';
    const signal = stop.begin();
    const onText = (piece: string): void => {
      content += piece;
      if (!json) write(piece);
    };
    try {
      const { message, finished } = await writer.chat(asked, { ...choices, signal, onText });
      return { message, ended: finished ? ('finished' as const) : ('cut' as const) };
    } catch (error) {
      if (!signal.aborted || error !== signal.reason) throw error;
      return { message: { role: 'assistant', content }, ended: 'stopped' as const };
    } finally {
      stop.end();
      if (!json && content !== '') write('\n');
    }
  }
}
