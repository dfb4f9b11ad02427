// Bottleneck adapters and BitFit beside PyTorch, see tests/fixtures/make_tuned.py.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bitfit, bottleneck, copy } from '../../engine/adapters';
import {
  adapt,
  Trainer,
  type Activation,
  type Adapter,
  type AdapterKind,
  type Device,
} from '../../engine/index';
import { modulesOf } from '../../models/adapters/modules';
import type { Pretrained } from '../../models/family/load';
import { fixtureTensors, type FixtureTensor } from '../fixtures/load';
import fixture from '../fixtures/tuned.json';
import { withDevice } from '../harness/device';
import {
  expectSteps,
  fixtureAdamW,
  gradientsOf,
  portableWeights,
  relativeError,
  type PortableParameter,
} from './parity';
import { inputsOf, logitsOf, lossOf, openBase, type AnyModel, type Given } from './peft_cases';

const { adamw, width } = fixture;
let device: Device;
let wanted: Map<string, FixtureTensor>;
withDevice((opened) => (device = opened), { empty: true });
beforeAll(async () => {
  wanted = await fixtureTensors('tuned.safetensors');
});

const sublayers = '*.{attention.output,feedForward.down}';
const layersOf: Record<
  keyof typeof fixture.cases,
  (model: object, kind: AdapterKind) => Record<string, AdapterKind>
> = {
  'bert-houlsby': (_, kind) => ({ [`stack.layers.${sublayers}`]: kind }),
  'gpt2-houlsby': (_, kind) => ({ [`stack.layers.${sublayers}`]: kind }),
  'llama-pfeiffer': (_, kind) => ({ 'stack.layers.*.feedForward.down': kind }),
  't5-pfeiffer': (_, kind) => ({ '{encoder,decoder}.layers.*.feedForward.down': kind }),
  'bert-bitfit': (model) => ({ ...bitfit(model), 'classifier.output.weight': copy() }),
  'gpt2-bitfit': bitfit,
};

describe.each(Object.keys(layersOf) as (keyof typeof layersOf)[])('%s equals PyTorch', (name) => {
  const about = fixture.cases[name];
  let loaded: Pretrained<AnyModel>;
  let adapter: Adapter;
  let given: Given;
  const parameters: Readonly<Record<string, PortableParameter>> = about.parameters;
  const first = portableWeights(parameters, name, fixture.seed);
  const want = (key: string) => wanted.get(`${name}.${key}`)!.data;
  /** Our parameter, and the first number of theirs in it. */
  const placeOf = (theirs: string): readonly [string, number] => {
    const modules = modulesOf(loaded, false);
    const [module, part] = theirs.split('.adapter.');
    if (part) return [`${modules.linear.get(module)!.place!.name}.bottleneck.${part}`, 0];
    const { ours, from } = modules.tensors.get(theirs)!;
    return [`${ours}.copy.values`, from];
  };
  const each = (
    own: ReadonlyMap<string, Float32Array>,
    check: (theirs: string, got: Float32Array) => void,
  ): void => {
    const used = new Set<string>();
    for (const [theirs, { length }] of first) {
      const [ours, from] = placeOf(theirs);
      used.add(ours);
      check(theirs, own.get(ours)!.subarray(from, from + length));
    }
    expect([...used].sort()).toEqual([...adapter.store.parameters.keys()].sort());
  };

  beforeAll(async () => {
    given = await inputsOf(about.inputs);
    loaded = await openBase(about.base, device);
    const kind = bottleneck({ width, activation: (about.activation ?? 'gelu') as Activation });
    adapter = await adapt(loaded.model, layersOf[name](loaded.model, kind));
    const all = await adapter.store.readAll('weights');
    for (const [theirs, data] of first) {
      const [ours, from] = placeOf(theirs);
      all.get(ours)!.set(data, from);
    }
    for (const [ours, data] of all) adapter.store.write(ours, data);
  });
  afterAll(() => {
    adapter[Symbol.dispose]();
    loaded[Symbol.dispose]();
  });

  it('logits, loss, and every gradient by name', async () => {
    const logits = await logitsOf(device, loaded.model, about.inputs);
    expect(relativeError(logits, want('logits'))).toBeLessThan(5e-6);
    const { loss, gradients } = await gradientsOf(
      adapter.store,
      (g) => given.loss(loaded.model, g),
      given.step(0),
    );
    expect(Math.abs(loss / about.losses[0] - 1)).toBeLessThan(2e-6);
    each(gradients, (theirs, got) => {
      if (/key\.bias$/.test(theirs)) expect(Math.hypot(...got), theirs).toBeLessThan(1e-6);
      else expect(relativeError(got, want(`grad.${theirs}`), false), theirs).toBeLessThan(5e-5);
    });
  });

  it('ten steps of AdamW: losses, gradient norms and final weights; the base stays', async () => {
    const before = await loaded.store.readAll('weights');
    using trainer = await Trainer.create({
      ...{ device, model: loaded.model as never, adapter, objective: lossOf(given) as never },
      ...{ optimizer: fixtureAdamW(adamw), schedule: adamw.learningRate },
    });
    for (let n = 0; n < fixture.steps; n++) trainer.submit((k) => given.step(k) as never);
    expectSteps(await trainer.losses(), about.losses, about.gradientNorms, about.float32.gradientNorms);
    each(await adapter.store.readAll('weights'), (theirs, got) => {
      // A bias of keys moves all scores of a row alike: rounding decides how it moves.
      if (/key\.bias$|c_attn\.bias$/.test(theirs)) return;
      expect(relativeError(got, want(`after.${theirs}`), false), theirs).toBeLessThan(1e-4);
    });
    expect(await loaded.store.readAll('weights')).toEqual(before);
  });
});
