// Templates of conversations, beside Transformers' apply_chat_template (tests/fixtures/make_chat.py).
import { describe, expect, it } from 'vitest';
import fixture from '../../tests/fixtures/chat.json';
import { folderOf } from '../../tests/models/folders';
import { EngineError } from '../../engine/index';
import { loadTokenizer, type LoadedTokenizer } from '../files/load_tokenizer';
import type { ChatMessage } from './chat_messages';
import { chatTemplate } from './chat_template';
import { strftime } from './strftime';

type Name = keyof typeof fixture.families;
interface Case {
  readonly messages: readonly ChatMessage[];
  readonly prompt?: boolean;
  readonly tools?: readonly object[];
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly text?: string;
  readonly ids?: readonly number[];
  readonly error?: string;
}

const now = new Date(fixture.now);

function filesOf(name: Name): Record<string, object> {
  const { added_tokens, post_processor, config, map, jinja } = fixture.families[name];
  return {
    'tokenizer.json': { ...fixture.tokenizer, added_tokens, post_processor },
    'tokenizer_config.json': config,
    'special_tokens_map.json': map,
    ...(jinja !== null && { 'chat_template.jinja': new TextEncoder().encode(jinja) }),
  };
}

const tokenizerOf = (name: Name, change: Record<string, object> = {}): Promise<LoadedTokenizer> =>
  loadTokenizer(folderOf({ ...filesOf(name), ...change }));

const refusal = async (work: () => unknown): Promise<string> => {
  const error: unknown = await Promise.resolve()
    .then(work)
    .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(EngineError);
  return (error as Error).message;
};

const USER: ChatMessage = { role: 'user', content: 'Hello' };

