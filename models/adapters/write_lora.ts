/** LoRA and DoRA as PEFT's file and configuration have them. */
import { DoRA, type EmbeddingLoRA } from '../../engine/adapters';
import { EngineError, type EmbeddingPlace } from '../../engine/index';
import type { Json } from '../pretrained_config';
import { loraOf, loweredOf, type Lowered, type PlacedLoRA } from './lowered';
import type { TheirLinear, TheirModules, TheirTable } from './modules';
import { transposed } from './peft_tensor';
import type { Read, Tensors, Written } from './written';

/** LoRA of a table of embeddings, in its place. */
export interface PlacedEmbedding {
  readonly site: EmbeddingPlace;
  readonly addition: EmbeddingLoRA;
}

/** Throws `EngineError` for what PEFT's settings cannot say. */
export function writeLoRA(
  placed: readonly PlacedLoRA[],
  embedded: readonly PlacedEmbedding[],
  modules: TheirModules,
  read: Read,
): Written {
  const both = [...placed.map(loraOf), ...embedded.map(({ addition }) => addition)];
  const { dropout } = both[0];
  if (both.some((one) => one.dropout !== dropout))
    throw new EngineError('savePeft', 'its layers have several dropouts', 'PEFT has one: use one.');
  const isDoRA = placed.some(({ addition }) => addition instanceof DoRA);
  if (isDoRA && (embedded.length > 0 || placed.some(({ addition }) => !(addition instanceof DoRA))))
    throw new EngineError('savePeft', 'it has LoRA and DoRA', "PEFT's folders have one of them: use one.");
  const rankStabilized = both.every((one) => one.rankStabilized);
  const layers = new Map<TheirLinear | TheirTable, Pick<Lowered, 'rank' | 'alpha'>>();
  const tensors: Tensors = new Map();
  for (const { site, addition } of embedded) {
    const table = [...modules.tables.values()].find(({ place }) => place.table === site.table);
    if (!table) {
      const what = `${site.name} is no table of embeddings of its own in Transformers`;
      throw new EngineError('savePeft', what, 'Adapt others.');
    }
    const { rank, alpha, scale } = addition;
    const own = addition.rankStabilized === rankStabilized ? alpha : scale * rank;
    layers.set(table, { rank, alpha: own });
    const [A, B] = [read(addition.A), read(addition.B)];
    const { shape } = addition.A;
    tensors.set(`${table.name}.lora_embedding_A`, { shape: [rank, shape[0]], data: transposed(A, shape) });
    tensors.set(`${table.name}.lora_embedding_B`, { shape: addition.B.shape, data: B });
  }
  for (const linear of modules.linear.values()) {
    const lowered = loweredOf(linear, placed, read, rankStabilized);
    if (!lowered) continue;
    layers.set(linear, lowered);
    const { name } = linear;
    const { rank, A, B, magnitude, inputs, outputs } = lowered;
    tensors.set(`${name}.lora_A.weight`, { shape: [rank, inputs], data: A });
    tensors.set(`${name}.lora_B.weight`, { shape: [outputs, rank], data: B });
    if (magnitude) tensors.set(`${name}.lora_magnitude_vector`, { shape: [outputs], data: magnitude });
  }
  const usual = (key: 'rank' | 'alpha'): number => commonest([...layers.values()].map((one) => one[key]));
  const [rank, alpha] = [usual('rank'), usual('alpha')];
  const others = (key: 'rank' | 'alpha', most: number): Json =>
    Object.fromEntries(
      [...layers].flatMap(([{ name }, one]) => (one[key] === most ? [] : [[name, one[key]]])),
    );
  const settings = {
    ...{ peft_type: 'LORA', r: rank, lora_alpha: alpha, lora_dropout: dropout },
    ...{
      rank_pattern: others('rank', rank),
      alpha_pattern: others('alpha', alpha),
      use_rslora: rankStabilized,
    },
    ...{ use_dora: isDoRA, init_lora_weights: true, layers_to_transform: null, layers_pattern: null },
  };
  const all = [...layers.keys()];
  const tables = all.filter((one): one is TheirTable => 'others' in one);
  const linear = all.filter((one): one is TheirLinear => !('others' in one));
  return { linear, tables, settings, tensors };
}

/** The number that is there most often; of several the first. */
function commonest(numbers: readonly number[]): number {
  const count = (n: number): number => numbers.filter((other) => other === n).length;
  return numbers.reduce((best, n) => (count(n) > count(best) ? n : best));
}
