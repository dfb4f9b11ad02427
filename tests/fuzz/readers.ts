/** Everything that reads what others wrote, each with valid inputs, changes of them, and what an app does next with the result. */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { vi } from 'vitest';
import { main } from '../../cli/main';
import { refuseOtherSettings } from '../../cli/resume';
import { PAGE as TEXT_PAGE } from '../../demo/session/model';
import { checked, checkedJson } from '../../demo/session/saved';
import { KEPT, PAGE as PAIRS_PAGE } from '../../demo/translate/session/own-run';
import { readPairs } from '../../engine/data';
import {
  AdamW,
  checkpointInfo,
  learningRate,
  openSafetensors,
  openSharded,
  parameters,
  readText,
  saveSafetensors,
  tokenizerFromJson,
  trainByteLevelBPE,
  type NamedTensor,
  type Shape,
  type TensorSource,
  type WeightSource,
} from '../../engine/index';
import { checkSchedule } from '../../engine/train/schedule';
import { EncoderDecoder } from '../../models/encoder_decoder';
import { completeGeneration } from '../../models/generation/generate_options';
import { GPT, type GPTConfig } from '../../models/gpt';
import { pretrainedGPT } from '../../models/pretrained';
import { pretrainedMarian } from '../../models/pretrained_marian';
import { completeOptions } from '../../models/generation/sequence_options';
import { TranslationModel, translationExtras, translationWeights } from '../../models/translation/model';
import { PairVocabulary } from '../../models/translation/pair_vocabulary';
import { completeSettings, resumedSettings } from '../../models/translation/settings';
import folders from '../fixtures/folders.json';
import gpt2 from '../fixtures/gpt-small.json';
import llama from '../fixtures/gpt-modern.json';
import { fixtureTensors } from '../fixtures/load';
import { mutatedFile } from './files';
import { folderReader } from './folders';
import { mutatedBytes, mutatedJson, mutatedText, odd, type Draw } from './mutate';

/** An input, its size in bytes, and what reads it. */
export interface Case {
  readonly input: unknown;
  readonly bytes: number;
  readonly read: () => unknown;
}

export type Reader = (draw: Draw) => Case;

type Json = Record<string, unknown>;

const utf8 = new TextEncoder();
const sizeOf = (value: unknown): number => {
  if (value instanceof Uint8Array) return value.length;
  try {
    return JSON.stringify(value)?.length ?? 0;
  } catch {
    return 1e5; // nested too deep to be written
  }
};
const of = (input: unknown, read: () => unknown): Case => ({ input, bytes: sizeOf(input), read });

const tensors = (shapes: Readonly<Record<string, Shape>>): NamedTensor[] =>
  Object.entries(shapes).map(([name, shape]) => ({
    name,
    dtype: 'F32',
    shape,
    data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.5),
  }));

const sourceOf = (shapes: Readonly<Record<string, Shape>>): WeightSource => ({
  names: () => Object.keys(shapes),
  info: (name) => ({ shape: shapes[name] }),
  float32: (name) => Promise.resolve(new Float32Array(shapes[name].reduce((a, b) => a * b, 1))),
});

async function readAll(source: WeightSource): Promise<void> {
  for (const name of source.names()) {
    const { dtype = 'F32' } = source.info(name) as { dtype?: string };
    if (!('bytes' in source) || /^(F32|F16|BF16|F64)$/.test(dtype)) await source.float32(name);
    else await (source as TensorSource).bytes(name);
  }
}

const TEXTS = [
  '',
  ' ',
  'Hello, world! 123',
  "it's a\n\n  b\t",
  'ÄΣ e\u0301 ﬁ 漢字 😀\u200d',
  'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!',
  '</s><s> [CLS]',
];

interface Kind {
  readonly model: { readonly use: string };
  readonly name: string;
}

