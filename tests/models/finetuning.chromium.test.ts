// Ten steps in each way that people fine-tune in, against plain PyTorch: tests/fixtures/make_finetuning.py.
import { describe, expect, it } from 'vitest';
import {
  AdamW,
  classify,
  contrast,
  fastGradient,
  pairedTexts,
  parameters,
  Run,
  segmentedText,
  SGD,
  TextBatches,
  type Device,
  type FitEvent,
  type RunOptions,
  type TextBatch,
} from '../../engine/index';
import { bertForSequenceClassification, bertModel } from '../../models/families/bert';
import type { AnyFamily } from '../../models/family/family';
import { load } from '../../models/family/load';
import heads from '../fixtures/bert-heads.json';
import about from '../fixtures/finetuning.json';
import { fixtureTensors } from '../fixtures/load';
import { withDevice } from '../harness/device';
import { checkpointOf, folderOf } from './folders';
import { portableWeights, relativeError, type PortableParameter } from './parity';

let device: Device;
withDevice((opened) => (device = opened), { empty: true });

const { B, T } = heads.shape;
const { learningRate, clipNorm, ...settings } = heads.adamw;
const optimizer = new AdamW({ ...settings, clip: clipNorm });
const rates = {
  ...{ tokens: about.decay ** 3, positions: about.decay ** 3, segments: about.decay ** 3 },
  ...{ norm: about.decay ** 3, 'stack.layers.0': about.decay ** 2, 'stack.layers.1': about.decay },
};
const weighted = { weights: about.classWeights, smoothing: about.smoothing };

async function opened(head: 'sequence' | 'model', family: AnyFamily) {
  const own: Readonly<Record<string, PortableParameter>> = heads.heads[head].parameters;
  const data = portableWeights(own, head, heads.seed);
  const weights = new Map([...data].map(([name, data]) => [name, { shape: [...own[name].shape], data }]));
  const files = { 'config.json': heads.heads[head].config, 'model.safetensors': checkpointOf(weights) };
  return load(folderOf(files), { device, families: [family] });
}

async function texts(): Promise<TextBatches<{ readonly ids: Uint32Array; readonly label: number }>> {
  const tensors = await fixtureTensors('bert-heads.safetensors');
  const [ids, labels] = ['ids', 'labels'].map((name) => tensors.get(`sequence/${name}`)!.data);
  const rows = Array.from(labels, (label, i) => ({
    ids: Uint32Array.from(ids.slice(i * T, (i + 1) * T)),
    label,
  }));
  return new TextBatches(rows, { pad: 0, shapes: [{ B, T }], shuffle: false });
}

/** Losses and norms of ten steps, and the run's checkpoint. */
async function trained<Batch>(
  options: Omit<RunOptions<Batch>, 'device' | 'optimizer' | 'schedule'>,
  batches: (k: number) => Batch,
) {
  const got: { losses: number[]; norms: number[] } = { losses: [], norms: [] };
  const onEvent = (event: FitEvent): void => {
    if (event.kind !== 'steps') return;
    for (const { loss, norm } of event.reports) {
      got.losses.push(loss);
      got.norms.push(norm);
    }
  };
  using run = await Run.create({ ...options, device, optimizer, schedule: learningRate });
  await run.fit({ steps: 10, batches, onEvent });
  return { ...got, file: run.checkpoint!.bytes };
}

type Way = keyof typeof about.ways;
function expectWay(way: Way, { losses, norms }: { losses: number[]; norms: number[] }): void {
  expect(relativeError(losses, about.ways[way].losses), 'losses').toBeLessThan(1e-5);
  expect(relativeError(norms, about.ways[way].gradientNorms), 'gradient norms').toBeLessThan(1e-4);
}

