/** Weights of linear layers that do by themselves what was added to them, in float64. */
import type { Linear } from '../linear';
import type { ParameterStore } from '../parameter_store';
import type { LinearAddition, MergedWeights } from './addition';
import type { Columns } from './sites';

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
export function columnsOf(place: Layer, w: Float32Array, b: Float32Array | null): MergedWeights {
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

/** Columns of a layer as they are stored. */
export async function readColumns(base: ParameterStore, place: Layer): Promise<MergedWeights> {
  const { weight, bias } = place.layer;
  return columnsOf(place, await base.read(weight.name), bias && (await base.read(bias.name)));
}

/**
 * Makes an addition part of its columns, rounded once to what they are stored as. The result is what that rounding lost of what was
 * learnt: ‖stored - sum‖ / ‖sum - before‖, Frobenius norms over the weight's columns; 0 where nothing was learnt and nothing changed.
 */
export async function mergeInto(
  base: ParameterStore,
  place: Layer,
  addition: LinearAddition,
  read: (parameter: object) => Float32Array,
): Promise<number> {
  const { layer, columns } = place;
  const { weight, bias, inputs } = layer;
  const [w, b] = [await base.read(weight.name), bias && (await base.read(bias.name))];
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
    base.write(bias.name, b);
  }
  const stored = (await readColumns(base, place)).weight;
  const lost = distance(stored, sum.weight);
  return lost === 0 ? 0 : lost / distance(sum.weight, before);
}

function distance(a: Float64Array, b: Float64Array): number {
  let squares = 0;
  for (let i = 0; i < a.length; i++) squares += (a[i] - b[i]) ** 2;
  return Math.sqrt(squares);
}
