import type { Shape } from '../graph/tensor';

/** Elements of a tensor: f32, or the bits of f16 (`Uint16Array`). */
export type WeightPiece = Float32Array | Uint16Array;

/** How a `WeightSource` is read. */
export interface WeightReadOptions {
  readonly signal?: AbortSignal;
}

/** Named tensors from anywhere: a safetensors file, a fixture, another store. */
export interface WeightSource {
  /** Reading in this order is fastest. */
  names(): readonly string[];
  info(name: string): { readonly shape: Shape; readonly dtype?: string };
  float32(name: string, options?: WeightReadOptions): Promise<Float32Array>;
  /**
   * The same in consecutive pieces of bounded size, so that memory never holds a large tensor as a whole. A piece may be a
   * view of the source's memory: do not write to it. Where this is missing, `float32` gives the only piece.
   */
  pieces?(name: string, options?: WeightReadOptions): AsyncIterable<WeightPiece>;
}

/** A tensor's elements in order, by the source's pieces if it has them. */
export async function* piecesOf(
  source: WeightSource,
  name: string,
  options: WeightReadOptions = {},
): AsyncGenerator<WeightPiece, void, undefined> {
  if (source.pieces) yield* source.pieces(name, options);
  else yield await source.float32(name, options);
}
