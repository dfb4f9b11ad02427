/**
 * A model that says what is in a picture: a ViT reads it, and a GPT whose layers attend to its patches, too, writes (Transformers'
 * VisionEncoderDecoderModel; Vinyals et al. 2015 for the task, Rothe et al. 2020 for such pairs).
 */
import {
  CrossAttention,
  Embedding,
  EngineError,
  expectOptions,
  LearnedPositions,
  Stack,
} from '../engine/index';
import { completeConfig, GPT_START, gptLayer, gptNorm, type CompleteGPTConfig, type GPTConfig } from './gpt';
import { Seq2SeqLM, type Seq2SeqLMConfig } from './seq2seq_lm';
import { VisionEncoder } from './vision_encoder';
import { vitParts, type CompleteViTConfig, type ViTConfig } from './vit';

/** Sizes and options of a `VisionEncoderDecoder`. */
export interface VisionEncoderDecoderConfig {
  /** Of what reads the picture. */
  readonly vision: ViTConfig;
  /** Of what writes. A width other than the encoder's brings a layer between them. */
  readonly text: GPTConfig;
}

/** With all defaults. */
export interface CompleteVisionEncoderDecoderConfig extends Seq2SeqLMConfig {
  readonly vision: CompleteViTConfig;
  readonly text: CompleteGPTConfig;
  /** Rows of a picture: those ahead of the patches, and the patches. */
  readonly sourceContext: number;
  /** [channels, H, W]. */
  readonly sourceShape: readonly number[];
}

const WHERE = 'VisionEncoderDecoder';

/**
 * ViT and GPT-2 as one: sources are pixels f32 (B, channels, H, W), normalised, as its image processor makes them; targets are ids.
 * All else is as of `Seq2SeqLM`. Lengths of sources are null: all patches are real.
 */
export class VisionEncoderDecoder extends Seq2SeqLM<CompleteVisionEncoderDecoderConfig> {
  /** Makes rows of a picture, and has no layers: those are `encoder`'s. */
  declare readonly reader: VisionEncoder<CompleteViTConfig>;

  /** Throws `ShapeError` or `EngineError` for numbers that cannot work. */
  constructor(config: VisionEncoderDecoderConfig) {
    const { vision: image, text } = config;
    expectOptions(WHERE, config, { vision: 0, text: 0 });
    const { stack: encoder, ...rows } = vitParts(image);
    const reader = new VisionEncoder({ ...rows, stack: new Stack([]) });
    const [c, vision] = [completeConfig(text), rows.config];
    const { vocabulary, context, width, heads, tied, embeddingDropout, padding, recompute } = c;
    if (c.ropeScaling?.type === 'dynamic') {
      const what = "the decoder's rotary positions scale with the length of its text";
      throw new EngineError(WHERE, what, 'Use another scaling, or learned positions.');
    }
    const sizes = {
      ...{ vocabulary, context, width, heads, tied },
      sourceContext: rows.positions.weight.shape[0],
      sourceShape: [vision.channels, ...vision.image],
    };
    const layers = Array.from({ length: c.layers }, () =>
      gptLayer(c, (options) => new CrossAttention(options)),
    );
    const parts = {
      ...{ ...sizes, embeddingDropout, reader, encoder, ...GPT_START },
      ...{ sourceWidth: vision.width, sourceDropout: 0 }, // the reader has its own
      tokens: new Embedding(vocabulary, width, { ...GPT_START, padding }),
      targetPositions: c.positions === 'learned' ? new LearnedPositions(context, width) : null,
      decoder: new Stack(layers, { norm: gptNorm(c), recompute }),
    };
    const full = { ...sizes, sourceVocabulary: vocabulary, vision, text: c };
    super(parts, { where: WHERE, config: full });
  }

  /** Patches along each axis of a picture. */
  get grid(): readonly [number, number] {
    return this.reader.grid;
  }
}
