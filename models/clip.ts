/**
 * CLIP: an encoder of images and one of texts, which learnt to give an image and its caption nearby rows (Radford et al.
 * 2021). Classes that it was never trained on are texts, of which an image is nearest to one.
 */
import {
  add,
  crossEntropy,
  Embedding,
  exp,
  firstRow,
  LayerNorm,
  LearnedPositions,
  Linear,
  matmul,
  multiply,
  normalize,
  Parameter,
  scale,
  selectRows,
  Stack,
  transpose,
  type Activation,
  type Graph,
  type Tensor,
  type TextInput,
} from '../engine/index';
import { CausalBody, type CausalLMConfig } from './causal_body';
import { lengthsIn } from './option_checks';
import { VisionEncoder, type VisionEncoderInput } from './vision_encoder';
import { preNormLayers, VIT_INIT, vitParts, type CompleteViTConfig, type ViTConfig } from './vit';

/** Sizes and options of CLIP's encoder of texts. */
export interface ClipTextConfig {
  /** V. */
  readonly vocabulary: number;
  /** The longest text, in tokens. */
  readonly context: number;
  readonly layers: number;
  readonly heads: number;
  /** C: a multiple of `heads`. */
  readonly width: number;
  /** Width of the feed-forward layers. */
  readonly hidden: number;
  readonly activation: Activation;
  readonly attentionDropout: number;
  /** Added to variances. */
  readonly epsilon: number;
  /** E: width of the rows that texts and images share. */
  readonly projection: number;
}

/** The rows of texts, read from left to right. */
export class ClipText {
  readonly body: CausalBody<CausalLMConfig & ClipTextConfig>;
  /** (E, C). */
  readonly projection: Linear;

  /** Throws `ShapeError` or `EngineError` for numbers that cannot work. */
  constructor(c: ClipTextConfig) {
    const { vocabulary, context, width, epsilon } = c;
    const start = { init: VIT_INIT };
    const parts = {
      ...{ vocabulary, context, width, tied: true },
      tokens: new Embedding(vocabulary, width, start),
      positions: new LearnedPositions(context, width, start),
      stack: new Stack(preNormLayers({ ...c, causal: true }), { norm: new LayerNorm(width, { epsilon }) }),
    };
    this.body = new CausalBody(parts, { where: 'Clip', config: { ...c, tied: true } });
    this.projection = new Linear(width, c.projection, { bias: false, ...start });
  }

  get config(): CausalLMConfig & ClipTextConfig {
    return this.body.config;
  }

  /** ids u32 (B, T) -> what goes into each layer, then what comes out in the end, normalised, (B, T, C) each. */
  hidden(g: Graph, ids: Tensor, input: TextInput = {}): Tensor[] {
    return g.scope('body', () => this.body.hidden(g, ids, input));
  }

  /**
   * ids u32 (B, T), which end with the token for a text's end, and how many are real, u32 (B) (default all) -> (B, E), from
   * the row of that token. Transformers looks for the token by its id, and finds the same one.
   */
  forward(g: Graph, ids: Tensor, input: TextInput = {}): Tensor {
    const [B, T] = ids.shape;
    const lengths = lengthsIn('Clip', input) ?? g.constant('whole', [B], new Uint32Array(B).fill(T));
    const ends = selectRows(g, this.hidden(g, ids, input).at(-1)!, { lengths });
    return g.call(this, 'projection', ends);
  }
}

/** The rows of images. */
export class ClipVision {
  readonly encoder: VisionEncoder<CompleteViTConfig>;
  /** Of the first row, which stands for the image. */
  readonly norm: LayerNorm;
  /** (E, C). */
  readonly projection: Linear;

  /** `projection`: E. Throws `ShapeError` or `EngineError` for numbers that cannot work. */
  constructor(config: Omit<ViTConfig, 'normFirst' | 'patchBias' | 'tokens'>, projection: number) {
    this.encoder = new VisionEncoder(vitParts({ ...config, normFirst: true, patchBias: false }));
    const { width, epsilon } = this.encoder.config;
    this.norm = new LayerNorm(width, { epsilon });
    this.projection = new Linear(width, projection, { bias: false, init: VIT_INIT });
  }

