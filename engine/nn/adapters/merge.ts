/** Weights that do by themselves what was added to them, in float64. */
import { EngineError, throwIfAborted } from '../../errors';
import type { Linear } from '../linear';
import type { Parameter } from '../parameter';
import type { KeptWeights, ParameterStore } from '../parameter_store';
import type {
  EmbeddingAddition,
  KeyValueAddition,
  LinearAddition,
  MergedWeights,
  ParameterCopy,
  ParameterSite,
  PromptAddition,
} from './addition';
import type { AttentionPlace, Columns, EmbeddingPlace, LinearPlace, TextStart } from './sites';

/** What stands where in a model. */
export type AdapterPlace =
  | { readonly site: LinearPlace; readonly addition: LinearAddition }
  | { readonly site: EmbeddingPlace; readonly sum: EmbeddingAddition }
  | { readonly site: ParameterSite; readonly copy: ParameterCopy }
  | { readonly site: AttentionPlace; readonly rows: KeyValueAddition }
  | { readonly site: TextStart; readonly prompt: PromptAddition };

/** How `Adapter.merge` tells of its work, and is ended. */
export interface MergeOptions {
  /**
   * Merges into layers that are stored as int8 or int4, too, unless rounding loses more than this share of what was learnt in
   * one of them: see `MergeReport.lost`. Default null: an error for such layers.
   */
  readonly most?: number | null;
  readonly signal?: AbortSignal;
  /** Layers that are merged, and all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What merging rounded off. */
export interface MergeReport {
  /**
   * By the name of its place, the share of what was learnt that was lost: ‖stored - sum‖ / ‖what was added‖ (Frobenius). About
   * 1e-7 in f32, as far as additions are as large as weights.
   */
  readonly lost: ReadonlyMap<string, number>;
  /** The largest of these. */
  readonly most: number;
}

type Read = (parameter: object) => Float32Array;

interface Layer {
  readonly layer: Linear;
  readonly columns: Columns;
}

/** Where the weight of an output from an input is in the layer's parameter. */
function placeOf({ layer: { inputs, outputs, layout }, columns: { from } }: Layer) {
  return layout === 'out_in'
    ? (o: number, i: number): number => (from + o) * inputs + i
    : (o: number, i: number): number => i * outputs + from + o;
}

/** The columns of a layer's weight and bias, as (outputs, inputs) and (outputs). */
function columnsOf(place: Layer, w: Float32Array, b: Float32Array | null): MergedWeights {
  const { layer, columns } = place;
  const at = placeOf(place);
  const { inputs } = layer;
  const weight = new Float64Array(columns.outputs * inputs);
  for (let o = 0; o < columns.outputs; o++) {
    for (let i = 0; i < inputs; i++) weight[o * inputs + i] = w[at(o, i)];
  }
  const bias = b && Float64Array.from(b.subarray(columns.from, columns.from + columns.outputs));
  return { weight, bias };
}

/** The bias of all outputs, zeros for those that have none. */
async function biasIn(
  base: ParameterStore,
  { bias, partial, sections }: Linear,
): Promise<Float32Array | null> {
  const own = bias && (await base.read(bias.name));
  return own && partial ? partial.spread(own, sections) : own;
}

/** Columns of a layer as they are stored. */
export async function readColumns(base: ParameterStore, place: Layer): Promise<MergedWeights> {
  const { layer } = place;
  return columnsOf(place, await base.read(layer.weight.name), await biasIn(base, layer));
}

/**
 * Makes an addition part of its columns, rounded once to what they are stored as. The result is what that rounding lost of what was
 * learnt: ‖stored - sum‖ / ‖sum - before‖, Frobenius norms over the weight's columns; 0 where nothing was learnt and nothing changed.
 */
async function mergeInto(
  base: ParameterStore,
  place: Layer,
  addition: LinearAddition,
  read: Read,
): Promise<number> {
  const { layer, columns } = place;
  const { weight, bias, inputs } = layer;
  const [w, b] = [await base.read(weight.name), await biasIn(base, layer)];
  const sum = columnsOf(place, w, b);
  const before = sum.weight.slice();
  addition.merge!(sum, read);
  const at = placeOf(place);
  for (let o = 0; o < columns.outputs; o++) {
    for (let i = 0; i < inputs; i++) w[at(o, i)] = sum.weight[o * inputs + i];
  }
  base.write(weight.name, w);
  if (bias && b && sum.bias) {
    b.set(sum.bias, columns.from);
    base.write(bias.name, layer.partial ? layer.partial.gather(b, layer.sections) : b);
  }
  const stored = columnsOf(place, await base.read(weight.name), null);
  return share(stored.weight, sum.weight, before);
}

/** How much of a change was lost. */
function share(stored: Numbers, sum: Numbers, before: Numbers): number {
  const lost = distance(stored, sum);
  return lost === 0 ? 0 : lost / distance(sum, before);
}

type Numbers = Float32Array | Float64Array;

function distance(a: Numbers, b: Numbers): number {
  let squares = 0;
  for (let i = 0; i < a.length; i++) squares += (a[i] - b[i]) ** 2;
  return Math.sqrt(squares);
}

/** Throws `EngineError` for what no weights do, and for rounded weights where it is not said how much may be lost. */
export function expectMergeable(places: readonly AdapterPlace[], most: number | null): void {
  const tied = places.find((place) => 'sum' in place && place.site.tied);
  if (tied) {
    const what = `${tied.site.name} is the output layer, too, which merging would change`;
    throw new EngineError('Adapter.merge', what, 'Keep it beside it.');
  }
  for (const place of places) {
    if ('copy' in place || 'sum' in place || ('addition' in place && place.addition.merge)) continue;
    const what = `no weights do the same as what is at ${place.site.name}`;
    throw new EngineError('Adapter.merge', what, 'Keep it beside them.');
  }
  for (const { site } of places) {
    const { packed } = parameterOf(site);
    if (!packed || most !== null) continue;
    throw new EngineError(
      'Adapter.merge',
      `${site.name} is stored as ${packed}, which would round off what was learnt`,
      "Save it, load the model with storage: 'f32', and merge it there. Or say how much may be lost (most).",
    );
  }
}

/** What merging into a place writes. */
function parameterOf(site: AdapterPlace['site']): Pick<Parameter, 'packed'> {
  if ('columns' in site) return site.layer.weight;
  if ('table' in site) return site.table.weight;
  return 'parameter' in site ? site.parameter : { packed: null };
}

/** What weights were before, and what was lost: see `Adapter.merge`. Where it throws, all is as it was. */
export async function mergeAll(
  base: ParameterStore,
  places: readonly AdapterPlace[],
  read: Read,
  { most = null, signal, onProgress }: MergeOptions,
): Promise<{ readonly before: readonly KeptWeights[]; readonly lost: ReadonlyMap<string, number> }> {
  const before = new Map<string, KeptWeights>();
  const lost = new Map<string, number>();
  try {
    for (const [i, place] of places.entries()) {
      throwIfAborted(signal);
      const { name } = place.site;
      const own = await mergeOne(base, place, before, read);
      lost.set(name, own);
      if (most !== null && own > most) {
        const what = `${name} would lose ${own.toPrecision(3)} of what was learnt, more than ${most}`;
        throw new EngineError('Adapter.merge', what, 'Keep it beside the weights, or allow more.');
      }
      onProgress?.(i + 1, places.length);
    }
    throwIfAborted(signal);
  } catch (error) {
    if (base.living) for (const kept of before.values()) base.restore(kept);
    throw error;
  }
  return { before: [...before.values()], lost };
}

async function mergeOne(
  base: ParameterStore,
  place: AdapterPlace,
  before: Map<string, KeptWeights>,
  read: Read,
): Promise<number> {
  const keep = async ({ name }: Parameter): Promise<void> => {
    if (!before.has(name)) before.set(name, await base.keep(name));
  };
  if ('copy' in place) {
    const { parameter, part } = place.site;
    await keep(parameter);
    const was = await base.read(parameter.name);
    const all = part ? was.slice() : read(place.copy.values);
    if (part) all.set(read(place.copy.values), part.from);
    base.write(parameter.name, all);
    return share(await base.read(parameter.name), all, was);
  }
  if ('sum' in place) {
    const { weight } = place.site.table;
    await keep(weight);
    const before = Float64Array.from(await base.read(weight.name));
    const sum = before.slice();
    place.sum.merge(sum, read);
    base.write(weight.name, Float32Array.from(sum));
    return share(await base.read(weight.name), sum, before);
  }
  if (!('addition' in place)) return 0;
  const { weight, bias } = place.site.layer;
  await keep(weight);
  if (bias) await keep(bias);
  return mergeInto(base, place.site, place.addition, read);
}