describe('chat templates', () => {
  it.each(Object.keys(fixture.families) as Name[])('%s', async (name) => {
    const tokenizer = await tokenizerOf(name);
    expect(tokenizer.specialTokens).toEqual(fixture.families[name].specialTokens);
    const template = await chatTemplate(tokenizer);
    for (const one of fixture.families[name].cases as readonly Case[]) {
      const { messages, prompt = true, text, ids, error, ...more } = one;
      const options = { generationPrompt: prompt, now, ...more };
      if (error === undefined) {
        expect(template.text(messages, options)).toBe(text);
        expect([...template.ids(messages, options)]).toEqual(ids);
      } else {
        const told = await refusal(() => template.text(messages, options));
        expect(told).toContain(`chat: the template refuses: ${error.replace(/^TemplateError: |\.+$/g, '')}`);
      }
    }
  });

  it('know what ends an answer', async () => {
    const ends = await Promise.all(
      (Object.keys(fixture.families) as Name[]).map(async (name) => {
        const tokenizer = await tokenizerOf(name);
        const { end } = await chatTemplate(tokenizer);
        return [name, end === null ? null : tokenizer.token(end)];
      }),
    );
    expect(Object.fromEntries(ends)).toEqual({
      ...{
        qwen2: '<|im_end|>',
        qwen3: '<|im_end|>',
        smollm: '<|im_end|>',
        llama2: '</s>',
        llama3: '<|eot_id|>',
      },
      ...{ 'llama3.1': '<|eot_id|>', mistral: '</s>', gemma: '<end_of_turn>', gemma3: '<end_of_turn>' },
      ...{ phi3: '<|end|>', zephyr: '</s>', falcon: '<|endoftext|>' },
    });
  });

  it('lie in one file, in a list, or beside: the file beside stands for all', async () => {
    const config = (template: unknown) => ({ 'tokenizer_config.json': { chat_template: template } });
    const beside = { 'chat_template.jinja': new TextEncoder().encode('beside') };
    const text = async (change: Record<string, object>, options = {}, more = {}) =>
      (await chatTemplate(await tokenizerOf('qwen2', change), options)).text([USER], more);
    expect(await text(config('plain'))).toBe('plain');
    expect(await text({ ...config('plain'), ...beside })).toBe('beside');
    const several = [
      { name: 'tool_use', template: 'tools {{ tools | length }}' },
      { name: 'default', template: 'plain' },
      { name: 'rag', template: '{{ documents | length }} documents' },
    ];
    expect(await text(config(several))).toBe('plain');
    expect(await text(config(several), {}, { tools: [{}, {}] })).toBe('tools 2');
    expect(await text(config(several), { template: 'rag' }, { documents: [{}] })).toBe('1 documents');
    expect(await text(config(several), { template: '{{ messages[0].role }}' })).toBe('user');
    expect(await refusal(() => text(config(several), { template: 'other' }))).toMatch(
      /no template "other"\. Its templates are tool_use, default, rag/,
    );
    expect(await refusal(() => text(config([several[2]])))).toMatch(
      /the templates rag, and none is the default/,
    );
    expect(await refusal(() => text(config(3)))).toMatch(/chat_template is number/);
    expect(await refusal(() => text(config([several[0], { name: 'x' }])))).toMatch(
      /no name and template at 1/,
    );
  });

  it('special tokens come from the map where Transformers wrote it alone, and from the class', async () => {
    const tokens = async (config: object, map?: object) =>
      (await tokenizerOf('gemma', { 'tokenizer_config.json': config, 'special_tokens_map.json': map ?? {} }))
        .specialTokens;
    const map = { bos_token: { content: '<bos>', lstrip: false }, eos_token: '<eos>' };
    expect(await tokens({}, map)).toEqual({ bos_token: '<bos>', eos_token: '<eos>' });
    expect(await tokens({ added_tokens_decoder: {}, eos_token: '<e>' }, map)).toEqual({ eos_token: '<e>' });
    expect(await tokens({ tokenizer_class: 'LlamaTokenizerFast', unk_token: null })).toEqual({
      ...{ bos_token: '<s>', eos_token: '</s>' },
    });
    const extra = { extra_special_tokens: { image_token: '<image>' }, additional_special_tokens: ['<a>'] };
    expect(await tokens(extra)).toEqual({ image_token: '<image>', additional_special_tokens: ['<a>'] });
    expect(await refusal(() => tokens({ bos_token: 7 }))).toMatch(/bos_token is 7/);
  });

  it('tell what they lack, and which message is none', async () => {
    const bare = { 'tokenizer_config.json': {} };
    expect(await refusal(async () => chatTemplate(await tokenizerOf('qwen2', bare)))).toMatch(
      /^chatTemplate: the model has no chat template\. It was not taught to chat: use write, or give \{ template \}/,
    );
    const template = await chatTemplate(await tokenizerOf('qwen2'));
    const told = (messages: unknown, options: object = {}): Promise<string> =>
      refusal(() => template.text(messages as never, options));
    expect(await told('Hello')).toMatch(/the messages are no list/);
    expect(await told([])).toMatch(/there is no message/);
    expect(await told([USER, null])).toMatch(/message 1 is null/);
    expect(await told([{ content: 'x' }])).toMatch(/message 0 has the role undefined/);
    expect(await told([USER, { role: 'user', content: 4 }])).toMatch(/the content of message 1 is a number/);
    expect(await told([{ role: 'user', content: ['x'] }])).toMatch(/a list with what is no part/);
    expect(await told([{ role: 'assistant', content: null }])).toMatch(/the content of message 0 is null/);
    expect(await told([USER], { tools: [{}] })).toMatch(/the template default knows no tools/);
    expect(await told([USER], { variables: { enable_thinking: true } })).toMatch(/knows no enable_thinking/);
    expect(await told([USER], { prompt: true })).toMatch(/prompt/);
    const own = async (text: string): Promise<string> =>
      refusal(async () => (await chatTemplate(await tokenizerOf('qwen2'), { template: text })).text([USER]));
    expect(await own('{% for x in %}')).toMatch(/the template default is no Jinja \(/);
    expect(await own('{{ messages | nonsense }}')).toMatch(/the template default fails \(/);
    expect(await own('{{ range(1000000000) | length }}')).toMatch(/range\(1000000000\) is not done/);
    expect(await own("{{ strftime_now('%Q') }}")).toMatch(/strftime_now: %Q is not done/);
  });

  it('know the day in English', () => {
    const date = new Date(2026, 11, 31, 0, 5, 9);
    const all = '%Y %y %m %d %-d %e %j %B %b %A %a %H %-H %I %M %S %p %F %T %R %%';
    expect(strftime(date, all)).toBe(
      '2026 26 12 31 31 31 365 December Dec Thursday Thu 00 0 12 05 09 AM 2026-12-31 00:05:09 00:05 %',
    );
  });
});
