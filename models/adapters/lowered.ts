/** What `savePeft` writes of LoRA and DoRA: one low-rank product for each layer that Transformers has. */
import { DoRA } from '../../engine/adapters';
import { DataError, EngineError, type LoRA, type LinearPlace } from '../../engine/index';
import { reordered } from '../pretrained_checkpoint';
import type { TheirLinear } from './modules';

/** LoRA of one of their layers. */
export interface Lowered {
  readonly rank: number;
  readonly alpha: number;
  /** (rank, inputs) and (outputs, rank). */
  readonly A: Float32Array;
  readonly B: Float32Array;
  /** Of DoRA, (outputs). */
  readonly magnitude: Float32Array | null;
  readonly inputs: number;
  readonly outputs: number;
}

export interface PlacedLoRA {
  readonly site: LinearPlace;
  readonly addition: LoRA | DoRA;
}

export const loraOf = ({ addition }: PlacedLoRA): LoRA =>
  addition instanceof DoRA ? addition.lora : addition;

type Read = (parameter: { readonly name: string }) => Float32Array;

const end = ({ from, outputs }: { readonly from: number; readonly outputs: number }): number =>
  from + outputs;

/** What is added to one of their layers: of several, one of the sum of their ranks. Null for nothing. */
export function loweredOf(
  { name, place, order }: TheirLinear,
  all: readonly PlacedLoRA[],
  read: Read,
  rankStabilized: boolean,
): Lowered | null {
  if (!place) return null;
  const pieces = all.filter(
    ({ site }) =>
      site.layer === place.layer &&
      site.columns.from < end(place.columns) &&
      place.columns.from < end(site.columns),
  );
  const [first] = pieces;
  if (!first) return null;
  const { inputs } = place.layer;
  const { outputs } = place.columns;
  const rank = pieces.reduce((sum, piece) => sum + loraOf(piece).rank, 0);
  const usual = loraOf(first);
  const [A, B] = [new Float32Array(rank * inputs), new Float32Array(outputs * rank)];
  let at = 0;
  for (const piece of pieces) {
    const { columns } = piece.site;
    const own = loraOf(piece);
    A.set(read(own.A), at * inputs);
    const from = read(own.B);
    const factor = own.scale / usual.scale;
    const rows = [Math.max(columns.from, place.columns.from), Math.min(end(columns), end(place.columns))];
    for (let o = rows[0]; o < rows[1]; o++) {
      for (let r = 0; r < own.rank; r++) {
        const b = from[(o - columns.from) * own.rank + r];
        B[(o - place.columns.from) * rank + at + r] = factor === 1 ? b : factor * b;
      }
    }
    at += own.rank;
  }
  const asItIs = pieces.length === 1 && usual.rankStabilized === rankStabilized;
  const alpha = asItIs ? usual.alpha : usual.scale * (rankStabilized ? Math.sqrt(rank) : rank);
  if (!Number.isFinite(alpha)) throw new DataError('savePeft', `alpha of ${name} is ${alpha}`);
  const magnitude = magnitudeOf(name, place, pieces, read);
  const rows = (data: Float32Array): Float32Array => (order ? reordered(data, order, true) : data);
  return { rank, alpha, A, B: rows(B), magnitude: magnitude && rows(magnitude), inputs, outputs };
}

/** DoRA's lengths of a layer's rows; null where it has LoRA. Throws `EngineError` where it has DoRA in part. */
function magnitudeOf(
  name: string,
  { columns }: LinearPlace,
  pieces: readonly PlacedLoRA[],
  read: Read,
): Float32Array | null {
  if (!pieces.some(({ addition }) => addition instanceof DoRA)) return null;
  const [{ site, addition }, other] = pieces;
  const isAll = site.columns.from <= columns.from && end(columns) <= end(site.columns);
  if (other !== undefined || !isAll || !(addition instanceof DoRA)) {
    const what = `${name} of Transformers has DoRA on a part of its outputs`;
    throw new EngineError('savePeft', what, 'Adapt all of them, or use lora.');
  }
  const first = columns.from - site.columns.from;
  return read(addition.magnitude).slice(first, first + columns.outputs);
}
