// Parity of CLIP with Hugging Face Transformers, see tests/fixtures/make_vision.py.
import { meanSquaredError, type Device, type Graph, type Tensor } from '../../engine/index';
import type { Clip, ClipText, ClipVision } from '../../models/clip';
import * as clip from '../../models/families/clip';
import about from '../fixtures/vision.json';
import { withDevice } from '../harness/device';
import { parity, type FamilyFixture } from './family_parity';
import { visionFixture } from './vision_fixture';

let device: Device;
withDevice((opened) => (device = opened), { empty: true });
const shared = { device: (): Promise<Device> => Promise.resolve(device) };
const textInput = (g: Graph) => ({
  lengths: g.constant('lengths', [about.lengths.length], Uint32Array.from(about.lengths)),
});
const named = (side: string, states: readonly Tensor[]) =>
  Object.fromEntries(states.map((x, i) => [`${side}.hidden.${i}`, x]));

const found = visionFixture('clip-model');
const LABELS = { text: 'text.body.stack.layers', image: 'vision.encoder.stack.layers' };
const whole: Partial<FamilyFixture> = {
  tensors: async () =>
    new Map(
      [...(await found.tensors())].map(([name, tensor]) => {
        const [, side, layer] = /^(text|image)\.attention\.(\d)$/.exec(name) ?? [];
        if (side === undefined) return [name, tensor];
        return [`attention.${LABELS[side as 'text']}.${layer}.attention`, tensor];
      }),
    ),
  inputs: ['pixels', 'ids'],
  forward: (model: Clip, g, { pixels, ids }) => model.forward(g, pixels, ids, textInput(g)),
  hidden: (model: Clip, g, { pixels, ids }) => ({
    ...named('text', model.text.hidden(g, ids, textInput(g))),
    ...named('image', model.vision.hidden(g, pixels)),
    text: model.textRows(g, ids, textInput(g)),
    image: model.imageRows(g, pixels),
  }),
  loss: (model: Clip, g, { pixels, ids }) => model.loss(g, pixels, ids, textInput(g)),
};
const text: Partial<FamilyFixture> = {
  inputs: ['ids', 'target'],
  forward: (model: ClipText, g, { ids }) => model.forward(g, ids, textInput(g)),
  hidden: (model: ClipText, g, { ids }) => ({ logits: model.forward(g, ids, textInput(g)) }),
  loss: (model: ClipText, g, { ids, target }) =>
    meanSquaredError(g, model.forward(g, ids, textInput(g)), target),
};
const vision: Partial<FamilyFixture> = {
  inputs: ['pixels', 'target'],
  forward: (model: ClipVision, g, { pixels }) => model.forward(g, pixels),
  hidden: (model: ClipVision, g, { pixels }) => ({ logits: model.forward(g, pixels) }),
  loss: (model: ClipVision, g, { pixels, target }) => meanSquaredError(g, model.forward(g, pixels), target),
};

parity(clip.clip, { ...found, ...shared, ...whole });
parity(clip.clipTextModelWithProjection, { ...visionFixture('clip-text'), ...shared, ...text });
parity(clip.clipVisionModelWithProjection, { ...visionFixture('clip-vision'), ...shared, ...vision });
