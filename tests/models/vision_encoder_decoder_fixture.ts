/** Fixtures of ViT or DeiT with GPT-2, see tests/fixtures/make_vision_encoder_decoder.py: pixels and weights that need no file. */
import type { Graph, Tensor } from '../../engine/index';
import type { VisionEncoderDecoder } from '../../models/index';
import { normalTensor } from '../fixtures/portable';
import about from '../fixtures/vision-encoder-decoder.json';
import { fixtureOf } from './family_fixture';
import type { FamilyFixture, Inputs } from './family_parity';
import { checkpointOf } from './folders';

export { about };
export type CaptionerName = keyof typeof about.families;
const [STEPS, HEIGHT, WIDTH] = [10, 15, 13];
export const EACH = 3 * HEIGHT * WIDTH;

/** Pixels that captions are written of, (3, 15, 13) each. */
export function sources(): Float32Array<ArrayBuffer>[] {
  const all = normalTensor('sources', [3, 3, HEIGHT, WIDTH], 1, about.seed);
  return [0, 1, 2].map((n) => all.slice(n * EACH, (n + 1) * EACH));
}

/** What `parity` needs. */
export function captionerFixture(name: CaptionerName): FamilyFixture {
  const found = fixtureOf(about, name, 'vision-encoder-decoder.safetensors');
  const shape = [STEPS, about.shape.B, 3, HEIGHT, WIDTH];
  const pixels = { shape, data: normalTensor('pixels', shape, 1, about.seed) };
  return {
    ...found,
    noisy: /(qkv|kv)\.bias$/, // a bias of keys moves all scores of a row alike
    tensors: async () => new Map([...(await found.tensors()), ['pixels', pixels]]),
    inputs: ['pixels', 'target', 'labels'],
    forward: (model: VisionEncoderDecoder, g, { pixels, target }) => model.forward(g, pixels, null, target),
    hidden: (model: VisionEncoderDecoder, g, { pixels, target }) => {
      const { encoder, decoder } = model.hidden(g, pixels, null, target);
      const named = (kind: string, states: readonly Tensor[]) =>
        states.map((x, n) => [`hidden.${kind}.${n}`, x] as const);
      return Object.fromEntries([...named('encoder', encoder), ...named('decoder', decoder)]);
    },
    loss: (model: VisionEncoderDecoder, g: Graph, { pixels, target, labels }: Inputs<Tensor>) =>
      model.loss(g, pixels, null, target, labels),
  };
}

/** The files of a folder. */
export async function captionerFiles(name: CaptionerName, generation?: object) {
  const { config, weights } = captionerFixture(name);
  return {
    'config.json': config,
    ...(generation && { 'generation_config.json': generation }),
    'preprocessor_config.json': {
      ...{ image_processor_type: 'ViTImageProcessor', size: { height: HEIGHT, width: WIDTH } },
    },
    'tokenizer.json': about.tokenizer,
    'tokenizer_config.json': {},
    'model.safetensors': checkpointOf(await weights()),
  };
}
