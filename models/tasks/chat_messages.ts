/** Conversations, and what is no conversation. */
import { DataError } from '../../engine/index';

/** A part of a message that has several, such as those of models that see: `{ type: 'text', text }`. */
export type ChatPart = Readonly<Record<string, unknown>> & { readonly type: string };

/** What somebody says. Other fields go to the template as they are, such as `tool_calls`, `name` or `reasoning_content`. */
export interface ChatMessage {
  /** 'system', 'user', 'assistant', or another that the template knows. */
  readonly role: string;
  readonly content?: string | readonly ChatPart[] | null;
  readonly [field: string]: unknown;
}

const TODO = "Give messages such as { role: 'user', content: 'Hello' }.";

/** Throws `DataError` for what is no conversation, with the message that is none; `where` is who says so. */
export function expectMessages(where: string, given: unknown): asserts given is readonly ChatMessage[] {
  if (!Array.isArray(given)) throw new DataError(where, 'the messages are no list', TODO);
  if (given.length === 0) throw new DataError(where, 'there is no message', TODO);
  for (const [i, one] of (given as readonly unknown[]).entries()) {
    if (typeof one !== 'object' || one === null || Array.isArray(one)) {
      throw new DataError(where, `message ${i} is ${one === null ? 'null' : `a ${typeof one}`}`, TODO);
    }
    const { role, content, tool_calls: calls } = one as Partial<ChatMessage>;
    if (typeof role !== 'string' || role === '') {
      throw new DataError(where, `message ${i} has the role ${JSON.stringify(role)}`, TODO);
    }
    const parts = Array.isArray(content) && (content as readonly unknown[]).every(isPart);
    if (typeof content === 'string' || parts || ((content ?? null) === null && Array.isArray(calls)))
      continue;
    const what = `the content of message ${i} is ${content === null ? 'null' : Array.isArray(content) ? 'a list with what is no part' : `a ${typeof content}`}`;
    throw new DataError(where, what, `${TODO} Only messages with tool_calls may have none.`);
  }
}

const isPart = (part: unknown): part is ChatPart => typeof Object(part).type === 'string'; // eslint-disable-line @typescript-eslint/no-unsafe-member-access
