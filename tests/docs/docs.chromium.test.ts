// The examples of docs/attention.md, docs/files.md, docs/models.md and docs/ops.md, run: what each of them says is seen in numbers that need no reference.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  AdamW,
  characterTokenizer,
  Device,
  eager,
  Graph,
  openSafetensors,
  Parameter,
  ParameterStore,
  Run,
  selfAttention,
  type LabelledText,
} from '../../engine/index';
import {
  Bert,
  bert,
  generateOptions,
  Generator,
  GPT,
  llama,
  load,
  ModelCache,
  save,
} from '../../models/index';
import { fixtureTensors } from '../fixtures/load';
import modern from '../fixtures/gpt-modern.json';
import { openTestGpu } from '../harness/host';
import { Random } from '../harness/op';
import { checkpointOf, folderOf } from '../models/folders';
import { adapted } from './adapted';
import { beamStep, endless, toSource } from './beams';
import { bloom, long, masked, padded, t5 } from './biases';
import { teach } from './classifier';
import { contrast } from './contrast';
import { decode } from './decode';
import { SelfAttention } from './layer';
import { open } from './hub';
import { maps } from './maps';
import { additive, bahdanau, corrected, linear, luong } from './others';
import { together } from './ragged';
import { remember } from './remember';
import { scorer, Scorer, squaredError } from './scorer';
import { segments } from './segments';
import { smallest } from './smallest';
import { tune } from './tune';
import { write } from './write';

const random = new Random(5);
const noise = (n: number): Float32Array => Float32Array.from({ length: n }, () => random.normal());
const sum = (x: Iterable<number>): number => [...x].reduce((a, b) => a + b, 0);
const of = (shape: readonly number[], data: Float32Array | Uint32Array) => ({ shape, data });

/** Fused rows of 4 heads of 16 whose queries are 0, so that scores are the biases alone; values are the row's number. */
const counted = (T: number) =>
  of(
    [1, T, 192],
    Float32Array.from({ length: T * 192 }, (_, i) => (i % 192 < 128 ? 0 : Math.floor(i / 192))),
  );