  get config(): CompleteViTConfig {
    return this.encoder.config;
  }

  /** As `VisionEncoder.hidden`; no norm stands behind the last layer. */
  hidden(g: Graph, pixels: Tensor, input: VisionEncoderInput = {}): Tensor[] {
    return g.scope('encoder', () => this.encoder.hidden(g, pixels, input));
  }

  /** pixels f32 (B, 3, H, W), normalised -> (B, E). */
  forward(g: Graph, pixels: Tensor, input: VisionEncoderInput = {}): Tensor {
    const first = firstRow(g, this.hidden(g, pixels, input).at(-1)!);
    return g.call(this, 'projection', g.call(this, 'norm', first));
  }
}

/** Images and texts in one space. */
export class Clip {
  readonly text: ClipText;
  readonly vision: ClipVision;
  /** The logarithm of what cosines are multiplied by. */
  readonly logitScale: Parameter;

  /** `sharpness`: what cosines are multiplied by at first. Default 1 / 0.07. */
  constructor(text: ClipText, vision: ClipVision, options: { readonly sharpness?: number } = {}) {
    const { sharpness = 1 / 0.07 } = options;
    this.text = text;
    this.vision = vision;
    const begin = Math.log(sharpness);
    this.logitScale = new Parameter([], { decay: false, init: () => Float32Array.of(begin) });
  }

  /** That of its texts, with the sizes of its images. */
  get config(): CausalLMConfig & ClipTextConfig & Pick<CompleteViTConfig, 'image' | 'patch' | 'channels'> {
    const { image, patch, channels } = this.vision.config;
    return { ...this.text.config, image, patch, channels };
  }

  /** ids u32 (B, T) -> (B, E), of length 1: `ClipText.forward`, normalised. */
  textRows(g: Graph, ids: Tensor, input: TextInput = {}): Tensor {
    return normalize(g, g.call(this, 'text', ids, input));
  }

  /** pixels (B, 3, H, W) -> (B, E), of length 1. */
  imageRows(g: Graph, pixels: Tensor, input: VisionEncoderInput = {}): Tensor {
    return normalize(g, g.call(this, 'vision', pixels, input));
  }

  /** Rows of images (I, E) and of texts (T, E), of length 1 -> logits (I, T): cosines, sharpened. */
  similarity(g: Graph, images: Tensor, texts: Tensor): Tensor {
    const cosines = matmul(g, images, texts, { transposeB: true });
    return multiply(g, cosines, exp(g, g.use(this.logitScale)));
  }

  /** pixels (I, 3, H, W) and ids (T, L) with their `lengths` u32 (T) -> logits (I, T): how well each text fits each image. */
  forward(g: Graph, pixels: Tensor, ids: Tensor, input: TextInput & VisionEncoderInput = {}): Tensor {
    const { resizePositions = false, ...text } = input;
    return this.similarity(g, this.imageRows(g, pixels, { resizePositions }), this.textRows(g, ids, text));
  }

  /**
   * Finding the text of each image among those of the batch, and the image of each text: the mean of both cross-entropies.
   * pixels (B, 3, H, W), ids (B, T), `lengths` u32 (B) -> scalar.
   */
  loss(g: Graph, pixels: Tensor, ids: Tensor, input: TextInput & VisionEncoderInput = {}): Tensor {
    const logits = this.forward(g, pixels, ids, input);
    const B = logits.shape[0];
    const own = g.constant(
      'own',
      [B],
      Uint32Array.from({ length: B }, (_, i) => i),
    );
    const [ofTexts, ofImages] = [transpose(g, logits), logits].map((x) => crossEntropy(g, x, own));
    return scale(g, add(g, ofTexts, ofImages), 0.5);
  }
}
