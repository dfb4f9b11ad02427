// Attention seen in models that train and generate: right, and of no consequence to either.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  concat,
  AdamW,
  attentionRollout,
  Device,
  Graph,
  nextToken,
  ParameterStore,
  randomWindows,
  RelativeAttention,
  SegmentMemory,
  Trainer,
  type AttentionMap,
  type Plan,
} from '../../engine/index';
import { Generator, GPT, type GPTConfig } from '../../models/index';
import { assertClose } from '../harness/close';
import { openTestGpu } from '../harness/host';

const T = 12;
const config: GPTConfig = { vocabulary: 19, context: T, layers: 2, heads: 4, keyValueHeads: 2, width: 16 };
const tokens = Uint32Array.from({ length: 400 }, (_, i) => (i * i + 3 * i) % 19);
const batches = () => randomWindows(tokens, { batch: 2, length: T, seed: 4 });
let device: Device;
beforeAll(async () => {
  device = await Device.open({ gpu: openTestGpu() });
});
afterAll(() => device[Symbol.dispose]());

const trainerOf = (model: GPT) =>
  Trainer.create({
    device,
    model,
    optimizer: new AdamW(),
    schedule: { kind: 'constant', lr: 1e-2 },
    objective: nextToken({ batch: 2, length: T }),
    seed: 3,
  });

/** A plan of the whole model over one text. */
async function over(model: GPT, ids: readonly number[]): Promise<Plan> {
  const g = new Graph(device, { label: 'over' });
  const plan = await g.compile({ y: model.forward(g, g.input('ids', [1, ids.length], 'u32')) });
  plan.run({ ids: Uint32Array.from(ids) });
  return plan;
}

