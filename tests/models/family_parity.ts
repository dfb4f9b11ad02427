/** The whole test of a family: a checkpoint of Transformers goes in, does what it does there, and comes out again. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  Device,
  Graph,
  IGNORE_INDEX,
  openSafetensors,
  Trainer,
  type Objective,
  type Tensor,
} from '../../engine/index';
import type { AnyFamily } from '../../models/family/family';
import { load, type Pretrained } from '../../models/family/load';
import type { FixtureTensor } from '../fixtures/load';
import { feature, openTestGpu } from '../harness/host';
import { as } from '../harness/op';
import { checkpointOf, folderOf } from './folders';
import { expectSteps, fixtureAdamW, relativeError } from './parity';

/** A model with a head. */
export interface Trained {
  readonly config: object & { readonly vocabulary: number };
  forward(g: Graph, ids: Tensor): Tensor;
  hidden(g: Graph, ids: Tensor): Tensor[];
}

/** Inputs of a step by their names in the fixture, as numbers or in a graph. */
export type Inputs<T> = Readonly<Record<string, T>>;

/** What PyTorch says, by the names of the checkpoint. */
export interface FamilyFixture {
  readonly config: Readonly<Record<string, unknown>>;
  /** Tensors of the checkpoint as save_pretrained writes them. */
  readonly weights: () => Promise<ReadonlyMap<string, FixtureTensor>>;
  /** grad.NAME, after.NAME (after ten steps), logits, hidden.N, attention.N (where it has them), ids and labels of ten steps. */
  readonly tensors: () => Promise<ReadonlyMap<string, FixtureTensor>>;
  readonly losses: readonly number[];
  readonly gradientNorms: readonly number[];
  /** Parameters of ours with gradients that are rounding noise in part. */
  readonly noisy?: RegExp;
  /** False where Adam makes steps of such noise that change the loss. Default true. */
  readonly steps?: boolean;
  /** Losses are of texts that are padded on the right: tokens of each, in their order, and the id after them. Default: whole ones. */
  readonly padded?: { readonly lengths: readonly number[]; readonly id: number } | undefined;
  /** The inputs of ten steps. Default ids and labels. */
  readonly inputs?: readonly string[];
  /** Default the model's own, of ids and labels; `lengths` are among the inputs of padded texts. */
  readonly loss?: (model: never, g: Graph, inputs: Inputs<Tensor>) => Tensor;
  /** What to train by, from the inputs of a step, and the batch of a step. Default the loss. */
  readonly training?: (step: (k: number) => Inputs<Uint32Array | Float32Array>) => {
    readonly objective: Objective<never, never>;
    readonly at: (k: number) => unknown;
  };
  /** A device that several fixtures share, so that it compiles their kernels once; its owner closes it. Default: an own. */
  readonly device?: () => Promise<Device>;
  /** Also on the kernels of GPUs, where they are not those of the adapter. Default false. */
  readonly hardware?: boolean;
  readonly adamw: Parameters<typeof fixtureAdamW>[0] & { readonly learningRate: number };
}

/** A model that has a loss of its own. */
export interface Losing {
  loss(g: Graph, ids: Tensor, ...given: (Tensor | { readonly lengths: Tensor })[]): Tensor;
}

const numbersOf = (data: Float32Array | Int32Array): Uint32Array | Float32Array =>
  data instanceof Float32Array ? data : Uint32Array.from(data, (id) => (id < 0 ? IGNORE_INDEX : id));

