// Models that recompute train to the same bits as those that keep everything, dropout and attention maps included.
import { describe, expect, it } from 'vitest';
import {
  AdamW,
  type Device,
  type Graph,
  nextToken,
  ParameterStore,
  randomWindows,
  Trainer,
  type Tensor,
} from '../../engine/index';
import { EncoderDecoder, GPT } from '../../models/index';
import { withDevice } from '../harness/device';
import { gradientsOf } from './parity';

const [B, T, V] = [2, 12, 19];
const tokens = Uint32Array.from({ length: 400 }, (_, i) => (i * i + 3 * i) % V);

let device: Device;
withDevice((opened) => (device = opened));

describe('recompute', () => {
  it('GPT: losses, weights and maps of three steps in two parts each', async () => {
    const train = async (recompute: boolean) => {
      using trainer = await Trainer.create({
        device,
        model: new GPT({
          vocabulary: V,
          context: T,
          layers: 2,
          heads: 2,
          width: 16,
          dropout: 0.1,
          recompute,
        }),
        optimizer: new AdamW(),
        schedule: { kind: 'constant', lr: 1e-2 },
        objective: nextToken({ batch: B, length: T }),
        accumulate: 2,
        seed: 3,
      });
      const source = randomWindows(tokens, { batch: B, length: T, seed: 4 });
      for (let i = 0; i < 3; i++) trainer.submit(source);
      const losses = await trainer.losses();
      const { plan, store } = trainer;
      const weights: Record<string, Float32Array> = {};
      for (const name of store.parameters.keys()) weights[name] = await store.read(name);
      const maps = [
        await plan.attention('stack.layers.0.attention', 'all', { batch: 1, gradient: true }),
        await plan.attention(1, 'mean', { rows: [3, 7] }),
      ];
      const entropy = await plan.attentionEntropy(1);
      const listed = plan.attentions.map(({ label }) => label);
      const seen = maps.map(({ probabilities, gradient }) => ({ probabilities, gradient }));
      return { bytes: plan.memory.activations, result: { losses, weights, seen, entropy, listed } };
    };
    const [kept, again] = [await train(false), await train(true)];
    expect(again.result).toEqual(kept.result);
    expect(again.result.listed).toEqual(['stack.layers.0.attention', 'stack.layers.1.attention']);
    expect(again.result.seen[0].gradient!.some((x) => x !== 0)).toBe(true);
    expect(again.bytes).toBeLessThan(kept.bytes);
  });

  it('EncoderDecoder: loss and every gradient', async () => {
    const train = async (recompute: boolean) => {
      const model = new EncoderDecoder({
        ...{ vocabulary: V, context: T, encoderLayers: 2, decoderLayers: 2, heads: 2, width: 16, recompute },
        ...{ dropout: 0.1, attentionDropout: 0.1 },
      });
      using store = new ParameterStore(device, model, { seed: 5 });
      const record = (g: Graph): Tensor => {
        const rows = (name: string) => g.input(name, [B, T], 'u32');
        const lengths = g.input('lengths', [B], 'u32');
        return model.loss(g, rows('source'), lengths, rows('target'), rows('labels'));
      };
      const [source, target, labels] = [0, 50, 51].map((at) => tokens.slice(at, at + B * T));
      const inputs = { source, target, labels, lengths: Uint32Array.of(T, 7) };
      return await gradientsOf(store, record, inputs, { seed: 9, index: 2 });
    };
    const [kept, again] = [await train(false), await train(true)];
    expect(again).toEqual(kept);
    expect(Number.isFinite(again.loss)).toBe(true);
    expect(again.gradients.size).toBeGreaterThan(0);
  });
});
