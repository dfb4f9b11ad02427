/** Fixtures of vision models, see tests/fixtures/make_vision.py: pixels and weights that need no file. */
import type { Graph, Tensor } from '../../engine/index';
import { normalTensor } from '../fixtures/portable';
import about from '../fixtures/vision.json';
import { fixtureOf } from './family_fixture';
import type { FamilyFixture, Inputs } from './family_parity';

export type VisionName = keyof typeof about.families;
const STEPS = 10;

/** Pixels of ten steps, (10, B, 3, H, W). */
export function pixelsOf(height: number, width: number) {
  const shape = [STEPS, about.shape.B, 3, height, width];
  return { shape, data: normalTensor(`pixels.${height}`, shape, 1, about.seed) };
}

/** A fixture with its pixels; ViT's and DeiT's read pixels and learn labels. */
export function visionFixture(name: VisionName): FamilyFixture {
  const found = fixtureOf(about, name, 'vision.safetensors');
  const square = name.startsWith('clip');
  return {
    ...found,
    noisy: /attention\.qkv\.bias$/,
    tensors: async () =>
      new Map([...(await found.tensors()), ['pixels', square ? pixelsOf(13, 13) : pixelsOf(15, 13)]]),
    inputs: ['pixels', 'labels'],
    forward: (model: Seeing, g, { pixels }) => model.forward(g, pixels),
    hidden: (model: Seeing, g, { pixels }) =>
      Object.fromEntries(model.hidden(g, pixels).map((x, i) => [`hidden.${i}`, x])),
    loss: (model: Seeing, g, { pixels, labels }: Inputs<Tensor>) => model.loss(g, pixels, labels),
  };
}

interface Seeing {
  forward(g: Graph, pixels: Tensor): Tensor;
  hidden(g: Graph, pixels: Tensor): Tensor[];
  loss(g: Graph, pixels: Tensor, labels: Tensor): Tensor;
}
