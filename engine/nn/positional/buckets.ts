import { expectOptions } from '../../errors';
import type { Graph } from '../../graph/graph';
import type { DistanceBias } from '../../shaders/attention/bias/bias';
import { bucketBias } from '../../shaders/attention/bias/bias_buckets';
import { normal, type Init } from '../init';
import { Parameter } from '../parameter';
import { t5Bucket, type BucketOptions } from './t5';

/** What `DistanceBuckets` is made of. */
export interface DistanceBucketsConfig extends BucketOptions {
  /** H. */
  readonly heads: number;
  /** First values. Default N(0, 1), as of PyTorch's embeddings. */
  readonly init?: Init;
}

/**
 * A learned number for each bucket of distances and each head, which is added to the logits of attention (T5; Raffel et al.
 * 2020, 2.1). Layers may share it, see `StackOptions.distances`.
 */
export class DistanceBuckets {
  /** (buckets, H). */
  readonly weight: Parameter;
  readonly #options: BucketOptions;

  /** Throws `ShapeError` for buckets that do not divide. */
  constructor(config: DistanceBucketsConfig) {
    const { heads, init = normal(1), bidirectional = true, buckets = 32, maxDistance = 128 } = config;
    expectOptions('DistanceBuckets', config, { heads, init, bidirectional, buckets, maxDistance });
    this.#options = { bidirectional, buckets, maxDistance };
    t5Bucket(0, this.#options); // or throws
    this.weight = new Parameter([buckets, heads], { init });
  }

  bias(g: Graph): DistanceBias {
    return bucketBias(g.use(this.weight), (distance) => t5Bucket(distance, this.#options));
  }
}
