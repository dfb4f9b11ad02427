/**
 * ViT: an image is cut into patches, each becomes a row, and an encoder reads them with a row ahead that classes are read
 * from (Dosovitskiy et al. 2021). DeiT adds a second such row, which learns from a teacher (Touvron et al. 2021).
 */
import {
  Attention,
  Convolution,
  Embedding,
  expectActivation,
  expectOptions,
  FeedForward,
  LayerNorm,
  LearnedPositions,
  normal,
  Stack,
  TransformerLayer,
  type Activation,
} from '../engine/index';
import { checkEach, definedOf, expectKinds, expectRates, expectSizes, isWhole } from './option_checks';
import { gridOf, type VisionEncoderParts } from './vision_encoder';

/** First values of ViT's weights. */
export const VIT_INIT = normal(0.02);

/** Sizes and options of a ViT. */
export interface ViTConfig {
  /** [H, W] of an image in pixels. Default 224 × 224. */
  readonly image?: readonly [number, number];
  /** [H, W] of a patch. Default 16 × 16. */
  readonly patch?: readonly [number, number];
  /** Numbers of a pixel. Default 3. */
  readonly channels?: number;
  /** Rows ahead of the patches: 1 of ViT, 2 of DeiT. Default 1. */
  readonly tokens?: number;
  readonly layers: number;
  readonly heads: number;
  /** C: width of the residual stream; a multiple of `heads`. */
  readonly width: number;
  /** Width of the feed-forward layers. Default 4 × width. */
  readonly hidden?: number;
  /** Default 'gelu'. */
  readonly activation?: Activation;
  /** Biases of queries, keys and values. Default true. */
  readonly attentionBias?: boolean;
  /** Biases of the patches' layer. Default true. */
  readonly patchBias?: boolean;
  /** Norms of the embeddings, ahead of the first layer, and none behind the last (CLIP). Default false. */
  readonly normFirst?: boolean;
  /** Probability of dropping a number of the embeddings and of each sublayer's output while training. Default 0. */
  readonly dropout?: number;
  /** Probability of dropping an attention weight while training. Default 0. */
  readonly attentionDropout?: number;
  /** Added to variances. Default 1e-12. */
  readonly epsilon?: number;
  /** See `StackOptions.recompute`. Default false. */
  readonly recompute?: boolean;
}

/** With all defaults. */
export type CompleteViTConfig = Required<ViTConfig>;

/** With all defaults. Throws `ShapeError` or `EngineError` for numbers that cannot work. */
function complete(config: ViTConfig): CompleteViTConfig {
  const defaults = {
    ...({ image: [224, 224], patch: [16, 16], channels: 3, tokens: 1, hidden: 4 * config.width } as const),
    ...({ activation: 'gelu', attentionBias: true, patchBias: true, normFirst: false } as const),
    ...{ dropout: 0, attentionDropout: 0, epsilon: 1e-12, recompute: false },
  };
  expectOptions('ViT', config, { layers: 0, heads: 0, width: 0, ...defaults });
  const full: CompleteViTConfig = { ...defaults, ...definedOf(config) } as CompleteViTConfig;
  const flags = [true, false];
  expectKinds('ViT', full, { attentionBias: flags, patchBias: flags, normFirst: flags, recompute: flags });
  expectSizes('ViT', full, ['channels', 'tokens', 'layers', 'heads', 'width', 'hidden']);
  const pair = (given: readonly number[]): boolean =>
    Array.isArray(given) && given.length === 2 && given.every((n) => isWhole(n, 1, 2 ** 16));
  const todo = 'Give height and width in pixels, from 1 to 65536.';
  checkEach('ViT', [
    ['image', full.image, pair(full.image), todo],
    ['patch', full.patch, pair(full.patch), todo],
  ]);
  expectActivation('ViT', full.activation);
  expectRates('ViT', full, ['dropout', 'attentionDropout']);
  return full;
}

/** What a layer of `preNormLayers` is made of, and how many there are. */
type PreNormConfig = Pick<
  CompleteViTConfig,
  'layers' | 'heads' | 'width' | 'hidden' | 'activation' | 'attentionDropout' | 'epsilon'
> &
  Partial<Pick<CompleteViTConfig, 'dropout' | 'attentionBias'>> & { readonly causal?: boolean };

/** The layers of ViT, and of both sides of CLIP: norms ahead of attention and feed-forward. */
export function preNormLayers(c: PreNormConfig): TransformerLayer[] {
  const { width, heads, hidden, activation, attentionDropout, epsilon } = c;
  const { dropout = 0, attentionBias: bias = true, causal = false } = c;
  const shared = { width, dropout, init: VIT_INIT };
  return Array.from(
    { length: c.layers },
    () =>
      new TransformerLayer({
        attention: new Attention({ ...shared, heads, causal, attentionDropout, bias, outputBias: true }),
        feedForward: new FeedForward({ ...shared, hidden, activation }),
        ...{ norm: () => new LayerNorm(width, { epsilon }), order: 'pre' },
      }),
  );
}

/**
 * What a ViT is made of, for its heads: `new VisionClassifier(vitParts({ … }), { labels })`. Throws `ShapeError` or
 * `EngineError` for numbers that cannot work.
 */
export function vitParts(config: ViTConfig): VisionEncoderParts<CompleteViTConfig> {
  const c = complete(config);
  const { width, epsilon, tokens } = c;
  const [down, across] = gridOf(c, c.image);
  const start = { init: VIT_INIT };
  const norm = (): LayerNorm => new LayerNorm(width, { epsilon });
  const layers = preNormLayers(c);
  return {
    config: c,
    patches: new Convolution({
      ...{
        inputs: c.channels,
        outputs: width,
        kernel: c.patch,
        stride: c.patch,
        bias: c.patchBias,
        ...start,
      },
    }),
    tokens: new Embedding(tokens, width, start),
    positions: new LearnedPositions(tokens + down * across, width, start),
    norm: c.normFirst ? norm() : null,
    stack: new Stack(layers, { norm: c.normFirst ? null : norm(), recompute: c.recompute }),
  };
}
