/** What the page See and its session say to each other. */
import type { AdapterSummary } from '../../session/protocol';

/** A word of a caption, and the patches that it was written from. */
export interface SeenText {
  readonly text: string;
  /** Shares of attention, row by row: of the encoder's last rows, and followed back through its layers. */
  readonly last: Float64Array;
  readonly through: Float64Array;
}

/** What a model says of a picture. */
export interface Said {
  readonly text: string;
  readonly words: readonly SeenText[];
  /** Patches down and across. */
  readonly grid: readonly [number, number];
  /** Pixels that the model read, [height, width]. */
  readonly size: readonly [number, number];
}

/** RGBA bytes. */
export interface Drawn {
  readonly data: Uint8ClampedArray<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
}

export type SeeEvent =
  { readonly kind: 'adapter'; readonly adapter: AdapterSummary } | { readonly kind: 'recovered' };