export async function readers(): Promise<Readonly<Record<string, Reader>>> {
  const mixed = saveSafetensors(
    [
      ...tensors({ 'a.weight': [2, 3], 'b.bias': [4], c: [] }),
      { name: 'half', dtype: 'F16', shape: [3], data: new Uint8Array(6) },
      { name: 'brain', dtype: 'BF16', shape: [2, 1], data: new Uint8Array(4) },
      { name: 'ids', dtype: 'I64', shape: [1], data: new Uint8Array(8) },
    ],
    { format: 'pt', note: '{"a":[1,2]}' },
  );

  const index = {
    metadata: { total_size: 40 },
    weight_map: { 'a.weight': 'one.safetensors', 'b.bias': 'one.safetensors', c: 'two.safetensors' },
  };
  const openShard = (): Promise<Awaited<ReturnType<typeof openSafetensors>>> => openSafetensors(mixed);

  const kinds = JSON.parse(
    readFileSync(new URL('../fixtures/io/tokenizer-kinds.json', import.meta.url), 'utf8'),
  ) as { models: Record<string, { type: string; vocab: string[] }>; kinds: Kind[] };
  const tokenizers = kinds.kinds.map(({ name: _, ...kind }) => {
    const { use, ...changes } = kind.model;
    const model = { ...kinds.models[use], ...changes };
    const fields = [
      'normalizer',
      'pre_tokenizer',
      'post_processor',
      'decoder',
      'added_tokens',
      'truncation',
      'padding',
    ];
    const kept = Object.fromEntries(Object.entries(kind).filter(([key]) => fields.includes(key)));
    if (model.type === 'Unigram') return { ...kept, model };
    return {
      ...kept,
      model: { ...model, vocab: Object.fromEntries(model.vocab.map((token, id) => [token, id])) },
    };
  });
  const useTokenizer = async (input: unknown, config: unknown): Promise<void> => {
    const tokenizer = await tokenizerFromJson(input, { config });
    const refusals: unknown[] = [];
    const attempt = (use: () => unknown): void => {
      try {
        use();
      } catch (error) {
        refusals.push(error);
      }
    };
    for (const text of TEXTS) {
      attempt(() => tokenizer.decode(tokenizer.encode(text)));
      attempt(() => tokenizer.decode(tokenizer.encode(text, { special: false }), { special: false }));
      attempt(() => {
        const decoder = tokenizer.decoder();
        for (const id of tokenizer.encode(text)) decoder.push(id);
        decoder.end();
      });
    }
    if (refusals.length > 0) throw new AggregateError(refusals);
  };

  const marianShapes = Object.fromEntries(
    [...(await fixtureTensors('marian.safetensors'))].map(([name, { shape }]) => [name, shape]),
  );
  const families: readonly { config: object; generation: object; source: WeightSource; marian?: true }[] = [
    { config: gpt2.config, generation: folders.gpt2.generation, source: sourceOf(gpt2.parameters) },
    { config: llama.config, generation: folders.llama.generation, source: sourceOf(llama.parameters) },
    {
      config: folders.marian.config,
      generation: folders.marian.generation,
      source: sourceOf(marianShapes),
      marian: true,
    },
  ];

  const gpt = new GPT({ vocabulary: 5, context: 4, layers: 1, heads: 1, width: 4 });
  const shapesOf = (model: object): Record<string, Shape> =>
    Object.fromEntries([...parameters(model)].map(([name, { shape }]) => [name, shape]));
  const moments = (shapes: Record<string, Shape>): Record<string, Shape> =>
    Object.fromEntries(
      ['first', 'second'].flatMap((which) =>
        Object.entries(shapes).map(([name, shape]) => [`optimizer.${which}.${name}`, shape]),
      ),
    );
  const runOf = (config: object, objective: object): object => ({
    ...{ step: 3, seed: 0, accumulate: 1, objective, config },
    schedule: { kind: 'cosine', lr: 1e-3, minimum: 1e-4, warmup: 2, steps: 9 },
    optimizer: { ...new AdamW().options, clip: 'Infinity' },
    progress: {
      monitor: { metric: 'loss', mode: 'min' },
      best: { step: 2, value: 1.5, by: 'loss', metrics: { loss: 1.5 } },
      stale: 0,
      evaluated: 2,
    },
  });
  const bytesTokenizer = await trainByteLevelBPE(['ab ab abc'], { vocabularySize: 260 });
  const textPage = {
    description: {
      size: {
        id: 'small',
        layers: 1,
        heads: 1,
        width: 4,
        context: 4,
        batch: 2,
        rate: 1e-3,
        steps: 9,
        evaluateEvery: 3,
      },
      ...{ tokenizer: 'bytes', rate: 1e-3, steps: 9 },
      text: { kind: 'corpus', id: 'brown', title: 'Brown', fingerprint: 'abc' },
    },
    history: { losses: [3, 2.5, null], validation: [[2, 2.5]] },
  };
  const checkpoint = saveSafetensors(tensors({ ...shapesOf(gpt), ...moments(shapesOf(gpt)) }), {
    format: 'heed.train.2',
    run: JSON.stringify(runOf(gpt.config, { batch: 2, length: 4 })),
    extras: JSON.stringify({ tokenizer: JSON.stringify(bytesTokenizer), page: JSON.stringify(textPage) }),
  });
  const readCheckpoint = async (bytes: Uint8Array<ArrayBuffer>): Promise<void> => {
    const info = await checkpointInfo(bytes);
    if (info.extras['page'] !== undefined) checkedJson('checkpoint', TEXT_PAGE, info.extras['page']);
    if (info.extras['tokenizer'] !== undefined) await tokenizerFromJson(info.extras['tokenizer']);
    new AdamW(info.optimizer);
    checkSchedule(info.schedule);
    learningRate(info.schedule, info.step);
    refuseOtherSettings({ steps: 5, seed: 0 }, info);
    if (info.extras['training'] !== undefined) resumedSettings(info.extras, {});
    parameters(new GPT(info.config as unknown as GPTConfig));
  };

  const pairs = [
    { source: 'ab', target: 'x y' },
    { source: 'ba', target: 'y x' },
  ];
  const models = await Promise.all(
    (['subwords', 'symbols', 'characters'] as const).map(async (kind) => {
      const vocabulary = await PairVocabulary.learn(pairs, {
        kind,
        ...(kind === 'subwords' && { vocabularySize: 264 }),
      });
      const positions = kind === 'characters' ? 'learned' : 'sinusoidal';
      const config = {
        encoderLayers: 1,
        decoderLayers: 1,
        heads: 1,
        width: 4,
        context: 8,
        positions,
        ...vocabulary.embedding,
      } as const;
      const model = new EncoderDecoder(config);
      const { model: _, ...training } = completeSettings({ kind, preset: 'tiny' }, pairs);
      const info = {
        title: 'a',
        languages: ['en', 'fr'] as const,
        longest: 5,
        steps: 3,
        scores: { bleu: 1 },
      };
      return saveSafetensors(
        tensors({ ...shapesOf(model), ...(kind === 'symbols' && moments(shapesOf(model))) }),
        {
          format: kind === 'symbols' ? 'heed.train.2' : 'heed.weights.2',
          run: JSON.stringify(runOf(model.config, { pairs: 'abc' })),
          extras: JSON.stringify(
            translationExtras(vocabulary, info, { training: JSON.stringify({ ...training, model: config }) }),
          ),
        },
      );
    }),
  );
  const readModel = async (bytes: Uint8Array<ArrayBuffer>): Promise<void> => {
    const model = await TranslationModel.open(bytes);
    const own = parameters(new EncoderDecoder(model.config));
    await readAll({
      names: () => [...own.keys()],
      info: (name) => model.weights.info(name),
      float32: (name) => model.weights.float32(name),
    });
    const { vocabulary } = model;
    for (const text of TEXTS) {
      vocabulary.decodeTarget(vocabulary.encodeSource(text, { unknown: 'token' }));
      vocabulary.targetPieces(vocabulary.encodeTarget(text));
    }
    JSON.stringify([vocabulary.banned, model.info.languages?.join(), model.info.title.trim()]);
    await translationWeights(bytes);
    const info = await checkpointInfo(bytes);
    if (info.extras['training'] !== undefined) {
      resumedSettings(info.extras, {});
      refuseOtherSettings({ steps: 5, seed: 0 }, info);
    }
  };

  const pairsPage = {
    run: {
      ...{ size: 'tiny', rate: 1e-3, steps: 9, step: 3, score: 'bleu', examples: ['a'] },
      pairs: { kind: 'corpus', id: 'french', title: 'French', languages: ['en', 'fr'] },
    },
    history: { losses: [3, null], validation: [[2, 2.5]], scores: [[2, 10]] },
  };

  const tables = [
    'cat\tchat\ndog\tchien\textra\n\n\t\nbird\n',
    '"a ""quoted"" cat"\t"un\nchat"\r\n"b"\t"c"\r\n',
    '\ufeffa\tb\rc\td\r',
  ].map((text) => utf8.encode(text));
  const utf16 = Uint8Array.from([0xff, 0xfe, ...[...'a\tb\n'].flatMap((c) => [c.charCodeAt(0), 0])]);

  const commands: readonly (readonly string[])[] = [
    ['train', '--data', 'none.tsv', '--steps', '10', '--lr', '1e-3', '--seed', '1', '--languages', 'en,fr'],
    [
      'train',
      '--data=none.tsv',
      '--columns',
      '1,2',
      '--vocabulary',
      '500',
      '--tokens',
      '100',
      '--resume',
      '--average',
      '3',
    ],
    [
      'train',
      '--data',
      'none.tsv',
      '--validation',
      '0.1',
      '--test',
      '5',
      '--preset',
      'tiny',
      '--monitor',
      'bleu',
      '--patience',
      '2',
    ],
    ['translate', '--model', 'none.safetensors', '--beams', '4', '--n-best', '2', 'hello'],
    [
      'translate',
      '--model',
      'none.safetensors',
      '--sample',
      '--temperature',
      '0.5',
      '--seed',
      '3',
      '--json',
      'a',
    ],
    ['score', '--model', 'none.safetensors', '--data', 'none.tsv', '--limit', '3'],
    ['--version'],
    ['train', '--help'],
  ];

  // What is valid is read: else all that follows would be refused for one reason.
  await readAll(await openSafetensors(mixed));
  await readCheckpoint(checkpoint);
  for (const model of models) await readModel(model);
  checkedJson('checkpoint', PAIRS_PAGE, JSON.stringify(pairsPage));

  return {
    folder: await folderReader(),
    safetensors: (draw) => {
      const input = mutatedFile(mixed, draw);
      return of(input, async () => readAll(await openSafetensors(draw.oneIn(2) ? input : new Blob([input]))));
    },
    index: (draw) => {
      const input = mutatedJson(index, draw);
      const given = draw.oneIn(3)
        ? new Blob([sizeOf(input) ? (safeJson(input) ?? '') : ''])
        : (input as object);
      return of(input, async () => readAll(await openSharded(given, { open: openShard })));
    },
    tokenizer: (draw) => {
      const kind = draw.of(tokenizers);
      // The vocabulary is most of the file, and the least interesting.
      const { model, ...rest } = kind;
      const input = draw.oneIn(3)
        ? mutatedJson(kind, draw)
        : draw.oneIn(4)
          ? { ...rest, model: mutatedJson(model, draw) }
          : { ...(mutatedJson(rest, draw) as Json), model };
      const text = draw.oneIn(4) ? safeJson(input) : undefined;
      const config = draw.oneIn(4)
        ? mutatedJson(
            { bos_token: '<s>', eos_token: { content: '</s>' }, clean_up_tokenization_spaces: true },
            draw,
          )
        : undefined;
      return of(text ?? input, () => useTokenizer(text ?? input, config));
    },
    config: (draw) => {
      const { config, generation, source, marian } = draw.of(families);
      const [a, b] = [
        draw.oneIn(3) ? config : mutatedJson(config, draw),
        draw.oneIn(2) ? mutatedJson(generation, draw) : draw.of([generation, null]),
      ];
      const key = draw.of([
        'vocab_size',
        'n_layer',
        'n_head',
        'num_beams',
        'eos_token_id',
        'top_p',
        'rope_theta',
        'rope_scaling',
        'architectures',
        'rms_norm_eps',
        'encoder_layers',
        'd_model',
        'max_length',
      ]);
      const extra = draw.oneIn(3) && typeof a === 'object' ? { ...a, [key]: odd(draw) } : a;
      return of([extra, b], async () => {
        if (marian) {
          const { config, weights, generation, special, pad } = pretrainedMarian(
            extra as Json,
            source,
            b as Json,
          );
          const { config: complete } = new EncoderDecoder(config);
          const beams = generation.beams ?? 1;
          accepted(() => {
            completeOptions(
              [[pad]],
              { ...generation, forced: [] },
              { config: complete, beams, begin: [special.begin], end: [special.end] },
            );
            if (special.begin >= config.vocabulary) throw new Error(`begin is ${special.begin}`);
          });
          await readAll(weights);
        } else {
          const { config, weights, generation } = pretrainedGPT(extra as Json, source, b as Json);
          parameters(new GPT(config));
          accepted(() =>
            completeGeneration(
              [0],
              { ...generation, ...(generation.length === 1 && { length: 2 }) },
              { config },
            ),
          );
          await readAll(weights);
        }
      });
    },
    pairs: (draw) => {
      const input = mutatedBytes(draw.oneIn(8) ? utf16 : draw.of(tables), draw);
      const options = draw.of([
        {},
        { columns: [1, 0] as const },
        { quotes: 'enclosing' as const },
        { limit: 1 },
      ]);
      const source = draw.of([input, new Blob([input]), new TextDecoder().decode(input)]);
      return of(input, () => readPairs(source, options));
    },
    text: (draw) => {
      const input = mutatedBytes(
        draw.of([...tables, utf16, utf8.encode('Ein Text, über den man lernt. 漢字 😀')]),
        draw,
      );
      const encoding = draw.of(['utf-8', 'utf-16le', 'gb18030', 'latin1', 'nonsense']);
      return of(input, () => readText(draw.oneIn(2) ? input : new Blob([input]), { encoding }));
    },
    checkpoint: (draw) => {
      const input = mutatedFile(checkpoint, draw);
      return of(input, () => readCheckpoint(input));
    },
    model: (draw) => {
      const input = mutatedFile(draw.of(models), draw);
      return of(input, () => readModel(input));
    },
    'run file': (draw) => {
      const kept = draw.oneIn(3);
      const [shape, page] = kept || draw.oneIn(2) ? [PAIRS_PAGE, pairsPage] : [TEXT_PAGE, textPage];
      const input = mutatedJson(page, draw);
      return of(input, () =>
        kept
          ? checked('kept', KEPT, { ...(input as object), bytes: new Uint8Array(1) })
          : checkedJson('checkpoint', shape, safeJson(input) ?? 'null'),
      );
    },
    'command line': (draw) => {
      const input = [...draw.of(commands)];
      for (let i = 1 + draw.below(2); i > 0; i--) {
        if (input.length === 0) break;
        const at = draw.below(input.length);
        const value = odd(draw);
        const text = typeof value === 'object' ? 'x' : `${value as string | number}`.slice(0, 2000);
        if (draw.oneIn(4)) input.splice(at, 1);
        else if (draw.oneIn(3)) input.splice(at, 0, input[at]);
        else input[at] = draw.oneIn(2) ? text : mutatedText(input[at], draw);
      }
      // No file of these names is there, so that nothing begins.
      return of(input, () =>
        quietly(input.map((word) => word.replace(/\b(phonemes|french|chinese)\b/gi, 'none'))),
      );
    },
  };
}

function safeJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

/** What a reader accepts, what it is for must accept: a file's fault is told where the file is read. */
function accepted(use: () => unknown): void {
  try {
    use();
  } catch (cause) {
    throw new Error(`only the generator refuses it: ${String(cause)}`, { cause });
  }
}

/** A command line, without a word on the terminal. */
async function quietly(args: readonly string[]): Promise<void> {
  const silent = [process.stdout, process.stderr].map((to) => vi.spyOn(to, 'write').mockReturnValue(true));
  let status: number;
  try {
    status = await main(args);
  } finally {
    for (const spy of silent) spy.mockRestore();
  }
  if (![0, 1, 2].includes(status)) throw new Error(`the exit status is ${status}`);
}