describe('the guide to attention', () => {
  let device: Device;
  beforeAll(async () => {
    device = await Device.open({ gpu: openTestGpu() });
  });
  afterAll(() => device[Symbol.dispose]());

  it('smallest: the first row sees itself', async () => {
    const rows = noise(8 * 192);
    const y = await smallest(device, rows);
    expect(y.length).toBe(8 * 64);
    for (let c = 0; c < 64; c++) expect(y[c]).toBeCloseTo(rows[128 + c], 5);
  });

  it('layer: padding changes nothing', async () => {
    const layer = new SelfAttention();
    using _store = new ParameterStore(device, layer, { seed: 1 });
    const g = new Graph(device);
    const y = layer.forward(g, g.input('x', [1, 6, 32], 'f32'), g.input('lengths', [1], 'u32'));
    using plan = await g.compile({ y });
    const x = noise(6 * 32);
    const first = async (): Promise<Float32Array> => {
      plan.run({ x, lengths: Uint32Array.of(4) });
      return (await plan.read('y')).subarray(0, 4 * 32);
    };
    const before = await first();
    x.fill(9, 4 * 32);
    expect(await first()).toEqual(before);
    expect(before.some((n) => n !== 0)).toBe(true);
  });

  it('biases: what is hidden is not seen, what is favoured is', async () => {
    const least = -3.4028234663852886e38; // torch.finfo(torch.float32).min
    const hidden = Float32Array.from({ length: 8 * 8 }, (_, i) =>
      i % 8 === 2 ? 0 : i % 3 === 0 ? least : -Infinity,
    );
    const q = of([1, 8, 64], noise(8 * 64));
    const kv = of(
      [1, 8, 128],
      Float32Array.from({ length: 8 * 128 }, (_, i) => Math.floor(i / 128)),
    );
    const one = await eager(device, { q, kv, mask: of([1, 1, 8, 8], hidden) }, (g, x) =>
      masked(g, x.q, x.kv, x.mask),
    );
    expect(one.data).toEqual(new Float32Array(8 * 64).fill(2));

    const two = Uint32Array.of(0, 1, 0, 0, 0, 1, 0, 0);
    const pad = await eager(device, { qkv: counted(8), mask: of([1, 8], two) }, (g, x) =>
      padded(g, x.qkv, x.mask),
    );
    expect(pad.data[0]).toBeCloseTo((1 + 5) / 2, 5);

    const own = Float32Array.from({ length: 32 * 4 }, (_, i) => (i < 4 ? 100 : 0)); // bucket 0: distance 0
    const near = await eager(device, { qkv: counted(8), table: of([32, 4], own) }, (g, x) =>
      t5(g, x.qkv, x.table),
    );
    expect(near.data[5 * 64]).toBeCloseTo(5, 5);

    const slopes = await eager(device, { qkv: counted(2) }, (g, x) => bloom(g, x.qkv));
    expect(slopes.data[64]).toBeCloseTo(1 / (1 + Math.exp(-(2 ** -2))), 5); // first of four heads

    const band = await eager(device, { qkv: counted(150) }, (g, x) => long(g, x.qkv));
    expect(band.data[149 * 64]).toBeCloseTo(sum(Array.from({ length: 65 }, (_, i) => 85 + i)) / 66, 3);
  });

  it('decode: the same as the whole text at once', async () => {
    const text = noise(7 * 192);
    const parts = await decode(device, text.slice(0, 5 * 192), [
      text.slice(5 * 192, 6 * 192),
      text.slice(6 * 192),
    ]);
    const whole = await eager(device, { qkv: of([1, 7, 192], text) }, (g, { qkv }) =>
      selfAttention(g, qkv, { heads: 4, causal: true, rope: {} }),
    );
    const got = parts.flatMap((part) => [...part]);
    expect(got.length).toBe(7 * 64);
    for (const [i, y] of got.entries()) expect(y).toBeCloseTo(whole.data[i], 4);
  });

  it('ragged: each prompt goes on as it does alone', async () => {
    const sizes = { vocabulary: 19, context: 16, layers: 1, heads: 2, width: 8, tied: false };
    const model = new GPT({ ...sizes, positions: 'rope' });
    using _store = new ParameterStore(device, model, { seed: 3 });
    const prompts = [[1, 2, 3, 4, 5], [6], [7, 8, 9]];
    const got = await together(device, model, prompts, 4);
    using generator = new Generator(device, model);
    for (const [b, prompt] of prompts.entries()) {
      const alone: number[] = [];
      for await (const id of generator.generate(prompt, { temperature: 0, tokens: 4 })) alone.push(id);
      expect(got[b]).toEqual(alone);
    }
  });

  it('beams: hypotheses change places with their caches, and share a sentence', async () => {
    const caches = {
      keys: new Parameter([8, 6, 64], { trainable: false }),
      values: new Parameter([8, 6, 64], { trainable: false }),
    };
    using store = new ParameterStore(device, caches);
    store.write(
      'values',
      Float32Array.from({ length: 8 * 6 * 64 }, (_, i) => Math.floor(i / (6 * 64))),
    );
    const g = new Graph(device);
    const qkv = g.input('qkv', [8, 1, 192], 'f32');
    const rows = g.input('rows', [8], 'u32', { below: 8 });
    using plan = await g.compile({ y: beamStep(g, qkv, g.use(caches.keys), g.use(caches.values), rows) });
    const from = [2, 2, 0, 1, 4, 4, 4, 7];
    plan.run({ qkv: new Float32Array(8 * 192), rows: Uint32Array.from(from) }, { position: 1 });
    const y = await plan.read('y');
    for (const [b, row] of from.entries()) expect(y[b * 64]).toBeCloseTo(row / 2, 5); // and the new row's 0

    const source = Float32Array.from({ length: 2 * 3 * 64 }, (_, i) => Math.floor(i / 64));
    const x = { q: of([2, 4, 64], new Float32Array(2 * 4 * 64)), kv: of([2, 3, 64], source) };
    const lengths = of([2], Uint32Array.of(2, 3));
    const cross = await eager(device, { ...x, lengths }, (h, z) => toSource(h, z.q, z.kv, z.kv, z.lengths));
    expect(cross.data[0]).toBeCloseTo(0.5, 5);
    expect(cross.data[4 * 64]).toBeCloseTo(4, 5);
  });

  it('endless: sinks and the newest rows', async () => {
    const caches = {
      keys: new Parameter([1, 8, 64], { trainable: false }),
      values: new Parameter([1, 8, 64], { trainable: false }),
    };
    using _store = new ParameterStore(device, caches);
    const g = new Graph(device);
    const qkv = g.input('qkv', [1, 1, 192], 'f32');
    using plan = await g.compile({ y: endless(g, qkv, g.use(caches.keys), g.use(caches.values)) });
    const text = counted(20).data;
    for (let t = 0; t < 20; t++) {
      plan.run({ qkv: text.subarray(t * 192, (t + 1) * 192) }, { position: t });
    }
    expect((await plan.read('y'))[0]).toBeCloseTo((0 + 1 + 2 + 3 + 16 + 17 + 18 + 19) / 8, 5);
  });

  it('segments: each sees the one before it', async () => {
    const text = noise(2 * 8 * 16);
    const [first, second] = await segments(device, text);
    const other = text.slice();
    other.set(noise(8 * 16));
    const changed = await segments(device, other);
    expect(changed[0]).not.toEqual(first);
    expect(changed[1]).not.toEqual(second);
    expect(await segments(device, text)).toEqual([first, second]);
  });

  it('others: weights sum to 1', async () => {
    const qkv = counted(8);
    qkv.data.fill(1);
    const y = await eager(device, { qkv }, (g, x) => linear(g, x.qkv));
    for (const n of y.data) expect(n).toBeCloseTo(1, 4);

    // Two rows of one key: with β = 1 the second value takes the place of the first.
    const key = of(
      [1, 2, 32],
      Float32Array.from({ length: 64 }, (_, i) => Number(i % 16 === 0)),
    );
    const values = of(
      [1, 2, 64],
      Float32Array.from({ length: 128 }, (_, i) => (i < 64 ? 4 : 20)),
    );
    const gates = {
      decay: of([1, 2, 4], new Float32Array(8)),
      beta: of([1, 2, 4], new Float32Array(8).fill(1)),
    };
    const { data: held } = await eager(device, { q: key, k: key, v: values, ...gates }, (g, z) =>
      corrected(g, z),
    );
    expect(held[0]).toBeCloseTo(4 / Math.sqrt(16), 5);
    expect(held[64]).toBeCloseTo(20 / Math.sqrt(16), 5);

    const x = { q: of([1, 2, 24], noise(2 * 24)), rows: of([1, 5, 24], noise(5 * 24)) };
    const { data } = await eager(device, x, (g, { q, rows }) => luong(g, q, rows).weights);
    expect(sum(data.slice(0, 5))).toBeCloseTo(1, 5);

    using _store = new ParameterStore(device, additive, { seed: 1 });
    const z = { queries: of([1, 2, 16], noise(2 * 16)), rows: x.rows };
    const { data: weights } = await eager(device, z, (g, h) => bahdanau(g, h.queries, h.rows).weights);
    expect(sum(weights.slice(5))).toBeCloseTo(1, 5);
  });

  it('maps: probabilities, and gradients that shift them', async () => {
    const { map, last, mean, byScore, values } = await maps(device, noise(8 * 192), noise(8 * 64));
    expect(map.shape).toEqual([4, 2, 8]);
    expect(sum(last)).toBeCloseTo(1, 5);
    expect(mean[3]).toBeCloseTo(sum([0, 1, 2, 3].map((h) => map.row(7, h)[3])) / 4, 5);
    expect(sum(byScore!.subarray(0, 8))).toBeCloseTo(0, 4);
    expect(values[0]).toBe(0); // the first token sees itself alone
  });
});