describe('attention in a model', () => {
  it('shows what a trained model attends to; training goes on as if nobody had looked', async () => {
    const look = async (asks: boolean) => {
      using trainer = await trainerOf(new GPT({ ...config, dropout: 0.1 }));
      const losses: number[] = [];
      const maps: AttentionMap[] = [];
      for (let i = 0; i < 6; i++) {
        trainer.submit(batches());
        if (asks) {
          maps.push(
            await trainer.plan.attention('stack.layers.1.attention', 'all', { batch: 1, gradient: true }),
          );
          await trainer.plan.attentionEntropy(0);
        }
        losses.push((await trainer.losses())[0].loss);
      }
      expect(trainer.plan.attentions).toEqual(
        [0, 1].map((layer) => ({
          layer,
          label: `stack.layers.${layer}.attention`,
          batch: 2,
          heads: 4,
          T,
          S: T,
          kind: 'causal',
        })),
      );
      const made = vi.spyOn(device.gpu, 'createBuffer');
      for (let i = 0; i < 3; i++) trainer.submit(batches());
      expect(made).not.toHaveBeenCalled();
      made.mockRestore();
      losses.push(...(await trainer.losses()).map((r) => r.loss));
      return { losses, weights: await trainer.store.readAll('weights'), maps };
    };
    const [blind, seen] = [await look(false), await look(true)];
    expect(seen.losses).toEqual(blind.losses);
    for (const [name, data] of blind.weights) expect(seen.weights.get(name), name).toEqual(data);
    for (const map of seen.maps) {
      expect(map.shape).toEqual([4, T, T]);
      for (let h = 0; h < 4; h++)
        for (let t = 0; t < T; t++) {
          expect(map.row(t, h).reduce((a, b) => a + b)).toBeCloseTo(1, 5);
          expect(
            map
              .row(t, h)
              .subarray(t + 1)
              .every((p) => p === 0),
          ).toBe(true);
        }
      // Softmax's gradient sums to nothing in every row.
      const ds = map.scoreGradient!;
      expect(ds.some((x) => x !== 0)).toBe(true);
      for (let r = 0; r < 4 * T; r++) {
        expect(ds.subarray(r * T, (r + 1) * T).reduce((a, b) => a + b)).toBeCloseTo(0, 6);
      }
    }
    expect(seen.maps[5].probabilities).not.toEqual(seen.maps[0].probabilities);
  });

  it('shows each new token over the cache, as the whole model sees it, and the text is the same', async () => {
    for (const positions of ['learned', 'rope'] as const) {
      const model = new GPT({ ...config, positions });
      using trainer = await trainerOf(model);
      for (let i = 0; i < 5; i++) trainer.submit(batches());
      using generator = new Generator(device, model);
      expect(generator.plan).toBeNull();
      const prompt = [1, 2, 3];
      const write = async (look: (text: readonly number[]) => Promise<void>): Promise<number[]> => {
        const text = prompt.slice();
        for await (const id of generator.generate(prompt, { seed: 5 })) {
          await look(text);
          text.push(id);
        }
        return text;
      };
      const blind = await write(async () => {});
      expect(new Set(blind).size).toBeGreaterThan(4);
      using whole = await over(model, blind.slice(0, T)); // the last one is never fed
      const want = await whole.attention(1, 'all');
      let looked = 0;
      const seen = await write(async () => {
        const map = await generator.plan!.attention('stack.layers.1.attention', 'all');
        const [heads, rows, S] = map.shape;
        expect(heads).toBe(4);
        looked++;
        for (let h = 0; h < 4; h++)
          for (let row = 0; row < rows; row++) {
            const got = map.probabilities.subarray((h * rows + row) * S, (h * rows + row + 1) * S);
            const t = S - rows + row;
            assertClose(`${positions} row ${t}`, got, want.row(t, h).subarray(0, S), [S], {
              epsilon: 2 ** -23,
              terms: 400,
              scale: 1,
            });
          }
      });
      expect(seen).toEqual(blind);
      expect(looked).toBe(T + 1 - prompt.length);
    }
  });

  it('rolls attention out over layers: rows sum to 1, causal, and equal to the product of the maps', async () => {
    const model = new GPT(config);
    using trainer = await trainerOf(model);
    trainer.submit(batches());
    using plan = await over(model, [1, 5, 2, 7, 7, 3, 0, 11]);
    const N = 8;
    const { shares } = await attentionRollout(plan);
    const [first, second] = await Promise.all([plan.attention(0, 'mean'), plan.attention(1, 'mean')]);
    const mixed = (map: AttentionMap) => (t: number, j: number) => 0.5 * map.row(t)[j] + (t === j ? 0.5 : 0);
    const [a, b] = [mixed(first), mixed(second)];
    const want = Float64Array.from({ length: N * N }, (_, i) => {
      let sum = 0;
      for (let m = 0; m < N; m++) sum += b(Math.floor(i / N), m) * a(m, i % N);
      return sum;
    });
    assertClose('rollout', shares, want, [N, N], { epsilon: 2 ** -23, terms: N });
    const last = await attentionRollout(plan, { rows: [7, 8], heads: 'mean' });
    expect([...last.shares]).toEqual([...shares.subarray(7 * N)]);
    await expect(attentionRollout(plan, { rows: [7, 9] })).rejects.toThrow('no rows 7 to 9. There are 8');
    await expect(attentionRollout(plan, { residual: 1 })).rejects.toThrow('residual is 1');
  });

  it('shows a segment of Transformer-XL over the memory that its run has since moved on', async () => {
    const [B, M, N, C] = [2, 4, 5, 8];
    const layer = new RelativeAttention({ width: C, heads: 2 });
    const memory = new SegmentMemory(B, M, C);
    using store = new ParameterStore(device, { layer, memory }, { seed: 2 });
    store.write('memory.rows', new Float32Array(B * M * C));
    const segments = [1, 2, 3].map((n) =>
      Float32Array.from({ length: B * N * C }, (_, i) => Math.sin(n * i + n)),
    );
    const g = new Graph(device);
    const y = g.scope('0', () =>
      layer.forward(g, memory.extend(g, g.input('x', [B, N, C], 'f32')), { queries: N }),
    );
    using plan = await g.compile({ y });
    for (const x of segments) plan.run({ x });
    const [out, kept] = [await plan.read('y'), await store.read('memory.rows')];
    const map = await plan.attention(0, 'all', { batch: 1 });
    expect(map.shape).toEqual([2, N, M + N]);
    expect([await plan.read('y'), await store.read('memory.rows')]).toEqual([out, kept]);
    // The same with the memory given: the last rows of the segment before.
    const h = new Graph(device);
    const rows = h.input('rows', [B, M, C], 'f32');
    const z = layer.forward(h, concat(h, [rows, h.input('x', [B, N, C], 'f32')], 1), { queries: N });
    using given = await h.compile({ z });
    const before = new Float32Array(B * M * C);
    for (let b = 0; b < B; b++) {
      before.set(segments[1].subarray((b * N + N - M) * C, (b + 1) * N * C), b * M * C);
    }
    given.run({ x: segments[2], rows: before });
    const want = await given.attention(0, 'all', { batch: 1 });
    expect(map.probabilities).toEqual(want.probabilities);
    for (let t = 0; t < N; t++) expect(map.row(t).reduce((a, b) => a + b)).toBeCloseTo(1, 5);
  });
});