/** Logits, hidden states, attentions, loss, gradients, ten steps, and the way back. */
export function parity(family: AnyFamily, fixture: FamilyFixture): void {
  const { inputs: names = ['ids', 'labels'], padded } = fixture;
  const lossOf =
    fixture.loss ??
    ((model: Losing, g: Graph, { ids, labels, lengths }: Inputs<Tensor>) =>
      model.loss(g, ids, labels, ...(lengths ? [{ lengths }] : [])));
  describe(`${family.architectures[0]} equals PyTorch`, () => {
    let device: Device;
    let expected: ReadonlyMap<string, FixtureTensor>;
    let given: ReadonlyMap<string, FixtureTensor>;
    let loaded: Pretrained<object>;
    let model: Trained;
    let shape: readonly number[] = [];
    const whole = (k: number): Inputs<Uint32Array | Float32Array> =>
      Object.fromEntries(
        names.map((name) => {
          const { data } = expected.get(name)!;
          return [name, numbersOf(data.slice((k * data.length) / 10, ((k + 1) * data.length) / 10))];
        }),
      );
    const step: typeof whole = (k) => {
      const { ids, ...labels } = whole(k);
      const T = shape.at(-1)!;
      const real = (i: number): boolean => i % T < padded!.lengths[Math.floor(i / T)];
      return { ids: padded ? ids.map((id, i) => (real(i) ? id : padded.id)) : ids, ...labels };
    };
    /** The loss of a step's inputs. */
    const record = (g: Graph): Tensor => {
      const inputs = names.map((name) => {
        const { shape: all, data } = expected.get(name)!;
        return [name, g.input(name, all.slice(1), data instanceof Float32Array ? 'f32' : 'u32')] as const;
      });
      const { lengths = [] } = padded ?? {};
      const counts = padded && {
        lengths: g.constant('lengths', [lengths.length], Uint32Array.from(lengths)),
      };
      return lossOf(model as never, g, { ...Object.fromEntries(inputs), ...counts });
    };
    const open = (tensors: ReadonlyMap<string, FixtureTensor>): Promise<Pretrained<object>> =>
      load(folderOf({ 'config.json': fixture.config, 'model.safetensors': checkpointOf(tensors) }), {
        device,
        families: [family],
      });

    beforeAll(async () => {
      device = await (fixture.device?.() ?? Device.open({ gpu: openTestGpu() }));
      device.buffers.poison = 0x7fff7fff;
      [expected, given] = await Promise.all([fixture.tensors(), fixture.weights()]);
      shape = expected.get('ids')!.shape.slice(1);
      loaded = await open(given);
      model = loaded.model as Trained;
    });
    afterAll(() => {
      loaded[Symbol.dispose]();
      if (!fixture.device) device[Symbol.dispose]();
    });

    it('logits, hidden states, attentions', async () => {
      const g = new Graph(device);
      const B = shape[0];
      const logits = model.forward(g, g.input('ids', shape, 'u32'));
      using plan = await g.compile({ logits });
      plan.run({ ids: whole(0).ids });
      expect(relativeError(await plan.read('logits'), expected.get('logits')!.data)).toBeLessThan(5e-6);
      const shown = [...expected.keys()].filter((name) => name.startsWith('attention.')).length;
      if (shown > 0) expect(new Set(plan.attentions.map(({ layer }) => layer)).size).toBe(shown);
      for (const { layer } of plan.attentions) {
        const want = expected.get(`attention.${layer}`);
        if (!want) continue;
        for (let b = 0; b < B; b++) {
          const size = want.data.length / B;
          const { probabilities } = await plan.attention(layer, 'all', { batch: b });
          expect(relativeError(probabilities, want.data.slice(b * size, (b + 1) * size))).toBeLessThan(5e-6);
        }
      }
      const h = new Graph(device);
      const flat = [shape.slice(0, -1).reduce((a, b) => a * b), shape.at(-1)!];
      const states = model.hidden(h, h.input('ids', flat, 'u32'));
      using second = await h.compile(Object.fromEntries(states.map((x, i) => [`hidden.${i}`, x])));
      second.run({ ids: whole(0).ids });
      for (const i of states.keys()) {
        const want = expected.get(`hidden.${i}`);
        if (want) expect(relativeError(await second.read(`hidden.${i}`), want.data)).toBeLessThan(5e-6);
      }
    });

    it('comes back as it came, under the names that it had', async () => {
      const files = await loaded.save();
      const saved = await openSafetensors(files.get('model.safetensors')!);
      expect(saved.metadata).toEqual({ format: 'pt' });
      expect(saved.names().sort()).toEqual([...given.keys()].sort());
      for (const [name, { shape, data }] of given) {
        expect(saved.info(name)).toEqual({ shape, dtype: 'F32' });
        expect(await saved.float32(name)).toEqual(data);
      }
      expect(JSON.parse(await files.get('config.json')!.text())).toEqual({
        ...fixture.config,
        torch_dtype: 'float32',
      });
    });

    const under = (prefix: string): Map<string, FixtureTensor> =>
      new Map(
        [...expected].flatMap(([name, tensor]) =>
          name.startsWith(prefix) ? [[name.slice(prefix.length), tensor] as const] : [],
        ),
      );
    // Where compilers are fast enough.
    const rungs = fixture.hardware && !feature('shader-f16') ? ['own', 'hardware'] : ['own'];
    it.each(rungs)('loss and every gradient by name (%s kernels)', async (rung) => {
      const g = new Graph(rung === 'own' ? device : as(device, 'hardware'), { train: true });
      const loss = record(g);
      g.backprop(loss);
      using _training = loaded.store.train();
      using plan = await g.compile({ loss });
      plan.run(step(0));
      expect(Math.abs((await plan.read('loss'))[0] / fixture.losses[0] - 1)).toBeLessThan(2e-6);
      using gradients = await open(under('grad.'));
      for (const [name, parameter] of loaded.store.parameters) {
        if (!parameter.trainable) continue;
        const want = await gradients.store.read(name);
        const got = await loaded.store.read(name, 'gradient');
        // What is nothing but rounding here is so there, too.
        if (Math.hypot(...want) < 1e-12) expect(Math.hypot(...got), name).toBeLessThan(1e-6);
        else expect(relativeError(got, want, !fixture.noisy?.test(name)), name).toBeLessThan(2e-5);
      }
    });

    if (fixture.steps ?? true)
      it('ten steps of AdamW: losses, gradient norms and final weights', async () => {
        const { learningRate: lr } = fixture.adamw;
        const optimizer = fixtureAdamW(fixture.adamw);
        const schedule = { kind: 'constant', lr } as const;
        const { objective, at } = fixture.training?.(step) ?? {
          objective: {
            ...{ shapes: 1, identity: {}, record },
            feed: (inputs: Inputs<ArrayBufferView>) => ({ shape: 0, inputs, labels: 1, tokens: 1 }),
          },
          at: step,
        };
        using trainer = await Trainer.create({
          device,
          model: model as never,
          objective,
          optimizer,
          schedule,
        });
        for (let i = 0; i < 10; i++) trainer.submit((k) => at(k) as never);
        expectSteps(await trainer.losses(), fixture.losses, fixture.gradientNorms);
        const after = under('after.');
        if (after.size === 0) return;
        using want = await open(after);
        for (const name of loaded.store.parameters.keys()) {
          if (fixture.noisy?.test(name)) continue;
          const error = relativeError(await loaded.store.read(name), await want.store.read(name));
          expect(error, name).toBeLessThan(5e-5);
        }
      });
  });
}
