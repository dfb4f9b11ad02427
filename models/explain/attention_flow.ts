import { Graph, Plans, type Device, type Encoding } from '../../engine/index';
import { meanMaps } from './rollout';
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
    return meanMaps(plan, own);
  }

  [Symbol.dispose](): void {
    this.#plans[Symbol.dispose]();
  }
}
