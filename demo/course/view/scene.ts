import type { CourseInfo, Walk } from '../session/protocol';

/** What all chapters are about: a text on its way through the model, and what of it is looked at. */
export interface Scene {
  readonly info: CourseInfo;
  readonly walk: Walk;
  /** Texts of its tokens. */
  readonly texts: readonly string[];
  /** Place of the token that is looked at. */
  readonly at: number;
  readonly layer: number;
  readonly head: number;
  /** A recording: other texts cannot be read. */
  readonly recorded: boolean;
}

/** Numbers of a head in one row of a layer's `qkv`, (T, 3·C). */
export function partOf(
  { info: { heads, width }, walk }: Scene,
  which: 'query' | 'key' | 'value',
  { layer, head, at }: { readonly layer: number; readonly head: number; readonly at: number },
): Float32Array {
  const size = width / heads;
  const from = 3 * width * at + { query: 0, key: 1, value: 2 }[which] * width + head * size;
  return walk.qkv[layer].subarray(from, from + size);
}

/** q · k / √D of the token that is looked at, with each token up to it. */
export function scoresOf(scene: Scene): number[] {
  const query = partOf(scene, 'query', scene);
  return Array.from({ length: scene.at + 1 }, (_, at) => {
    const key = partOf(scene, 'key', { ...scene, at });
    return query.reduce((sum, x, i) => sum + x * key[i], 0) / Math.sqrt(query.length);
  });
}
