import { DataError } from '../errors';
import { sameShape } from '../graph/tensor';
import { float16ToFloat32, float32ToFloat16 } from '../io/half';
import { openSafetensors, type NamedTensor } from '../io/safetensors';
import { inTodaysNames } from '../nn/former_names';
import type { ParameterStore } from '../nn/parameter_store';
import type { WeightSource } from '../nn/weight_source';
import { meanOfWeights } from './average';
import { checkpointInfo, isTrainingState, snapshotName, snapshotStep } from './checkpoint';

interface Snapshot {
  readonly step: number;
  readonly tensors: ReadonlyMap<string, HalfTensor>;
}

interface HalfTensor {
  readonly shape: readonly number[];
  readonly half: Uint16Array;
}

/** The mean of the weights of several evaluations. */
export interface AveragedWeights {
  /** Of the evaluations, in order. */
  readonly steps: readonly number[];
  /** A safetensors file as `averageWeights` makes it. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Weights of the last evaluations of a run, for their mean. Every checkpoint carries them, so that a run that was
 * resumed has the mean of one that was not; rounded to F16, so that four of them are as large as the two moments.
 */
export class WeightSnapshots {
  /** Oldest first. */
  #kept: Snapshot[] = [];
  #limit = Infinity;

  /**
   * Those of a checkpoint of `model`, its own weights among them where an evaluation was of these. Throws a DataError for a file
   * that is none, or that lacks a part.
   */
  static async read(file: Uint8Array<ArrayBuffer>, model: object): Promise<WeightSnapshots> {
    const source = inTodaysNames(await openSafetensors(file), model);
    const { step, progress } = await checkpointInfo(file);
    const names = new Set(source.names());
    const weights = [...names].filter((name) => !isTrainingState(name));
    const steps = new Set([...names].flatMap((name) => snapshotStep(name) ?? []));
    const snapshots = new WeightSnapshots();
    for (const at of [...steps].sort((a, b) => a - b)) {
      const tensors = new Map<string, HalfTensor>();
      for (const name of weights) {
        const { shape } = source.info(name);
        const own = snapshotName(at, name);
        const found = names.has(own) ? source.info(own) : null;
        if (found?.dtype !== 'F16' || !sameShape(found.shape, shape)) {
          const what = `${name} of the evaluation at step ${at} is ${found ? 'of another shape' : 'missing'}`;
          throw new DataError('checkpoint', what, 'The file is damaged: use another copy.');
        }
        // A copy: a view would keep the whole file in memory.
        tensors.set(name, { shape, half: new Uint16Array((await source.bytes(own)).slice().buffer) });
      }
      snapshots.#kept.push({ step: at, tensors });
    }
    if (progress?.evaluated === step) {
      const tensors = new Map<string, HalfTensor>();
      for (const name of weights) {
        const half = float32ToFloat16(await source.float32(name));
        tensors.set(name, { shape: source.info(name).shape, half });
      }
      snapshots.#kept.push({ step, tensors });
    }
    return snapshots;
  }

  /** At most so many from now on, the newest; one is none, since the mean of one is what stands anyway. */
  limit(count: number): void {
    this.#limit = count;
    this.#kept = count > 1 ? this.#kept.slice(-count) : [];
  }

  /** Takes the weights as they are after `step` updates. */
  async take(step: number, store: ParameterStore): Promise<void> {
    if (this.#limit <= 1) return;
    const weights = await store.readAll('weights');
    const tensors = new Map(
      [...weights].map(([name, data]) => [
        name,
        { shape: store.parameters.get(name)!.shape, half: float32ToFloat16(data) },
      ]),
    );
    this.#kept.push({ step, tensors });
    this.limit(this.#limit);
  }

  /** What a checkpoint at `step` must carry, so that with the next evaluation there are as many as there would be. */
  tensorsAt(step: number): NamedTensor[] {
    const earlier = this.#kept.filter((snapshot) => snapshot.step < step);
    return earlier.slice(-Math.max(1, this.#limit - 1)).flatMap(({ step: at, tensors }) =>
      [...tensors].map(([name, { shape, half }]) => ({
        name: snapshotName(at, name),
        dtype: 'F16' as const,
        shape,
        data: half,
      })),
    );
  }

  /** Null for fewer than two. `metadata` becomes the file's. */
  async mean(metadata: Readonly<Record<string, string>>): Promise<AveragedWeights | null> {
    if (this.#kept.length < 2) return null;
    const sources = this.#kept.map(({ tensors }): WeightSource => ({
      names: () => [...tensors.keys()],
      info: (name) => tensors.get(name)!,
      float32: (name) => Promise.resolve(float16ToFloat32(tensors.get(name)!.half)),
    }));
    return {
      steps: this.#kept.map(({ step }) => step),
      bytes: await meanOfWeights(sources, metadata),
    };
  }
}
