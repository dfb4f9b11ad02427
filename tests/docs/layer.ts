import { Linear, selfAttention, type Graph, type Tensor } from '../../engine/index';

/** As in Mistral: four query heads of 8 that share two key heads, rotary positions, a sliding window. */
export class SelfAttention {
  readonly qkv = new Linear(32, (4 + 2 * 2) * 8, { bias: false });
  readonly out = new Linear(32, 32, { bias: false });

  /** x (B, T, 32), lengths u32 (B): how many of the T tokens are real -> (B, T, 32). */
  forward(g: Graph, x: Tensor, lengths: Tensor): Tensor {
    const y = selfAttention(g, this.qkv.forward(g, x), {
      heads: 4,
      keyValueHeads: 2,
      causal: true,
      window: 5,
      rope: { theta: 10_000 },
      lengths,
    });
    return this.out.forward(g, y);
  }
}
