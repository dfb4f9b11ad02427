import { describe, expect, it } from 'vitest';
import { Embedding } from './embedding';
import { ones, RandomStream } from './init';

describe('Embedding', () => {
  it("starts with zeros in padding's row, as PyTorch's padding_idx", () => {
    const { weight } = new Embedding(3, 2, { init: ones, padding: 1 });
    expect([...weight.init(6, new RandomStream(0, 'x'))]).toEqual([1, 1, 0, 0, 1, 1]);
    const plain = new Embedding(3, 2, { init: ones }).weight;
    expect([...plain.init(6, new RandomStream(0, 'x'))]).toEqual([1, 1, 1, 1, 1, 1]);
  });

  it.each([-1, 3, 0.5])('refuses padding %d', (padding) => {
    expect(() => new Embedding(3, 2, { padding })).toThrow(
      `Embedding: padding is ${padding}. It must be an id below 3.`,
    );
  });
});
