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
import { expectSteps, fixtureAdamW, gradientsOf, relativeError } from './parity';

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
  /**
   * grad.NAME, after.NAME (after ten steps), logits, hidden.N, attention.N or attention.LABEL (where it has them), ids and labels
   * of ten steps.
   */
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
  /** The logits of a step's inputs but the labels. Default the model's own, of ids. */
  readonly forward?: (model: never, g: Graph, inputs: Inputs<Tensor>) => Tensor;
  /** Hidden states of them, by their names in the fixture. Default the model's own, of ids. */
  readonly hidden?: (model: never, g: Graph, inputs: Inputs<Tensor>) => Readonly<Record<string, Tensor>>;
  /** The numbers of a tensor that mean something. Default all. */
  readonly compared?: (name: string, numbers: ArrayLike<number>) => ArrayLike<number>;
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

/** Hidden states of ids (…, T), their first axes as one. */
function ownStates(model: Trained, g: Graph, { ids }: Inputs<Tensor>): Record<string, Tensor> {
  const flat = [ids.size / ids.shape.at(-1)!, ids.shape.at(-1)!];
  return Object.fromEntries(model.hidden(g, g.view(ids, flat)).map((x, i) => [`hidden.${i}`, x]));
}

/** A model that has a loss of its own. */
export interface Losing {
  loss(g: Graph, ids: Tensor, ...given: (Tensor | { readonly lengths: Tensor })[]): Tensor;
}

export const numbersOf = (data: Float32Array | Int32Array): Uint32Array | Float32Array =>
  data instanceof Float32Array ? data : Uint32Array.from(data, (id) => (id < 0 ? IGNORE_INDEX : id));

/** Logits, hidden states, attentions, loss, gradients, ten steps, and the way back. */
export function parity(family: AnyFamily, fixture: FamilyFixture): void {
  const { inputs: names = ['ids', 'labels'], compared = (_, numbers) => numbers, padded } = fixture;
  const forwardOf =
    fixture.forward ?? ((model: Trained, g: Graph, { ids }: Inputs<Tensor>) => model.forward(g, ids));
  const hiddenOf = fixture.hidden ?? ownStates;
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
    const whole = (k: number): Inputs<Uint32Array | Float32Array> =>
      Object.fromEntries(
        names.map((name) => {
          const { data } = expected.get(name)!;
          return [name, numbersOf(data.slice((k * data.length) / 10, ((k + 1) * data.length) / 10))];
        }),
      );
    const step: typeof whole = (k) => {
      if (!padded) return whole(k);
      const { ids, ...others } = whole(k);
      const T = expected.get('ids')!.shape.at(-1)!;
      const real = (i: number): boolean => i % T < padded.lengths[Math.floor(i / T)];
      return { ids: ids.map((id, i) => (real(i) ? id : padded.id)), ...others };
    };
    const inputsOf = (g: Graph, given = names): Inputs<Tensor> =>
      Object.fromEntries(
        given.map((name) => {
          const { shape, data } = expected.get(name)!;
          return [name, g.input(name, shape.slice(1), data instanceof Float32Array ? 'f32' : 'u32')];
        }),
      );
    /** The loss of a step's inputs. */
    const record = (g: Graph): Tensor => {
      const { lengths = [] } = padded ?? {};
      const counts = padded && {
        lengths: g.constant('lengths', [lengths.length], Uint32Array.from(lengths)),
      };
      return lossOf(model as never, g, { ...inputsOf(g), ...counts });
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
      loaded = await open(given);
      model = loaded.model as Trained;
    });
    afterAll(() => {
      loaded[Symbol.dispose]();
      if (!fixture.device) device[Symbol.dispose]();
    });

    it('logits, hidden states, attentions', async () => {
      const given = names.filter((name) => (fixture.forward ? name !== 'labels' : name === 'ids'));
      const all = whole(0);
      const inputs = Object.fromEntries(given.map((name) => [name, all[name]]));
      const errorOf = (name: string, got: ArrayLike<number>): number =>
        relativeError(compared(name, got), compared(name, expected.get(name)!.data));
      const g = new Graph(device);
      const logits = forwardOf(model as never, g, inputsOf(g, given));
      using plan = await g.compile({ logits });
      plan.run(inputs);
      expect(errorOf('logits', await plan.read('logits'))).toBeLessThan(5e-6);
      const shown = new Set<string>();
      for (const { layer, label } of plan.attentions) {
        const name = [`attention.${layer}`, `attention.${label}`].find((one) => expected.has(one));
        if (!name) continue;
        shown.add(name);
        const { shape } = expected.get(name)!;
        const all: number[] = [];
        for (let batch = 0; batch < shape[0]; batch++) {
          const { probabilities } = await plan.attention(layer, 'all', { batch });
          for (const p of probabilities) all.push(p);
        }
        expect(errorOf(name, all), name).toBeLessThan(5e-6);
      }
      expect(shown.size).toBe([...expected.keys()].filter((name) => name.startsWith('attention.')).length);
      const h = new Graph(device);
      const states = hiddenOf(model as never, h, inputsOf(h, given));
      using second = await h.compile(states);
      second.run(inputs);
      for (const name of Object.keys(states)) {
        if (expected.has(name)) expect(errorOf(name, await second.read(name)), name).toBeLessThan(5e-6);
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
      const on = { device: rung === 'own' ? device : as(device, 'hardware') };
      const { loss, gradients } = await gradientsOf(loaded.store, record, step(0), on);
      expect(Math.abs(loss / fixture.losses[0] - 1)).toBeLessThan(2e-6);
      using wanted = await open(under('grad.'));
      for (const [name, got] of gradients) {
        const want = await wanted.store.read(name);
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
