/** How layers compute with what is added to them. */
import { EngineError } from '../../errors';
import type { Graph } from '../../graph/graph';
import { expectShape, type Substitute, type Tensor } from '../../graph/tensor';
import { activation as activate } from '../../shaders/activation/activation';
import { add } from '../../shaders/add/add';
import { attention } from '../../shaders/attention/attention';
import { embedding } from '../../shaders/embedding/embedding';
import { lengthsAfter } from '../../shaders/lengths_after/lengths_after';
import { matmul } from '../../shaders/matmul/matmul';
import { concat, placeColumns, slice, storeFirstRows } from '../../shaders/rearrange/rearrange';
import { rope as turn } from '../../shaders/rope/rope';
import type { Attention, AttentionPrefix, PrefixedOptions } from '../blocks/attention';
import { noteChange } from '../changes';
import type { EmbeddingSum } from '../embedding';
import type { Linear, LinearForward } from '../linear';
import type { Parameter } from '../parameter';
import type {
  EmbeddingAddition,
  KeyValueAddition,
  LinearAddition,
  LinearChange,
  LinearSite,
  LinearSum,
  ParameterCopy,
  ParameterSite,
  PromptAddition,
} from './addition';
import type { Columns, EmbeddingPlace, LinearPlace, TextStart } from './sites';

/**
 * Plans of `weight` are out of date from now on, until what this returns is called; so is what was computed with it before, by
 * plans that may since have been recorded anew.
 */
function tellPlans(weight: Parameter, own: object): () => void {
  const put = (additions: readonly object[]): void => {
    weight.additions = additions;
    if (weight.device) noteChange(weight.device);
  };
  put([...weight.additions, own]);
  return () => put(weight.additions.filter((other) => other !== own));
}

/** What puts an addition on columns of a layer, and returns what takes it away. */
export function onLinear(layer: Linear, addition: LinearAddition, columns: Columns, kind: string) {
  const wrap = withAddition(addition, columns, kind);
  return (): (() => void) => {
    layer.wraps = [...layer.wraps, wrap];
    const forget = tellPlans(layer.weight, wrap);
    return () => {
      forget();
      layer.wraps = layer.wraps.filter((other) => other !== wrap);
    };
  };
}

/** The same of what is added to rows of a table. */
export function onEmbedding({ table }: EmbeddingPlace, addition: EmbeddingAddition, kind: string) {
  const sum: EmbeddingSum = {
    add: (g, ids, y, padding) => g.scope(kind, () => addition.add(g, ids, y, padding)),
  };
  return (): (() => void) => {
    table.sums = [...table.sums, sum];
    const forget = tellPlans(table.weight, sum);
    return () => {
      forget();
      table.sums = table.sums.filter((other) => other !== sum);
    };
  };
}

/** What an addition sees of the layer that it is for. */
export function siteOf({ name, layer, columns }: LinearPlace): LinearSite {
  const { from, outputs } = columns;
  const { inputs, weight } = layer;
  const whole = outputs === layer.outputs;
  return {
    ...{ name, inputs, outputs },
    alone: () => layer.wraps.length <= 1,
    revision: () => weight.store?.revision ?? 0,
    bias: (g) => {
      const all = layer.biasRow(g);
      return whole || !all ? all : slice(g, all, 0, from, outputs);
    },
    product(g, x) {
      const w = g.use(weight);
      const y = matmul(g, x, w, { transposeB: layer.layout === 'out_in' || w.packed !== null });
      return whole ? y : slice(g, y, y.shape.length - 1, from, outputs);
    },
  };
}

/** The same of numbers that take a parameter's place. Throws `EngineError` where others have taken it. */
export function onParameter({ name, parameter, part }: ParameterSite, { values }: ParameterCopy) {
  const own = { parameter, part, values };
  return (): (() => void) => {
    const others = copies.get(parameter) ?? [];
    const clash = others.find((other) => !part || !other.part || overlap(part, other.part));
    if (clash) {
      throw new EngineError('adapt', `${name} is learnt by another adapter`, 'Take that one out first.');
    }
    const put = (all: readonly PlacedCopy[]): void => {
      copies.set(parameter, all);
      parameter.substitute = all.length > 0 ? substituteOf(parameter, all) : null;
    };
    put([...others, own]);
    // Plans that were recorded with the numbers are out of date once they are gone.
    const forget = [tellPlans(parameter, own), tellPlans(values, own)];
    return () => {
      for (const one of forget) one();
      put((copies.get(parameter) ?? []).filter((other) => other !== own));
    };
  };
}

interface PlacedCopy {
  readonly part: Columns | null;
  readonly values: Parameter;
}

/** What has taken the place of a parameter, or of parts of it. */
const copies = new WeakMap<Parameter, readonly PlacedCopy[]>();

const overlap = (a: Columns, b: Columns): boolean =>
  a.from < b.from + b.outputs && b.from < a.from + a.outputs;

