/**
 * What reads an image as a sequence of patches, put together of blocks that a family chooses: ViT, DeiT and the image side
 * of CLIP are such. `vitParts` puts ViT's together; heads are in vision_heads.ts.
 */
import {
  add,
  concat,
  dropout,
  EngineError,
  expectOptions,
  formatShape,
  type LearnedPositions,
  resizeTable,
  ShapeError,
  slice,
  type Convolution,
  type Embedding,
  type Graph,
  type Norm,
  type Stack,
  type Tensor,
} from '../engine/index';

/** What heads go by. */
export interface VisionEncoderConfig {
  /** [H, W] of an image, in pixels. */
  readonly image: readonly [number, number];
  /** [H, W] of a patch. What is left over below and on the right of the last patch is not read. */
  readonly patch: readonly [number, number];
  /** Numbers of a pixel: 3 of RGB. */
  readonly channels: number;
  /** C: width of the residual stream. */
  readonly width: number;
  /** Probability of dropping a number of the embeddings while training. */
  readonly dropout: number;
  /** Added to variances. */
  readonly epsilon: number;
}

/** What `VisionEncoder` is made of. */
export interface VisionEncoderParts<C extends VisionEncoderConfig = VisionEncoderConfig> {
  readonly config: C;
  /** Patches to rows. */
  readonly patches: Convolution;
  /** (K, C): rows ahead of the patches, such as the one that classes are read from. */
  readonly tokens: Embedding;
  /** (K + N, C), N being the patches of an image. */
  readonly positions: LearnedPositions;
  /** Of the embeddings (CLIP). Default null: none. */
  readonly norm?: Norm | null;
  readonly stack: Stack;
}

/** How an image is read. */
export interface VisionEncoderInput {
  /**
   * Whether images of another size than the model's are read, with its positions resized (bicubic) to their grid, as
   * Transformers' `interpolate_pos_encoding`. Default false: they are refused.
   */
  readonly resizePositions?: boolean;
}

/** A model that reads images by patches, made of parts (Dosovitskiy et al. 2021). */
export class VisionEncoder<C extends VisionEncoderConfig = VisionEncoderConfig> {
  readonly config: C;
  readonly patches: Convolution;
  readonly tokens: Embedding;
  readonly positions: LearnedPositions;
  readonly norm: Norm | null;
  readonly stack: Stack;

  constructor(parts: VisionEncoderParts<C>) {
    const { config, patches, tokens, positions, norm = null, stack } = parts;
    expectOptions('VisionEncoder', parts, { config, patches, tokens, positions, norm, stack });
    this.config = config;
    this.patches = patches;
    this.tokens = tokens;
    this.positions = positions;
    this.norm = norm;
    this.stack = stack;
  }

  /** pixels f32 (B, 3, H, W), normalised -> rows (B, K + N, C): those ahead of the patches, then the patches row by row. */
  forward(g: Graph, pixels: Tensor, input: VisionEncoderInput = {}): Tensor {
    return this.hidden(g, pixels, input).at(-1)!;
  }

  /**
   * pixels (B, 3, H, W) -> what goes into each layer, then what comes out in the end, behind the last norm, (B, K + N, C)
   * each. (The last of Transformers' `hidden_states` is the row ahead of that norm, which it calls `last_hidden_state` behind it.)
   */
  hidden(g: Graph, pixels: Tensor, input: VisionEncoderInput = {}): Tensor[] {
    const { resizePositions = false } = input;
    expectOptions('VisionEncoder', input, { resizePositions });
    const grid = this.#grid(pixels, resizePositions);
    const B = pixels.shape[0];
    const { width, dropout: p } = this.config;
    const rows = g.view(g.call(this, 'patches', pixels), [B, grid[0] * grid[1], width]);
    const K = this.tokens.weight.shape[0];
    const ids = Uint32Array.from({ length: B * K }, (_, i) => i % K);
    const all = concat(g, [g.call(this, 'tokens', g.constant('tokens', [B, K], ids)), rows], 1);
    const placed = this.#placed(g, all, K, grid);
    const normed = this.norm ? g.call(this, 'norm', placed) : placed;
    const x = g.drops && p > 0 ? dropout(g, normed, p) : normed;
    return g.scope('stack', () => this.stack.hidden(g, x));
  }

  /** Patches along each axis of the model's own images. */
  get grid(): readonly [number, number] {
    return gridOf(this.config, this.config.image);
  }

  #placed(g: Graph, x: Tensor, K: number, grid: readonly [number, number]): Tensor {
    const own = this.grid;
    if (grid[0] === own[0] && grid[1] === own[1]) return g.call(this, 'positions', x);
    return g.scope('positions', () => {
      const table = g.use(this.positions.weight);
      const patches = slice(g, table, 0, K, own[0] * own[1]);
      const resized = resizeTable(g, patches, { from: own, to: grid });
      return add(g, x, concat(g, [slice(g, table, 0, 0, K), resized], 0));
    });
  }

  /** The patches along each axis of the images that are given. */
  #grid(pixels: Tensor, resize: boolean): readonly [number, number] {
    const { image, channels, patch } = this.config;
    const [, c, h = 0, w = 0] = pixels.shape;
    const wanted = `(B, ${channels}, ${image.join(', ')})`;
    if (pixels.shape.length !== 4 || c !== channels) {
      throw new ShapeError('VisionEncoder', `pixels are ${formatShape(pixels.shape)}`, `Give ${wanted}.`);
    }
    if (h === image[0] && w === image[1]) return this.grid;
    if (!resize) {
      const todo = `Give ${wanted}, as its image processor makes them, or say resizePositions.`;
      throw new ShapeError('VisionEncoder', `images are ${h} × ${w} pixels`, todo);
    }
    if (h < patch[0] || w < patch[1]) {
      const what = `images of ${h} × ${w} pixels have no patch of ${patch.join(' × ')}`;
      throw new ShapeError('VisionEncoder', what, 'Give larger ones.');
    }
    return gridOf(this.config, [h, w]);
  }
}

/** Patches along each axis of an image. Throws `EngineError` for a patch that is larger. */
export function gridOf(
  { patch }: Pick<VisionEncoderConfig, 'patch'>,
  image: readonly [number, number],
): readonly [number, number] {
  const grid = [Math.floor(image[0] / patch[0]), Math.floor(image[1] / patch[1])] as const;
  if (grid.every((n) => n > 0)) return grid;
  const what = `images of ${image.join(' × ')} have no patch of ${patch.join(' × ')}`;
  throw new EngineError('VisionEncoder', what, 'Use smaller patches.');
}