it('the guide to ops: a pair apart from the others costs nothing, equal ones the log of their number', async () => {
  using device = await Device.open({ gpu: openTestGpu() });
  const apart = Float32Array.from({ length: 3 * 2 * 4 }, (_, i) => Number(i % 4 === Math.floor(i / 8)));
  const loss = async (data: Float32Array): Promise<number> => {
    const { data: y } = await eager(device, { x: of([3, 2, 4], data) }, (g, { x }) => contrast(g, x, x));
    return y[0];
  };
  expect(await loss(apart)).toBeLessThan(1e-6);
  expect(await loss(apart.map(() => 1))).toBeCloseTo(Math.log(3), 5);
});

describe('the guide to models', () => {
  let device: Device;
  beforeAll(async () => {
    device = await Device.open({ gpu: openTestGpu() });
  });
  afterAll(() => device[Symbol.dispose]());

  it('tune: what was trained generates, and loads again', async () => {
    const tensors = await fixtureTensors('gpt-modern.safetensors');
    const weights = new Map(Object.keys(modern.parameters).map((name) => [name, tensors.get(name)!]));
    const folder = folderOf({ 'config.json': modern.config, 'model.safetensors': checkpointOf(weights) });
    const text = Uint32Array.from({ length: 200 }, (_, i) => (i * 7) % 60);
    const { next, files } = await tune(device, folder, text);
    expect(next).toHaveLength(8);
    expect([...files.keys()]).toEqual(['config.json', 'model.safetensors']);
    using again = await load((name) => Promise.resolve(files.get(name) ?? null), {
      device,
      families: [llama],
    });
    using generator = new Generator(device, again.model);
    const same: number[] = [];
    for await (const id of generator.generate([3, 39], { ...generateOptions(again), tokens: 8 }))
      same.push(id);
    expect(same).toEqual(next);
  });

  it('hub: a second visit asks only what the branch is, and finds the same numbers', async () => {
    const tensors = await fixtureTensors('gpt-modern.safetensors');
    const weights = new Map(Object.keys(modern.parameters).map((name) => [name, tensors.get(name)!]));
    const files: Record<string, BlobPart> = {
      'config.json': JSON.stringify(modern.config),
      'model.safetensors': checkpointOf(weights),
      'tokenizer.json': JSON.stringify(characterTokenizer('abc').toJson()),
    };
    const asked: string[] = [];
    vi.stubGlobal('fetch', (address: string) => {
      const [, name] = /^https:\/\/huggingface\.co\/owner\/tiny\/resolve\/\w+\/(.*)$/.exec(address)!;
      asked.push(name);
      const headers = { 'x-repo-commit': 'd'.repeat(40) };
      const found = name in files;
      return Promise.resolve(
        new Response(found ? files[name] : null, { status: found ? 200 : 404, headers }),
      );
    });
    const kept = new Map<string, Blob>();
    const cache = new ModelCache({
      title: 'a map',
      get: (key) => Promise.resolve(kept.get(key) ?? null),
      put: (key, content) => Promise.resolve(void kept.set(key, content)),
      delete: (key) => Promise.resolve(void kept.delete(key)),
      keys: () => Promise.resolve([...kept.keys()]),
      room: () => Promise.resolve(null),
    });
    try {
      const numbers: Map<string, Float32Array>[] = [];
      const counts: number[] = [];
      for (const _visit of ['first', 'second']) {
        const shown: string[] = [];
        const { loaded, tokenizer } = await open(device, 'owner/tiny', cache, (text) => shown.push(text));
        using _ = loaded;
        numbers.push(await loaded.store.readAll('weights'));
        expect([...tokenizer.encode('cab')]).toHaveLength(3);
        expect(shown.at(-1)).toMatch(/^(\d+) of \1 bytes$/);
        counts.push(asked.length);
      }
      expect(counts[1]).toBe(counts[0] + 1);
      expect(numbers[1]).toEqual(numbers[0]);
      expect(asked.at(-1)).toBe('config.json');
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it('classifier: learns from a BERT that was saved for hidden tokens', async () => {
    const config = {
      ...{
        model_type: 'bert',
        vocab_size: 40,
        hidden_size: 16,
        num_hidden_layers: 1,
        num_attention_heads: 2,
      },
      ...{ intermediate_size: 24, max_position_embeddings: 24, type_vocab_size: 2 },
    };
    const body = new Bert({
      ...{ vocabulary: 40, width: 16, layers: 1, heads: 2, hidden: 24, context: 24, padding: 0 },
    });
    using store = new ParameterStore(device, body, { seed: 2 });
    expect(store.parameters.size).toBeGreaterThan(20);
    const files = await save(bert, body, config);
    // Spam has more of the upper ids.
    const rows = Array.from({ length: 90 }, (_, i): LabelledText => {
      const ids = Array.from({ length: 4 + (i % 9) }, () => 4 + random.below(18) + 18 * (i % 2));
      return { ids: [1, ...ids, 2], label: i % 2 };
    });
    const folder = (name: string) => Promise.resolve(files.get(name) ?? null);
    const taught = await teach(device, folder, { training: rows.slice(20), held: rows.slice(0, 20) });
    expect(taught.loss).toBeLessThan(0.35); // of 0.69
    const names = (await openSafetensors(taught.files.get('model.safetensors')!)).names();
    expect(names).toContain('bert.pooler.dense.weight');
    expect(names.some((name) => name.startsWith('cls.'))).toBe(false);
  });

  it('write: a text up to a stop string, and the best ways to go on', async () => {
    const all = await fixtureTensors('gpt-modern.safetensors');
    const file = checkpointOf(new Map(Object.keys(modern.parameters).map((key) => [key, all.get(key)!])));
    const folder = folderOf({ 'config.json': modern.config, 'model.safetensors': file });
    using loaded = await load(folder, { device, families: [llama] });
    const alphabet = String.fromCharCode(10, ...Array.from({ length: 66 }, (_, i) => 33 + i));
    const tokenizer = characterTokenizer(alphabet);
    const { text, best } = await write(device, loaded.model, tokenizer, ['ABC', 'HEED!']);
    expect(text).not.toContain('\n\n');
    expect(text.length).toBeGreaterThan(0);
    for (const list of best) {
      expect(list.map(({ text: own }) => own.length)).toEqual([8, 8, 8]);
      expect(list[0].score).toBeGreaterThan(list[2].score);
    }
  });

  it('adapted: only queries and values change, by a file of some kilobytes', async () => {
    const tensors = await fixtureTensors('gpt-modern.safetensors');
    const weights = new Map(Object.keys(modern.parameters).map((name) => [name, tensors.get(name)!]));
    const folder = folderOf({ 'config.json': modern.config, 'model.safetensors': checkpointOf(weights) });
    const text = Uint32Array.from({ length: 200 }, (_, i) => (i * 7) % 60);
    const { file, files } = await adapted(device, folder, text);
    expect(file.length).toBeLessThan(10_000);
    const saved = await openSafetensors(files.get('model.safetensors')!);
    const changed: string[] = [];
    for (const [name, { data }] of weights) {
      if ((await saved.float32(name)).some((w, i) => w !== data[i])) changed.push(name);
    }
    const layers = [0, 1].flatMap((n) =>
      ['q', 'v'].map((part) => `model.layers.${n}.self_attn.${part}_proj`),
    );
    expect(changed.sort()).toEqual(layers.map((name) => `${name}.weight`));
  });

  it('remember: what follows is a pattern that it has seen', async () => {
    const text = Uint32Array.from({ length: 200 }, (_, i) => (i * 7) % 10);
    const next = await remember(device, text, 10, 60);
    expect(next).toEqual(Array.from({ length: 8 }, (_, i) => ((20 + i) * 7) % 10));
  });

  it('scorer: learns, and saves under the names of its family', async () => {
    const model = new Scorer({ vocabulary: 11, width: 16, layers: 2 });
    const [B, T] = [4, 6];
    const ids = Uint32Array.from({ length: B * T }, () => random.below(11));
    const scores = Float32Array.of(1, -1, 2, 0);
    const objective = squaredError(B, T);
    using store = new ParameterStore(device, model, { seed: 2 });
    using run = await Run.create({ device, model, objective, optimizer: new AdamW(), schedule: 1e-2 });
    const losses: number[] = [];
    await run.fit({
      steps: 60,
      batches: () => ({ ids, scores }),
      onEvent: (event) => event.kind === 'steps' && losses.push(...event.reports.map(({ loss }) => loss)),
    });
    expect(losses[59]).toBeLessThan(losses[0] / 20);
    const config = { vocab_size: 11, hidden_size: 16, num_hidden_layers: 2 };
    const files = await save(scorer, model, config);
    const names = (await openSafetensors(files.get('model.safetensors')!)).names();
    expect(names).toContain('block.1.value.bias');
    expect(names).toHaveLength(1 + 2 * 16 + 4);
    const folder = (name: string) => Promise.resolve(files.get(name) ?? null);
    using again = await load(folder, { device, families: [scorer] });
    for (const name of store.parameters.keys()) {
      expect(await again.store.read(name), name).toEqual(await store.read(name));
    }
  });
});