function substituteOf(parameter: Parameter, all: readonly PlacedCopy[]): Substitute {
  const [first] = all;
  if (!first.part) return { record: (g) => g.use(first.values) };
  const placed = all.map(({ part, values }) => ({ ...part!, values })).sort((a, b) => a.from - b.from);
  return {
    record(g: Graph): Tensor {
      const own = g.own(parameter);
      let at = 0;
      const parts: Tensor[] = [];
      const upTo = (end: number): void => {
        if (end > at) parts.push(slice(g, own, 0, at, end - at));
      };
      for (const { from, outputs, values } of placed) {
        upTo(from);
        parts.push(g.use(values));
        at = from + outputs;
      }
      upTo(parameter.size);
      return parts.length === 1 ? parts[0] : concat(g, parts, 0);
    },
  };
}

/** The same of rows before an attention's own. Throws `EngineError` where there are some already. */
export function onAttention(layer: Attention, addition: KeyValueAddition) {
  const prefix = asPrefix(addition);
  return (): (() => void) => {
    if (layer.before) {
      throw new EngineError(
        'adapt',
        'an attention has a prefix already',
        'Take the other adapter out first.',
      );
    }
    layer.before = prefix;
    const forget = tellPlans(layer.qkv.weight, prefix);
    return () => {
      forget();
      if (layer.before === prefix) layer.before = null;
    };
  };
}

/** The same of virtual tokens. Throws `EngineError` where there are some already. */
export function onStart({ start }: TextStart, addition: PromptAddition) {
  return (): (() => void) => {
    if (start.before) {
      const what = 'texts have a prompt before them already';
      throw new EngineError('adapt', what, 'Take the other adapter out first.');
    }
    start.before = addition;
    const forget = tellPlans(start.table, addition);
    return () => {
      forget();
      if (start.before === addition) start.before = null;
    };
  };
}

/**
 * A linear layer with an addition to its columns. What is no sum, and whatever stands before an activation, has that (and
 * the residual) behind it in dispatches of their own; a sum leaves the residual in the layer's matmul.
 */
const withAddition =
  (addition: LinearAddition, { from, outputs }: Columns, kind: string) =>
  (inner: LinearForward): LinearForward =>
  (g, x, options) => {
    const { activation, residual } = options;
    if ('enter' in addition)
      return inner(
        g,
        g.scope(kind, () => addition.enter(g, x)),
        options,
      );
    const inside = 'add' in addition && !activation;
    const y = inner(g, x, inside && residual ? { residual } : {});
    let z = g.scope(kind, () => combine(g, addition, x, y, { from, outputs }));
    if (activation) z = activate(g, z, activation);
    if (!residual || inside) return z;
    expectShape(g.where('residual'), residual, z.shape);
    return add(g, z, residual);
  };

function combine(
  g: Graph,
  addition: LinearSum | LinearChange,
  x: Tensor,
  y: Tensor,
  { from, outputs }: Columns,
): Tensor {
  const all = y.shape.at(-1)!;
  if ('add' in addition) {
    if (outputs === all) return addition.add(g, x, y);
    placeColumns(g, addition.add(g, x, null), y, from, true);
    return y;
  }
  if (outputs === all) return addition.change(g, x, y);
  const last = y.shape.length - 1;
  const part = (start: number, length: number): Tensor[] =>
    length > 0 ? [slice(g, y, last, start, length)] : [];
  const changed = addition.change(g, x, part(from, outputs)[0]);
  const after = from + outputs;
  return concat(g, [...part(0, from), changed, ...part(after, all - after)], last);
}

/** Rows of keys and values before an attention's own. They do not turn; rows of the text stand at positions after them. */
function asPrefix(addition: KeyValueAddition): AttentionPrefix {
  const { rows: P } = addition;
  const made = (g: Graph): Tensor => g.scope('prefix', () => addition.forward(g));
  return {
    rows: P,
    attend(
      g: Graph,
      qkv: Tensor,
      { heads, keyValueHeads, rope, lengths, ...options }: PrefixedOptions,
    ): Tensor {
      const [B, T, all] = qkv.shape;
      const width = all / (heads + 2 * keyValueHeads);
      const each = Uint32Array.from({ length: B * P }, (_, i) => i % P);
      const before = embedding(g, g.constant('rows of the prefix', [B, P], each), made(g));
      const rows = rope ? turn(g, qkv, { ...rope, heads, keyValueHeads, start: P }) : qkv;
      const own = slice(g, rows, 2, heads * width, 2 * keyValueHeads * width);
      const [q, kv] = [slice(g, rows, 2, 0, heads * width), concat(g, [before, own], 1)];
      const real = lengths && { lengths: lengthsAfter(g, lengths, { rows: P, most: T }) };
      return attention(g, { q, kv, heads, keyValueHeads, width, ...options, ...real });
    },
    // In each run again, since they may have learnt meanwhile.
    store(g: Graph, keys: Tensor, values: Tensor): void {
      const rows = made(g);
      storeFirstRows(g, rows, 0, keys);
      storeFirstRows(g, rows, keys.shape[2], values);
    },
  };
}
