/**
 * Attention on demand where the keys lie in caches: the map of the newest rows over what is cached. Loaded as maps.ts is.
 */
import { ShapeError } from '../../../errors';
import type { Graph } from '../../../graph/graph';
import type { LookRequest, RunInfo } from '../../../graph/probe';
import type { Place } from '../../../graph/slice';
import step from '../../../graph/step.wgsl';
import type { Tensor } from '../../../graph/tensor';
import { linkedKernels, type Kernel } from '../../../runtime/kernel';
import { byCapability } from '../../../runtime/shader';
import hidden from '../../lib/hidden.wgsl';
import reduce from '../../lib/reduce.wgsl';
import reduceSubgroups from '../../lib/reduce_subgroups.wgsl';
import keysWgsl from '../cache/decode_keys.wgsl';
import { askWords, checkQuery, expectRoom, type Asked } from './maps';
import { AttentionMap, type AttentionEntropy } from './attention_map';
import type { AttentionQuery, HeadChoice } from './probe';
import type { ShownDecode } from './shown';
import pack1 from '../tile/pack1.wgsl';
import pack4 from '../tile/pack4.wgsl';
import decodeWgsl from './probabilities_decode.wgsl';
import tangent from '../tile/tangent.wgsl';
import { dispatchTiles, SLOWNESS } from '../tile/work';

const reductions = byCapability({ base: reduce, subgroups: reduceSubgroups });
const kernels = linkedKernels();

const kernelOf = ({ wide, linked, form }: ShownDecode): Kernel =>
  kernels(`attention.probabilities_decode ${wide ? 'wide' : 'narrow'} ${form}`, [
    wide ? pack4 : pack1,
    ...[keysWgsl, hidden, decodeWgsl, ...linked, reductions, tangent, step],
  ]);

function dispatch(
  g: Graph,
  shown: ShownDecode,
  ask: Tensor,
  map: Tensor,
  grid: readonly [rows: number, heads: number, sequences: number],
  entropy: boolean,
): void {
  const { q, keys, bind, uniforms, constants, capacity, width } = shown;
  const [rows, heads, sequences] = grid;
  dispatchTiles(
    g,
    kernelOf(shown),
    { q, k: keys, ask, map, ...bind },
    {
      uniforms,
      constants: { ...constants, ENTROPY: entropy },
      work: new Array<number>(rows).fill(2 * heads * sequences * capacity * width),
      products: 2,
      slowness: SLOWNESS,
      grid: (count) => [count, heads, sequences],
    },
  );
}

/** The request for maps of `shown`; throws ShapeError for what it does not have. */
export function mapDecodeRequest(
  where: string,
  shown: ShownDecode,
  place: Place,
  choice: HeadChoice,
  query: AttentionQuery,
): LookRequest<AttentionMap> {
  const { T, capacity: S, causal } = shown;
  if (query.gradient) {
    throw new ShapeError(where, 'attention to caches has no gradient', 'Ask a plan that trains.');
  }
  const asked: Asked = checkQuery(where, shown, choice, query);
  const { maps, heads } = asked;
  const rowsOf = ({ length }: RunInfo): readonly [from: number, to: number] =>
    asked.rows ?? [0, causal && length > 0 ? Math.min(T, length) : T];
  return {
    ...shown.look(place, (g, last) => {
      const [from, to] = rowsOf(last);
      expectRoom(where, g, maps, to - from, S);
      const map = g.value('probabilities', [maps * (to - from) * S + S], 'f32');
      dispatch(g, shown, askWords(g, asked, from, to, S), map, [to - from, maps, 1], false);
      return { map };
    }),
    answer: ({ map }, last) => {
      const [from, to] = rowsOf(last);
      const n = maps * (to - from);
      const positions = Uint32Array.from(map.subarray(n * S).filter((position) => position >= 0));
      const found = Math.max(1, positions.length);
      const probabilities = new Float32Array(n * found);
      for (let r = 0; r < n; r++) probabilities.set(map.subarray(r * S, r * S + found), r * found);
      const parts = {
        heads: asked.combine === 0 ? heads : [],
        from,
        to,
        S: found,
        probabilities,
        run: last.run,
      };
      return new AttentionMap({ ...parts, gradient: null, positions: shown.slides ? positions : null });
    },
  };
}

export function entropyDecodeRequest(shown: ShownDecode, place: Place): LookRequest<AttentionEntropy> {
  const { B, T, heads, capacity } = shown;
  return {
    ...shown.look(place, (g) => {
      const entropy = g.value('entropy', [B, heads, T], 'f32');
      const every = Array.from({ length: heads }, (_, h) => h);
      const asked: Asked = { batch: 0, heads: every, combine: 0, maps: heads, rows: null };
      dispatch(g, shown, askWords(g, asked, 0, T, capacity), entropy, [T, heads, B], true);
      return { entropy };
    }),
    answer: ({ entropy }) => ({ shape: [B, heads, T], values: entropy }),
  };
}
