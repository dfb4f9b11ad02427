// Layers' own initial weights learn: a width of 2 is no width of 768.
import { expect, it } from 'vitest';
import {
  activation,
  AdamW,
  crossEntropy,
  Device,
  Linear,
  Trainer,
  type Graph,
  type Objective,
} from '../../engine/index';
import { openTestGpu } from '../harness/host';

/** (x₁, x₂) -> 16 -> which of two classes x₁ xor x₂ is. */
class Xor {
  readonly config = {};
  readonly a = new Linear(2, 16);
  readonly b = new Linear(16, 2);
  readonly objective: Objective<null> = {
    shapes: 1,
    identity: {},
    record: (g: Graph) => {
      const h = activation(g, this.a.forward(g, g.input('x', [4, 2], 'f32')), 'relu');
      return crossEntropy(g, this.b.forward(g, h), g.input('y', [4], 'u32', { below: 2 }));
    },
    feed: () => ({
      shape: 0,
      inputs: { x: Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1), y: Uint32Array.of(0, 1, 1, 0) },
      labels: 4,
      tokens: 4,
    }),
  };
}

it('XOR is learnt from the default weights, whatever the seed', async () => {
  using device = await Device.open({ gpu: openTestGpu() });
  for (const seed of [0, 1, 2, 3]) {
    // with N(0, 0.02), 2 stays at ½ ln 2
    const model = new Xor();
    const { objective } = model;
    const schedule = { kind: 'constant', lr: 0.03 } as const;
    using trainer = await Trainer.create<null>({
      ...{ device, model, objective, schedule, seed },
      optimizer: new AdamW({ weightDecay: 0 }),
    });
    let loss = NaN;
    for (let i = 0; i < 5; i++) {
      for (let k = 0; k < 60; k++) trainer.submit(() => null);
      ({ loss } = (await trainer.losses()).at(-1)!);
    }
    expect(loss, `seed ${seed}`).toBeLessThan(0.02);
  }
});
