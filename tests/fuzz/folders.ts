/** Folders of every family and head with files that nobody wrote: looked at, opened, and put to use as far as no GPU is needed. */
import { readFileSync } from 'node:fs';
import { saveSafetensors, type Shape } from '../../engine/index';
import { familyOf } from '../../models/family/choose';
import { describe, type AnyFamily } from '../../models/family/family';
import { opener, weightsOf, jsonOf, type ModelFolder } from '../../models/files/folder';
import { families, generateOptions, inspect, loadTokenizer, sequenceOptions } from '../../models/index';
import { chatTemplate } from '../../models/tasks/chat_template';
import { mutatedFile } from './files';
import type { Case, Reader } from './readers';
import { mutatedBytes, mutatedJson, mutatedText, odd, type Draw } from './mutate';

type Json = Record<string, unknown>;

interface Described {
  readonly config: Json;
  /** By name; some fixtures write the shape alone. */
  readonly parameters: Readonly<Record<string, { readonly shape: Shape } | Shape>>;
}

const FIXTURES = [
  ...['encoders', 'decoders', 'seq2seq-t5', 'seq2seq-bart', 'seq2seq-classes', 'roberta-heads'],
  ...[
    'distilbert-heads',
    'electra',
    'mpnet',
    'albert',
    'decoder-sequences',
    'decoder-tokens',
    'decoder-answers',
  ],
  ...['bert-heads', 'tasks', 'bert', 'gpt-small', 'gpt-modern', 'vision', 'vision-encoder-decoder'],
];

const fixture = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), 'utf8'));

/** Of every fixture, whichever way it holds them. */
function describedModels(): Described[] {
  return FIXTURES.flatMap((name) => {
    const about = fixture(name) as Described & { families?: object; heads?: object };
    const found = about.families ?? about.heads ?? { [name]: about };
    return (Object.values(found) as Described[]).filter((one) => 'parameters' in one);
  });
}

const GENERATION: Json = {
  ...{ max_length: 20, num_beams: 1, do_sample: true, temperature: 0.7, top_k: 5, top_p: 0.9 },
  ...{ eos_token_id: 2, pad_token_id: 0, bos_token_id: 1, decoder_start_token_id: 0 },
  ...{ repetition_penalty: 1.1, suppress_tokens: [4], early_stopping: true },
};

const ORIGIN = 'https://models.test';
const PLACE = `${ORIGIN}/owner/name/`;

type Files = Readonly<Record<string, Uint8Array<ArrayBuffer>>>;

/** A server of these files, which answers ranges; what it is asked for that lies elsewhere is a fault. */
function serverOf(files: Files): typeof globalThis.fetch {
  return (input, init) => {
    const address = input instanceof Request ? input.url : String(input);
    const { href } = new URL(address);
    if (!href.startsWith(PLACE)) throw new Error(`a request leaves the folder: ${href.slice(0, 200)}`);
    const bytes = Object.hasOwn(files, href.slice(PLACE.length)) ? files[href.slice(PLACE.length)] : null;
    if (!bytes) return Promise.resolve(new Response(null, { status: 404 }));
    const range = /^bytes=(\d+)-(\d*)$/.exec(new Headers(init?.headers).get('range') ?? '');
    if (!range) return Promise.resolve(new Response(bytes));
    const [from, to] = [Number(range[1]), Math.min(bytes.length, Number(range[2] || Infinity) + 1)];
    if (from >= bytes.length) {
      const headers = { 'content-range': `bytes */${bytes.length}` };
      return Promise.resolve(new Response(null, { status: 416, headers }));
    }
    const headers = { 'content-range': `bytes ${from}-${to - 1}/${bytes.length}` };
    return Promise.resolve(new Response(bytes.slice(from, to), { status: 206, headers }));
  };
}

const utf8 = new TextEncoder();
const written = (value: unknown): Uint8Array<ArrayBuffer> => {
  try {
    return utf8.encode(JSON.stringify(value) ?? 'undefined');
  } catch {
    return utf8.encode('['.repeat(10_000)); // nested too deep to be written
  }
};

/** The files of a model, weights in one file or two. */
function filesOf(
  { config, parameters }: Described,
  tokenizers: readonly Json[],
  draw: Draw,
): Record<string, Json | Uint8Array<ArrayBuffer>> {
  const tensors = Object.entries(parameters).map(([name, about]) => {
    const shape = 'shape' in about ? about.shape : about;
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    return { name, shape, dtype: 'F32' as const, data };
  });
  const half = Math.floor(tensors.length / 2);
  const shards = draw.oneIn(3)
    ? [tensors.slice(0, half), tensors.slice(half)].map(
        (part, i) => [`model-${i + 1}.safetensors`, part] as const,
      )
    : [['model.safetensors', tensors] as const];
  const map = shards.flatMap(([file, part]) => part.map(({ name }) => [name, file] as const));
  return {
    'config.json': config,
    'generation_config.json': GENERATION,
    ...draw.of(tokenizers),
    ...Object.fromEntries(shards.map(([name, part]) => [name, saveSafetensors(part, { format: 'pt' })])),
    ...(shards.length > 1 && {
      'model.safetensors.index.json': { metadata: { total_size: 1000 }, weight_map: Object.fromEntries(map) },
    }),
  };
}

