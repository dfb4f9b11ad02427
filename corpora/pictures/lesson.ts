/** Teaches a model to say what is in drawn pictures: endless ones, never the same twice, and none of a held-out combination. */
import {
  AdamW,
  caption,
  RandomStream,
  Run,
  type CaptionedImage,
  type Device,
  type FitOptions,
  type ImageBatch,
  type ParameterStore,
  type RunOptions,
} from '../../engine/index';
import { SequenceGenerator } from '../../models/generation/sequence_generator';
import { ImageProcessor } from '../../models/images/image_processor';
import { type VisionEncoderDecoder } from '../../models/vision_encoder_decoder';
import { visionEncoderDecoder } from '../../models/families/vision_encoder_decoder';
import { BLEU } from '../../engine/metrics/index';
import { faultOf, references, taught, type Fault } from './captions';
import { draw } from './draw';
import { drawScene, PARTS, type Part, type Scene } from './scene';
import { configOf, LENGTH, PROCESSOR, SIDE, SPECIAL, TOKENS, type CaptionerSizes } from './vocabulary';

const IDS = new Map(TOKENS.map((token, id) => [token, id]));
const processor = new ImageProcessor(PROCESSOR);

/** What the model reads of a scene: (3, 48, 48). */
export const pixelsOf = (scene: Scene): Float32Array<ArrayBuffer> =>
  processor.process(draw(scene, SIDE)).data;
const idsOf = (text: string): number[] => text.split(' ').map((word) => IDS.get(word)!);
const textOf = (ids: readonly number[]): string => ids.map((id) => TOKENS[id]).join(' ');

/** How a captioner is taught. */
export interface LessonOptions {
  readonly sizes: CaptionerSizes;
  /** Pictures of a step. */
  readonly batch: number;
  readonly steps: number;
  readonly lr: number;
  /** Share of the words before that are hidden while training. */
  readonly hidden: number;
  readonly seed: number;
}

/** A model of such sizes, without weights. */
export const captionerOf = (sizes: CaptionerSizes): VisionEncoderDecoder =>
  visionEncoderDecoder.build(configOf(sizes), { names: () => new Array<string>(1000) });

/** A batch of new pictures, by its number: each with its caption. */
export function batchAt(step: number, { batch, seed }: LessonOptions): ImageBatch<CaptionedImage> {
  const random = new RandomStream(seed, `pictures of step ${step}`);
  const each = 3 * SIDE * SIDE;
  const pixels = new Float32Array(batch * each);
  const rows = Array.from({ length: batch }, (_, b): CaptionedImage => {
    const scene = drawScene(random);
    pixels.set(pixelsOf(scene), b * each);
    return {
      pixels: pixels.subarray(b * each, (b + 1) * each),
      caption: idsOf(taught(scene)),
    };
  });
  return { step, rows, pixels };
}

/**
 * First weights four times as large as GPT-2's and ViT's, which are for models ten times as wide: such a narrow one learns several times
 * sooner from them.
 */
async function spread(store: ParameterStore): Promise<void> {
  for (const [name, { shape }] of store.parameters) {
    if (shape.length < 2) continue;
    store.write(
      name,
      (await store.read(name)).map((x) => 4 * x),
    );
  }
}

/** A run of a lesson, and the batches for its `fit`. */
export async function lesson(
  device: Device,
  model: VisionEncoderDecoder,
  o: LessonOptions,
  more: Pick<RunOptions, 'signal' | 'onProgress' | 'reopen'> = {},
): Promise<
  { run: Run<ImageBatch<CaptionedImage>> } & Pick<FitOptions<ImageBatch<CaptionedImage>>, 'batches' | 'steps'>
> {
  const { batch, steps, lr, hidden, seed } = o;
  const pictures = { shape: [batch, 3, SIDE, SIDE], fingerprint: `drawn ${seed}` } as const;
  const { begin, end, unknown } = SPECIAL;
  const run = await Run.create({
    ...{ device, model, seed },
    objective: caption(pictures, {
      ...{ begin, end, length: LENGTH, seed },
      hidden: hidden > 0 ? { id: unknown, probability: hidden } : null,
    }),
    optimizer: new AdamW({ beta2: 0.98, weightDecay: 0.05 }),
    schedule: { kind: 'cosine', lr, minimum: lr / 50, warmup: Math.min(200, Math.ceil(steps / 10)), steps },
    ...more,
  });
  await spread(run.trainer.store);
  return { run, steps, batches: (micro) => batchAt(micro, o) };
}

/** How captions of one part of the pictures did. */
export interface Judged {
  readonly part: Part;
  readonly pictures: number;
  /** Share of captions that are true of their picture and name all of it. */
  readonly truth: number;
  /** Of the nearest of all true captions (BLEU, 0 to 100). */
  readonly bleu: number;
  readonly faults: Readonly<Record<Fault, number>>;
  readonly signature: string;
}

/** Captions of pictures that nobody was trained on, judged. `random` draws the same pictures for the same seed. */
export async function judgeCaptioner(
  device: Device,
  model: VisionEncoderDecoder,
  { pictures, seed = 0, parts = PARTS }: { pictures: number; seed?: number; parts?: readonly Part[] },
): Promise<Judged[]> {
  const { begin, end } = SPECIAL;
  using generator = new SequenceGenerator(device, model, { begin, end, sentences: 32, beams: 1 });
  const all: Judged[] = [];
  for (const part of parts) {
    const random = new RandomStream(seed, `pictures to judge by, ${part}`);
    const scenes = Array.from({ length: pictures }, () => drawScene(random, part));
    const found = await generator.generate(scenes.map(pixelsOf), { mode: 'greedy', tokens: LENGTH });
    const texts = found.map(([{ ids }]) => textOf(ids));
    const faults: Record<Fault, number> = { words: 0, count: 0, kind: 0, relation: 0 };
    const bleu = new BLEU();
    for (const [i, text] of texts.entries()) {
      const fault = faultOf(text, scenes[i]);
      if (fault) faults[fault]++;
      bleu.add(text, references(scenes[i]));
    }
    const wrong = Object.values(faults).reduce((a, b) => a + b, 0);
    const { score, signature } = bleu.result();
    all.push({ part, pictures, truth: 1 - wrong / pictures, bleu: score, faults, signature });
  }
  return all;
}
