/** A different adapter for each row of a batch. */
import {
  adapt,
  embedding,
  EngineError,
  expectOneOf,
  matmul,
  multiply,
  Parameter,
  zeros,
  type Adapter,
  type AdapterKind,
  type Graph,
  type LinearSite,
  type LinearSum,
  type Tensor,
} from '../../engine/index';
import { ROW_ADAPTERS } from '../generation/decoder';
import { joined, piecesOf, type Piece } from './combine';

/** y + Aₖ x Bₖ, k being the row's: A and B of all adapters are next to each other, and a row of a table leaves its own. */
class RowLoRA implements LinearSum {
  /** (R, inputs) and (outputs, R), R the sum of all ranks. */
  readonly A: Parameter;
  readonly B: Parameter;
  /** (K + 1, R): 1 where a rank is of adapter k, row 0 for none. */
  readonly #table: Float32Array<ArrayBuffer>;

  constructor({ inputs, outputs }: LinearSite, owners: readonly number[], adapters: number) {
    const frozen = { init: zeros, trainable: false };
    this.A = new Parameter([owners.length, inputs], frozen);
    this.B = new Parameter([outputs, owners.length], frozen);
    this.#table = new Float32Array((adapters + 1) * owners.length);
    for (const [r, k] of owners.entries()) this.#table[k * owners.length + r] = 1;
  }

  add(g: Graph, x: Tensor, y: Tensor | null): Tensor {
    const [B = 0] = x.shape;
    const R = this.A.shape[0];
    const T = x.size / (B * x.shape.at(-1)!);
    const rows = this.#rowsOf(g, B);
    const table = g.constant('ranks of adapters', [this.#table.length / R, R], this.#table);
    const own = g.view(embedding(g, rows, table), [B, 1, R]);
    const h = g.view(matmul(g, x, g.use(this.A), { transposeB: true }), [B, T, R]);
    const ones = (): Tensor => g.constant('each token', [B, T, 1], new Float32Array(B * T).fill(1));
    const mask = T === 1 ? own : matmul(g, ones(), own);
    const kept = g.view(multiply(g, h, mask), [...x.shape.slice(0, -1), R]);
    return matmul(g, kept, g.use(this.B), { transposeB: true, ...(y && { residual: y }) });
  }

  /** One input for all layers of a plan. */
  #rowsOf(g: Graph, B: number): Tensor {
    const found = g.inputs.get(ROW_ADAPTERS);
    if (!found) return g.input(ROW_ADAPTERS, [B], 'u32');
    if (found.size === B) return found;
    const what = `a layer sees ${B} rows, others of the plan ${found.size}`;
    throw new EngineError(g.where('perRow'), what, 'Adapt layers that see whole batches.');
  }

  readonly merge = null;
}

const kindOf = (owners: readonly number[], adapters: number): AdapterKind => ({
  kind: 'rows',
  settings: { rank: owners.length, adapters },
  linear: (site) => new RowLoRA(site, owners, adapters),
});

/** Several adapters in a model, of which each row of a batch has one, or none: what `perRow` makes. Disposing of it takes them out. */
export class RowAdapters implements Disposable {
  readonly adapter: Adapter;
  readonly names: readonly string[];

  /** Called by `perRow`. */
  constructor(adapter: Adapter, names: readonly string[]) {
    [this.adapter, this.names] = [adapter, names];
  }

  /**
   * What plans of the model are fed as `adapters`: a name for each row of the batch, null for the base alone. Throws `EngineError` for a
   * name that is not there.
   */
  rows(names: readonly (string | null)[]): Uint32Array<ArrayBuffer> {
    for (const name of names) if (name !== null) expectOneOf('RowAdapters.rows', 'a name', name, this.names);
    return Uint32Array.from(names, (name) => (name === null ? 0 : 1 + this.names.indexOf(name)));
  }

  [Symbol.dispose](): void {
    this.adapter[Symbol.dispose]();
  }
}

/**
 * Puts several adapters of LoRA into a model at once, of which each row of a batch has its own, as PEFT's `adapter_names`: one product with all
 * matrices next to each other, of which a row keeps what is its adapter's. They do not learn so. What is recorded from then on has an input
 * `adapters`, u32 (B); `SequenceGenerator.generate` takes the same as `adapters`, one for each text.
 *
 *     using mixed = await perRow(loaded.model, { legal, french });
 *     plan.run({ ids, adapters: mixed.rows(['legal', null, 'french']) });
 *
 * The adapters given are disabled. Throws `EngineError` for kinds other than LoRA of linear layers, and for none; all is then as it was.
 */
export async function perRow<M extends { readonly config: object }>(
  model: M,
  adapters: Readonly<Record<string, Adapter>>,
): Promise<RowAdapters> {
  const names = Object.keys(adapters);
  if (names.length === 0) throw new EngineError('perRow', 'no adapters are given', 'Give at least one.');
  const all = Object.values(adapters);
  const pieces = piecesOf(
    'perRow',
    all.map((adapter) => [adapter, 1] as const),
  );
  const number = (store: Piece['store']): number => 1 + all.findIndex((one) => one.store === store);
  const layers = Object.fromEntries(
    [...pieces].map(([name, list]) => {
      const owners = list.flatMap(({ addition, store }) =>
        new Array<number>(addition.rank).fill(number(store)),
      );
      return [name, kindOf(owners, names.length)];
    }),
  );
  const on = all.filter(({ enabled }) => enabled);
  const adapter = await adapt(model, layers);
  try {
    for (const [name, list] of pieces) {
      const { A, B } = await joined(list);
      adapter.store.write(`${name}.rows.A`, A);
      adapter.store.write(`${name}.rows.B`, B);
    }
    for (const one of on) one.disable();
  } catch (error) {
    adapter[Symbol.dispose]();
    throw error;
  }
  return new RowAdapters(adapter, names);
}
