import { linearGrid, type Graph, type Sink } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import type { Form } from './tile/form';
import { backwardKey, backwardQuery, delta } from './tile/kernels';
import { chooseMapping, chooseOuter, expectCovered, storageOf, TALL, type Mapping } from './layout';
import type { Problem } from './problem';
import { dispatchTiles } from './tile/work';
import { rungOf } from '../../runtime/capabilities';

/** What the forward pass leaves for the backward pass. */
interface Forward {
  readonly form: Form;
  readonly out: Tensor;
  /** The same numbers, perhaps to more digits. */
  readonly exact: Tensor;
  readonly lse: Tensor;
  /** To be called once dout is there, right after lse has been read last. */
  readonly showGradient: (dout: Tensor) => void;
}

/**
 * Records the gradients of queries, keys, values and bias, as far as somebody wants them, once one has reached `out`;
 * throws ShapeError where a gradient would have columns that no head fills.
 */
export function attentionBackward(
  g: Graph,
  p: Problem,
  { form, out, exact, lse, showGradient }: Forward,
): void {
  const { q, kv, B, heads, keyValueHeads, width, wide, bias, sparse, turns, lengths, uniforms, work } = p;
  const toQ = g.sink(q);
  const toKv = q.root === kv.root ? toQ : g.sink(kv);
  const toBias = bias.learned ? g.sink(bias.learned) : null;
  if (!toQ && !toKv && !toBias) return;

  const dout = g.grad(out);
  const saved = rowSums(g, p, { exact, dout, lse });
  showGradient(dout);
  const read = { q, kv, dout, saved, lengths };
  if (toBias) {
    const byKey = bias.owner === 'keys';
    bias.backward!({
      g,
      form,
      sink: toBias,
      bind: { ...read, ...(byKey ? sparse?.byKey : sparse?.byQuery())?.bind },
      uniforms,
      constants: { ...p.constants, ...(byKey ? { OWNS_KEYS: true } : {}) },
      work: byKey ? work.byKey() : work.byQuery(),
    });
  }
  if (!toQ && !toKv) return;

  expectCovered(p.where, {
    queries: { tensor: q, offset: p.queryOffset, columns: heads * width },
    keys: { tensor: kv, offset: p.keyOffset, columns: keyValueHeads * width },
    values: { tensor: kv, offset: p.valueOffset, columns: keyValueHeads * width },
  });
  // Of rows that turned on load: gradients in turned columns, to be turned back.
  const before = (x: Tensor, sink: Sink | null): Sink | null =>
    sink && turns ? { tensor: g.value('attention turned gradient', x.shape, x.dtype), add: false } : sink;
  const dq = before(q, toQ);
  const dkv = toKv === toQ ? dq : before(kv, toKv);
  const bound = { ...read, ...bias.bind, ...turns?.bind };
  const constants = (dx: Sink, { constants: own }: Mapping) => ({
    ...p.constants,
    ...own,
    DX: storageOf(dx.tensor, wide),
    ADD: dx.add,
  });
  if (dq) {
    const mapping = chooseOuter(
      form.mapping,
      { width, rows: p.T, tall: TALL.backwardQuery },
      rungOf(g.device.can, 'attention'),
    );
    dispatchTiles(
      g,
      backwardQuery({ ...form, mapping }),
      { ...bound, dq: dq.tensor, ...sparse?.byQuery(mapping.tile).bind },
      {
        uniforms,
        constants: constants(dq, mapping),
        work: work.byQuery(mapping.tile),
        products: 3,
        grid: (tiles) => [tiles, (B * heads) / mapping.headsPerGroup],
      },
    );
  }
  if (dkv) {
    const plain = chooseMapping({ width, heads: keyValueHeads, wide }, rungOf(g.device.can, 'attention'));
    const mapping = chooseOuter(
      plain,
      { width, rows: p.S, tall: TALL.backwardKey },
      rungOf(g.device.can, 'attention'),
    );
    dispatchTiles(
      g,
      backwardKey({ ...form, mapping }),
      { ...bound, dkv: dkv.tensor, ...sparse?.byKey.bind },
      {
        uniforms,
        constants: { ...constants(dkv, mapping), OWNS_KEYS: true },
        work: work.byKey(),
        products: 4,
        grid: (tiles) => [tiles, (B * keyValueHeads) / mapping.headsPerGroup],
      },
    );
  }
  turns?.back([
    [dq, toQ],
    [dkv, toKv],
  ]);
}

/** What backward kernels need of each row beside q and dout: (B, H, T, 3), its largest logit, log Σ exp and Σ out dout. */
function rowSums(
  g: Graph,
  { B, T, heads, width, wide, q }: Problem,
  { exact, dout, lse }: { readonly exact: Tensor; readonly dout: Tensor; readonly lse: Tensor },
): Tensor {
  const saved = g.value('attention saved', [B, heads, T, 3], 'f32');
  const rows = B * heads * T;
  g.dispatch(
    delta(wide),
    { out: exact, dout, lse, saved },
    {
      uniforms: { t: T, heads, n: rows, w: wide ? width / 4 : width },
      constants: { T: storageOf(q, wide), OUT: storageOf(exact, wide) },
      grid: linearGrid(Math.ceil(rows / 64)),
    },
  );
  return saved;
}
