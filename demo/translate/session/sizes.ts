import { encoderDecoderPresets } from '../../../models/encoder_decoder_config';
import type { SizeId } from './protocol';

/** A model's shape and how it is trained. */
export interface Size {
  readonly id: SizeId;
  readonly layers: number;
  readonly width: number;
  /** Weights without the embedding, which depends on the vocabulary. */
  readonly weights: number;
  /** Peak learning rate, and updates in all. */
  readonly rate: number;
  readonly steps: number;
  /** Updates between evaluations, on a GPU. */
  readonly evaluateEvery: number;
}

const size = (id: SizeId, rest: Omit<Size, 'id' | 'layers' | 'width' | 'weights'>): Size => {
  const { encoderLayers: layers, width, hidden } = encoderDecoderPresets[id];
  const feedForward = 2 * width * hidden + width + hidden;
  const attention = 4 * width * width + 4 * width;
  const norms = 2 * width;
  const weights = layers * (3 * attention + 2 * feedForward + 5 * norms) + 2 * norms;
  return { id, layers, width, weights, ...rest };
};

export const SIZES: readonly Size[] = [
  size('tiny', { rate: 3e-3, steps: 3000, evaluateEvery: 200 }),
  size('small', { rate: 2e-3, steps: 10_000, evaluateEvery: 500 }),
];

/** A software adapter takes the smallest; a GPU learns much better with the next. */
export const defaultSize = (software: boolean): Size => SIZES[software ? 0 : 1];
export const sizeOf = (id: SizeId): Size => SIZES.find((one) => one.id === id) ?? SIZES[0];
