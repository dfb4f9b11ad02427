import type { Size } from './protocol';

/** From a size that moves on a CPU to nanoGPT's ten million parameters. */
export const SIZES: readonly Size[] = [
  {
    id: 'tiny',
    layers: 2,
    heads: 2,
    width: 64,
    context: 32,
    batch: 8,
    rate: 4e-3,
    steps: 2000,
    evaluateEvery: 100,
  },
  {
    id: 'small',
    layers: 4,
    heads: 4,
    width: 128,
    context: 64,
    batch: 12,
    rate: 1e-3,
    steps: 3000,
    evaluateEvery: 250,
  },
  {
    id: 'medium',
    layers: 6,
    heads: 6,
    width: 192,
    context: 128,
    batch: 16,
    rate: 1e-3,
    steps: 5000,
    evaluateEvery: 250,
  },
  {
    id: 'large',
    layers: 6,
    heads: 6,
    width: 384,
    context: 256,
    batch: 16,
    rate: 6e-4,
    steps: 5000,
    evaluateEvery: 500,
  },
];

/** Parameters of a GPT with tied embeddings, without making one. */
export function countParameters(
  { layers, width, context }: Pick<Size, 'layers' | 'width' | 'context'>,
  vocabulary: number,
): number {
  const block = 12 * width * width + 13 * width;
  return (vocabulary + context) * width + layers * block + 2 * width;
}

/** A software adapter takes the smallest; a GPU learns visibly faster with the next. */
export function defaultSize(software: boolean): Size {
  return SIZES[software ? 0 : 1];
}

/** Tokens of a byte-level BPE vocabulary: small, so that a small model's output layer stays small. */
export const BPE_VOCABULARY = 1024;

export const sameShape = (a: Size, b: Size): boolean =>
  a.layers === b.layers &&
  a.heads === b.heads &&
  a.width === b.width &&
  a.context === b.context &&
  a.batch === b.batch;
