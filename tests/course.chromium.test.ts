// The way of a text through the writer that ships, which the course shows: beside the model called as one, Transformers, and float64.
import { beforeAll, describe, expect, it } from 'vitest';
import { layerByLayer } from '../demo/course/example';
import { POSITIONS, type Switches, type Walk } from '../demo/course/session/protocol';
import { WalkPlan } from '../demo/course/session/walk-plan';
import type { Connection } from '../demo/session/connection';
import { likeliest } from '../demo/session/likeliest';
import type { Reader } from '../demo/session/reader';
import { ShippedReader } from '../demo/session/shipped-reader';
import { Graph, type Device } from '../engine/index';
import type { GPT } from '../models/index';
import fixture from './fixtures/writer.json';
import { withDevice } from './harness/device';

const files = {
  'config.json': new URL('../demo/models/writer/config.json', import.meta.url).href,
  'model.safetensors': new URL('../demo/models/writer/model.safetensors', import.meta.url).href,
  'tokenizer.json': new URL('../demo/models/writer/tokenizer.json', import.meta.url).href,
};
const ids = Uint32Array.from(fixture.ids);
const T = ids.length;
const [layers, heads, width] = [4, 4, 128];
const whole: Switches = { positions: true, blocks: Array<boolean>(2 * layers).fill(true) };

const apart = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, x, i) => Math.max(most, Math.abs(x - b[i])), 0);
const row = (rows: Float32Array, t: number, columns = width): Float32Array =>
  rows.subarray(t * columns, (t + 1) * columns);
const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, x, i) => sum + x * b[i], 0);
const cosine = (a: Float32Array, b: Float32Array): number => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));