describe('fine-tuning equals PyTorch', () => {
  const ways: Partial<
    Record<Way, { readonly loss?: object; readonly run?: object; readonly frozen?: RegExp }>
  > = {
    weighted: { loss: weighted },
    layerwise: { run: { rates } },
    adversarial: { run: { adversarial: fastGradient({ epsilon: about.epsilon }) } },
    frozen: { frozen: /^(tokens|positions|segments|norm|stack\.layers\.0)\./ },
    all: { loss: weighted, run: { rates, adversarial: fastGradient({ epsilon: about.epsilon }) } },
  };
  it.each(Object.keys(ways) as Way[])('%s', async (way) => {
    const { loss, run, frozen } = ways[way]!;
    using loaded = await opened('sequence', bertForSequenceClassification);
    const model = loaded.model as never;
    if (frozen) {
      for (const [name, parameter] of parameters(model)) if (frozen.test(name)) parameter.trainable = false;
    }
    const before = await loaded.store.readAll('weights');
    const batches = await texts();
    const objective = classify(batches, { classes: 3, ...loss });
    expectWay(
      way,
      await trained<TextBatch>({ model, objective: objective as never, ...run }, (k) => batches.at(k)),
    );
    if (frozen) {
      for (const [name, data] of await loaded.store.readAll('weights')) {
        if (frozen.test(name)) expect(data, name).toEqual(before.get(name));
      }
    }
  });

  it('contrast', async () => {
    using loaded = await opened('model', bertModel);
    const tensors = await fixtureTensors('bert-heads.safetensors');
    const ids = tensors.get('model/ids')!.data;
    const text = (step: number, b: number, side: number): Uint32Array => {
      const row = (step % 10) * B + b;
      return Uint32Array.from(ids.slice(row * T, row * T + about.lengths[side][b]));
    };
    const pairs = Array.from({ length: 10 * B }, (_, i) => {
      const [step, b] = [Math.floor(i / B), i % B];
      return { first: text(step, b, 0), second: text(step + 1, b, 1) };
    });
    const batches = new TextBatches(pairedTexts(pairs), { pad: 0, shapes: [{ B, T }], shuffle: false });
    const objective = contrast(batches, { sharpness: about.sharpness });
    expectWay(
      'contrast',
      await trained({ model: loaded.model as never, objective: objective as never }, (k) => batches.at(k)),
    );
  });
});

describe('shares of the learning rate', () => {
  it('scale a step of SGD, too, and 0 leaves weights as they are', async () => {
    using loaded = await opened('sequence', bertForSequenceClassification);
    const before = await loaded.store.readAll('weights');
    const batches = await texts();
    const moved = async (given: Record<string, number>, momentum: number) => {
      for (const [name, data] of before) loaded.store.write(name, data);
      const options = { device, model: loaded.model as never, objective: classify(batches, { classes: 3 }) };
      using run = await Run.create({
        ...options,
        optimizer: new SGD({ momentum }),
        schedule: 0.1,
        rates: given,
      });
      await run.fit({ steps: 1, batches: (k) => batches.at(k) });
      const after = await loaded.store.readAll('weights');
      return (name: string) => after.get(name)!.map((x, i) => x - before.get(name)![i]);
    };
    for (const momentum of [0, 0.9]) {
      const whole = await moved({}, momentum);
      const some = await moved(
        { 'stack.layers.1': 0.5, 'stack.layers.1.attention': 0, classifier: 2 },
        momentum,
      );
      for (const [name, share] of [
        ['tokens.weight', 1],
        ['stack.layers.1.feedForward.up.weight', 0.5],
        ['stack.layers.1.attention.qkv.weight', 0],
        ['classifier.output.weight', 2],
      ] as const) {
        expect(Math.max(...whole(name).map(Math.abs)), name).toBeGreaterThan(0);
        const want = whole(name).map((x) => x * share);
        expect(relativeError([...some(name), 1e-6], [...want, 1e-6]), name).toBeLessThan(2e-3);
      }
    }
  });

  it('are refused where they fit nothing, and by checkpoints of other ones', async () => {
    using loaded = await opened('sequence', bertForSequenceClassification);
    const batches = await texts();
    const options = {
      ...{ device, model: loaded.model as never, objective: classify(batches, { classes: 3 }) },
      ...{ optimizer, schedule: 1e-3 },
    };
    await expect(Run.create({ ...options, rates: { 'stack.layer.0': 0.5 } })).rejects.toThrow(
      /"stack\.layer\.0" fits none of \d+ parameters\. The nearest names are stack\.layers\.0/,
    );
    await expect(Run.create({ ...options, rates: { tokens: -1 } })).rejects.toThrow(
      /the rate of "tokens" is -1/,
    );
    const adversarial = fastGradient({ parameter: 'token.weight' });
    await expect(Run.create({ ...options, adversarial })).rejects.toThrow(
      /there is no parameter token\.weight\. The nearest are tokens\.weight/,
    );
    const state = { adversarial: fastGradient(), objective: segmentedText({ batch: 1, length: 2 }) as never };
    await expect(Run.create({ ...options, ...state })).rejects.toThrow(/carries state from step to step/);
    const file = async (more: object) => {
      using run = await Run.create({ ...options, ...more });
      return await run.save();
    };
    const plain = await file({});
    const attacked = await file({ adversarial: fastGradient(), rates: { tokens: 0.5 } });
    const loading = async (bytes: Uint8Array<ArrayBuffer>, more: object) => {
      using run = await Run.create({ ...options, ...more });
      await run.load(bytes);
    };
    await expect(loading(attacked, {})).rejects.toThrow(
      /it was trained with rates \{"tokens":0\.5\} but this trainer has none/,
    );
    await expect(loading(plain, { adversarial: fastGradient() })).rejects.toThrow(
      /adversarial not given but this trainer has fastGradient of tokens/,
    );
  });
});
