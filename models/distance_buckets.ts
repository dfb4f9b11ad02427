import { bucketBias, normal, Parameter, t5Bucket, type AttentionBias, type Graph } from '../engine/index';

/**
 * What attention adds to logits by how far apart query and key are: a number for each bucket of distances and each head, as
 * T5's in both directions (Raffel et al. 2020), which all layers share (MPNet, Song et al. 2020).
 */
export class DistanceBuckets {
  /** (buckets, H). */
  readonly weight: Parameter;
  readonly #buckets: number;

  constructor(heads: number, buckets = 32) {
    this.weight = new Parameter([buckets, heads], { init: normal(0.02) });
    this.#buckets = buckets;
  }

  bias(g: Graph): AttentionBias {
    return bucketBias(g.use(this.weight), (distance) => t5Bucket(distance, { buckets: this.#buckets }));
  }
}