describe('the way of a text through a GPT', () => {
  let device: Device;
  withDevice((opened) => (device = opened));
  const connection: Pick<Connection, 'use'> = { use: (work) => work(device) };
  let reader: Reader;
  let plan: WalkPlan;
  let walk: Awaited<ReturnType<WalkPlan['walk']>>;
  beforeAll(async () => {
    reader = await new ShippedReader().use(connection, files, (opened) => Promise.resolve(opened));
    plan = await WalkPlan.record(device, reader.model as GPT);
    walk = await plan.walk(ids, whole);
  });

  it('leads to what the model gives when it is called as one, and Transformers', async () => {
    const { logits, maps } = await reader.read(ids);
    const V = logits.length / T;
    expect(apart(walk.logits, logits.subarray((T - 1) * V))).toBeLessThan(1e-4);
    for (const [layer, map] of maps.entries()) {
      expect(walk.maps[layer]).toMatchObject({ heads, rows: T, columns: T });
      expect(apart(walk.maps[layer].probabilities, map.probabilities)).toBeLessThan(1e-5);
    }
    const all = fixture.drawn.find(
      ({ temperature, topK, topP }) => temperature === 1 && topK === 0 && topP === 1,
    )!;
    const last: Walk['stages'][number]['guesses'][number] = walk.stages.at(-1)!.guesses[T - 1];
    for (const [at, { id, share }] of last.entries()) {
      expect(id).toBe(all.best[at][0]);
      expect(share).toBeCloseTo(all.best[at][1], 4);
    }
  });

  it('has the numbers that attention is made of: softmax of q · k / √D is what the kernel attends to', () => {
    const D = width / heads;
    for (const [layer, qkv] of walk.qkv.entries()) {
      for (let head = 0; head < heads; head++) {
        const part = (t: number, which: number): Float32Array =>
          row(qkv, t, 3 * width).subarray(which * width + head * D, which * width + (head + 1) * D);
        for (let t = 0; t < T; t++) {
          const scores = Array.from({ length: t + 1 }, (_, s) => dot(part(t, 0), part(s, 1)) / Math.sqrt(D));
          const sum = scores.reduce((all, score) => all + Math.exp(score), 0);
          const at = (head * T + t) * T;
          const shares = walk.maps[layer].probabilities.subarray(at, at + T);
          expect(
            apart(
              scores.map((score) => Math.exp(score) / sum),
              shares,
            ),
          ).toBeLessThan(1e-5);
        }
      }
    }
  });

  it('tells after each layer what the lens of the model tells, and the example of the page', async () => {
    const model = reader.model as GPT;
    const g = new Graph(device);
    const input = g.input('ids', [1, T], 'u32');
    const all = model.lens(g, input);
    const last = model.lens(g, input, { lengths: g.input('lengths', [1], 'u32') });
    const outputs = [
      ...all.map((x, i) => [`all ${i}`, x] as const),
      ...last.map((x, i) => [`last ${i}`, x] as const),
    ];
    using compiled = await g.compile(Object.fromEntries(outputs));
    compiled.run({ ids, lengths: Uint32Array.of(3) });
    for (let i = 0; i <= layers; i++) {
      const logits = await compiled.read(`all ${i}`);
      const V = logits.length / T;
      for (let t = 0; t < T; t++) {
        const told = likeliest(logits.subarray(t * V, (t + 1) * V), 5);
        for (const [at, { id, share }] of walk.stages[2 * i].guesses[t].entries()) {
          expect(id, `state ${i}, token ${t}`).toBe(told[at].id);
          expect(share).toBeCloseTo(told[at].share, 5);
        }
      }
      expect(apart(await compiled.read(`last ${i}`), logits.subarray(2 * V, 3 * V))).toBeLessThan(1e-5);
    }
    const folder = (name: string): Promise<Blob | null> =>
      name in files
        ? fetch(files[name as keyof typeof files]).then((file) => file.blob())
        : Promise.resolve(null);
    const words = await layerByLayer(folder, fixture.text);
    const best = (stage: number) => reader.tokenizer.decode([walk.stages[stage].guesses[T - 1][0].id]);
    expect(words).toEqual([0, 2, 4, 6, 8].map(best));
    expect(() => model.lens(g, input, { length: input } as object)).toThrow('there is no option "length"');
  });

  it('begins with token and position, and tells what is alike', async () => {
    const [start] = walk.stages;
    for (let t = 0; t < T; t++) {
      const sum = row(walk.tokens, t).map((x, i) => x + row(walk.positions, t)[i]);
      expect(start.lengths[t]).toBeCloseTo(Math.hypot(...sum), 4);
    }
    expect(start.added).toBeNull();
    const near = walk.near[T - 1];
    const own = await plan.walk(
      Uint32Array.from(near, ({ id }) => id),
      whole,
    );
    for (const [at, { share }] of near.entries()) {
      expect(share).toBeCloseTo(cosine(row(walk.tokens, T - 1), row(own.tokens, at)), 4);
    }
    expect(near.some(({ id }) => id === ids[T - 1])).toBe(false);
    const alike = await plan.positions();
    expect(alike).toHaveLength(POSITIONS ** 2);
    for (const [a, b] of [
      [0, 0],
      [3, 5],
      [6, 1],
    ]) {
      expect(alike[a * POSITIONS + b]).toBeCloseTo(cosine(row(walk.positions, a), row(walk.positions, b)), 4);
    }
  });

  it('has parts that can be left out, one by one', async () => {
    const nothing = await plan.walk(ids, { positions: true, blocks: Array<boolean>(2 * layers).fill(false) });
    for (const { lengths, added, guesses } of nothing.stages) {
      expect([...lengths]).toEqual([...nothing.stages[0].lengths]);
      expect(guesses).toEqual(nothing.stages[0].guesses);
      if (added) expect(Math.max(...added)).toBe(0);
    }
    const blocks = [...whole.blocks];
    blocks[3] = false;
    const without = await plan.walk(ids, { positions: true, blocks });
    expect(without.stages.slice(0, 4)).toEqual(walk.stages.slice(0, 4));
    expect(Math.max(...without.stages[4].added!)).toBe(0);
    expect(apart(without.logits, walk.logits)).toBeGreaterThan(0.1);
    const nowhere = await plan.walk(ids, { ...whole, positions: false });
    expect(Math.max(...nowhere.positions.map(Math.abs))).toBe(0);
    expect(apart(nowhere.logits, walk.logits)).toBeGreaterThan(0.1);
  });
});
