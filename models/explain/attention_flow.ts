import { Graph, Plans, type Device, type Encoding } from '../../engine/index';
import { isSegmented, padded, roomOf, type ExplainedModel } from './gradients';

/** Attention of a text's layers, heads averaged: L maps (T, T), row by row, in float64. */
export class AttentionMaps implements Disposable {
  readonly #device: Device;
  readonly #model: ExplainedModel;
  readonly #plans = new Plans<number>();

  constructor(device: Device, model: ExplainedModel) {
    [this.#device, this.#model] = [device, model];
  }

  async of({ ids, segments }: Pick<Encoding, 'ids' | 'segments'>): Promise<Float64Array[]> {
    const [own, T] = [ids.length, roomOf(this.#model, ids.length)];
    const segmented = isSegmented(this.#model);
    const plan = await this.#plans.get(T, () => {
      const g = new Graph(this.#device, { label: 'explain' });
      const kinds = segmented ? { segments: g.input('segments', [1, T], 'u32') } : {};
      const lengths = g.input('lengths', [1], 'u32');
      return g.compile({ out: this.#model.forward(g, g.input('ids', [1, T], 'u32'), { lengths, ...kinds }) });
    });
    plan.run({
      ids: padded(ids, T),
      lengths: Uint32Array.of(own),
      ...(segmented && { segments: padded(segments, T) }),
    });
    const maps: Float64Array[] = [];
    for (let layer = 0; layer < plan.attentions.length; layer++) {
      const { shape, probabilities } = await plan.attention(layer, 'all');
      const [heads] = shape;
      const mean = new Float64Array(own * own);
      for (let h = 0; h < heads; h++)
        for (let i = 0; i < own; i++)
          for (let j = 0; j < own; j++) mean[i * own + j] += probabilities[(h * T + i) * T + j] / heads;
      maps.push(mean);
    }
    return maps;
  }

  [Symbol.dispose](): void {
    this.#plans[Symbol.dispose]();
  }
}
