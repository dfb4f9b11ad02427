/** The modules that a Hugging Face class has, by their names there, and what each of them is here. */
import { sitesOf } from '../../engine/adapters';
import {
  parameters,
  sameShape,
  sizeOf,
  type EmbeddingPlace,
  type LinearPlace,
  type Parameter,
  type Shape,
} from '../../engine/index';
import type { Pretrained } from '../family/load';
import { entriesOf } from '../family/weight_map';

/** A tensor of theirs within a parameter of ours. */
export interface TheirTensor {
  readonly name: string;
  readonly shape: Shape;
  /** Our name, and the parameter. */
  readonly ours: string;
  readonly parameter: Parameter;
  /** Its first number there, and whether it is all of it. */
  readonly from: number;
  readonly whole: boolean;
  /** For each row of ours its row there, where they lie otherwise. */
  readonly order: Uint32Array | null;
  /** Other names of the same tensor: it is tied. */
  readonly copies: readonly string[];
}

/** A linear layer of theirs. */
export interface TheirLinear {
  readonly name: string;
  /** Null where no place of ours is just this. */
  readonly place: LinearPlace | null;
  /** See `TheirTensor.order`. */
  readonly order: Uint32Array | null;
  readonly bias: TheirTensor | null;
  /** Whether its weight is stored (inputs, outputs): PEFT's fan_in_fan_out. */
  readonly turned: boolean;
}

/** A table of embeddings of theirs. */
export interface TheirTable {
  readonly name: string;
  readonly place: EmbeddingPlace;
  /** Modules that read the same table, but for the output layer. */
  readonly others: readonly string[];
}

export interface TheirModules {
  /** All of them that have parameters, those that hold others included. */
  readonly names: readonly string[];
  readonly linear: ReadonlyMap<string, TheirLinear>;
  readonly tables: ReadonlyMap<string, TheirTable>;
  readonly tensors: ReadonlyMap<string, TheirTensor>;
}

/**
 * The modules of a model's class; `bare`: of the class without a head, whose names lack what those of the body begin with.
 */
export function modulesOf({ model, map }: Pretrained<object>, bare: boolean): TheirModules {
  const { prefix = '' } = map;
  const there = (name: string): string =>
    bare && name.startsWith(prefix) ? name.slice(prefix.length) : name;
  const own = parameters(model);
  const tensors = new Map<string, TheirTensor>();
  for (const [ours, { parts, order = null }] of entriesOf(map, own, [])) {
    const parameter = own.get(ours)!;
    let from = 0;
    for (const { name, shape, copies = [] } of parts) {
      const full = there(name);
      const tensor = { name: full, shape, ours, parameter, from, whole: parts.length === 1, order };
      tensors.set(full, { ...tensor, copies: copies.map(there) });
      from += sizeOf(shape);
    }
  }
  const names = new Set<string>();
  for (const { name, copies } of tensors.values()) {
    for (let one of [name, ...copies]) {
      while (one.includes('.')) names.add((one = one.slice(0, one.lastIndexOf('.'))));
    }
  }
  return { names: [...names], linear: linearOf(model, tensors), tables: tablesOf(model, tensors), tensors };
}

/** Output layers that may be tied to a table. */
export const HEADS = /^(lm_head|embed_out|cls\.predictions\.decoder|lm_head\.decoder)$/;

/** Those of the tensors that are tables of embeddings here. */
function tablesOf(model: object, tensors: ReadonlyMap<string, TheirTensor>): ReadonlyMap<string, TheirTable> {
  const places = [...sitesOf(model).values()].filter((site): site is EmbeddingPlace => 'table' in site);
  const found = new Map<string, TheirTable>();
  for (const { name, parameter, whole, order, copies } of tensors.values()) {
    const place = places.find(({ table }) => table.weight === parameter);
    if (!place || !whole || order) continue;
    const module = (one: string): string => one.replace(/\.weight$/, '');
    const all = [name, ...copies].map(module);
    const others = all.filter((one) => !HEADS.test(one));
    const own = others[0] ?? all[0];
    found.set(own, { name: own, place, others: others.slice(1) });
  }
  return found;
}

/** Those of the tensors that are weights of linear layers here. */
function linearOf(
  model: object,
  tensors: ReadonlyMap<string, TheirTensor>,
): ReadonlyMap<string, TheirLinear> {
  const places = [...sitesOf(model).values()].filter((site): site is LinearPlace => 'columns' in site);
  const found = new Map<string, TheirLinear>();
  for (const { name, shape, parameter, from, whole, order } of tensors.values()) {
    const fit = places.filter(({ layer }) => layer.weight === parameter);
    if (fit.length === 0 || !name.endsWith('.weight')) continue;
    const { inputs, outputs, layout } = fit[0].layer;
    const turned = layout === 'in_out';
    // Parts of a layer are rows of its weight.
    const rows = turned ? outputs : shape[0];
    const usual = sameShape(shape, turned ? [inputs, outputs] : [rows, inputs]) && !(turned && !whole);
    const first = from / inputs;
    const place = fit.find(({ columns }) => columns.from === first && columns.outputs === rows);
    const module = name.slice(0, -'.weight'.length);
    found.set(module, {
      ...{ name: module, turned, order },
      place: usual && !(order && !whole) ? (place ?? null) : null,
      bias: tensors.get(`${module}.bias`) ?? null,
    });
  }
  return found;
}