/** Tokenizers of several kinds, with templates. */
function tokenizerFiles(): Json[] {
  const chats = fixture('chat') as {
    tokenizer: Json;
    families: Record<
      string,
      { added_tokens: object; post_processor: object; config: Json; map: Json; jinja: string | null }
    >;
  };
  const tasks = fixture('tasks') as { tokenizer: Json };
  const chatting = Object.values(chats.families).map(
    ({ added_tokens, post_processor, config, map, jinja }) => ({
      'tokenizer.json': { ...chats.tokenizer, added_tokens, post_processor },
      'tokenizer_config.json': config,
      'special_tokens_map.json': map,
      ...(jinja !== null && { 'chat_template.jinja': utf8.encode(jinja) }),
    }),
  );
  const words = {
    'vocab.txt': utf8.encode('[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##b\n'),
    'tokenizer_config.json': { tokenizer_class: 'BertTokenizer', do_lower_case: true },
  };
  return [
    ...chatting,
    { 'tokenizer.json': tasks.tokenizer, 'tokenizer_config.json': { model_max_length: 40 } },
    words,
  ];
}

/** Changes one file or two, by what they hold, or leaves one out. */
function mutated(files: Record<string, Json | Uint8Array<ArrayBuffer>>, draw: Draw): Files {
  const changed = { ...files };
  for (let i = draw.oneIn(3) ? 2 : 1; i > 0; i--) {
    const names = Object.keys(changed);
    const name = draw.oneIn(2) ? 'config.json' : draw.of(names);
    const file = changed[name];
    if (file === undefined) continue;
    if (draw.oneIn(20)) Reflect.deleteProperty(changed, name);
    else if (name.endsWith('.jinja'))
      changed[name] = utf8.encode(mutatedText(new TextDecoder().decode(file as Uint8Array), draw));
    else if (file instanceof Uint8Array)
      changed[name] =
        file === files[name] && name.endsWith('.safetensors')
          ? mutatedFile(file, draw)
          : mutatedBytes(file, draw);
    else if (draw.oneIn(12)) changed[name] = mutatedBytes(written(file), draw);
    else if (name === 'config.json' && draw.oneIn(2))
      changed[name] = { ...file, [draw.of(Object.keys(file))]: odd(draw) };
    else changed[name] = mutatedJson(file, draw) as Json;
  }
  return Object.fromEntries(
    Object.entries(changed).map(([name, file]) => [name, file instanceof Uint8Array ? file : written(file)]),
  );
}

/** What an app does with a folder; each part whether or not another is refused. */
async function use(folder: ModelFolder, fetch?: typeof globalThis.fetch): Promise<void> {
  const reading = fetch ? { fetch } : {};
  const refusals: unknown[] = [];
  const attempt = async (work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      refusals.push(error);
    }
  };
  await attempt(() => inspect(folder, { families, length: 4, ...reading }));
  await attempt(async () => {
    const open = opener(folder, reading);
    const config = (await jsonOf(open, 'config.json'))!;
    const generationConfig = await jsonOf(open, 'generation_config.json');
    const file = await weightsOf(open, reading);
    const { model, weights } = describe(familyOf<AnyFamily>(families, config), config, file);
    for (const name of weights.names()) await weights.float32(name);
    if (!('next' in model)) return;
    const loaded = { model, config, generationConfig } as unknown as Parameters<typeof sequenceOptions>[0];
    if ('encode' in model) sequenceOptions(loaded);
    else generateOptions(loaded);
  });
  await attempt(async () => {
    const tokenizer = await loadTokenizer(folder, reading);
    tokenizer.decode(tokenizer.encode('a text, of 2 lines\n'));
    if (Object.keys(tokenizer.chatTemplates).length === 0) return;
    const template = await chatTemplate(tokenizer);
    template.ids([{ role: 'user', content: 'Hello' }]);
    tokenizer.token(template.end ?? 0);
  });
  if (refusals.length > 0) throw new AggregateError(refusals);
}

const shown = (files: Files): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(files).map(([name, bytes]) => [
      name,
      name.endsWith('.safetensors') ? bytes.length : new TextDecoder().decode(bytes.subarray(0, 1000)),
    ]),
  );

export async function folderReader(): Promise<Reader> {
  const models = describedModels();
  const tokenizers = tokenizerFiles();
  const inMemory =
    (files: Files): ModelFolder =>
    (name) =>
      Promise.resolve(Object.hasOwn(files, name) ? new Blob([files[name]]) : null);
  const cleared = {
    below: () => 1,
    next: () => 0.5,
    oneIn: () => false,
    of: <T>(items: readonly T[]) => items[0],
  } as unknown as Draw;
  // What is valid is read: else all that follows would be refused for one reason.
  for (const model of models) {
    const files = mutatedNowhere(filesOf({ ...model }, tokenizers, cleared));
    await use(inMemory(files));
  }
  return (draw): Case => {
    const files = mutated(filesOf(draw.of(models), tokenizers, draw), draw);
    const bytes = Object.values(files).reduce((sum, { length }) => sum + length, 0);
    const served = draw.oneIn(3);
    return {
      input: shown(files),
      bytes,
      read: () => (served ? use(PLACE, serverOf(files)) : use(inMemory(files))),
    };
  };
}

const mutatedNowhere = (files: Record<string, Json | Uint8Array<ArrayBuffer>>): Files =>
  Object.fromEntries(
    Object.entries(files).map(([name, file]) => [name, file instanceof Uint8Array ? file : written(file)]),
  );
