/**
 * Attention on demand: what plan.attention and plan.attentionEntropy run over the queries, keys and log-sum-exps that
 * a plan brings back. Loaded by the probes of show.ts when somebody asks: import nothing but types from here.
 */
import { ShapeError } from '../../../errors';
import type { Graph } from '../../../graph/graph';
import type { LookRequest } from '../../../graph/probe';
import type { Place } from '../../../graph/slice';
import step from '../../../graph/step.wgsl';
import type { Tensor } from '../../../graph/tensor';
import { linkedKernels, type Kernel } from '../../../runtime/kernel';
import type { Constants, Shader } from '../../../runtime/shader';
import hidden from '../../lib/hidden.wgsl';
import random from '../../lib/random.wgsl';
import { NONE } from '../bias/bias';
import type { Form } from '../tile/form';
import { turnOnLoad } from '../tile/kernels';
import { AttentionMap, type AttentionEntropy } from './attention_map';
import type { AttentionQuery, HeadChoice } from './probe';
import type { Shown, ShownGradient } from './shown';
import pack1 from '../tile/pack1.wgsl';
import pack4 from '../tile/pack4.wgsl';
import probabilitiesWgsl from './probabilities.wgsl';
import dpWgsl from './probabilities_dp.wgsl';
import entropyWgsl from './probabilities_entropy.wgsl';
import pWgsl from './probabilities_p.wgsl';
import score from '../tile/score.wgsl';
import tangent from '../tile/tangent.wgsl';
import walkRange from '../pattern/walk_range.wgsl';
import { dispatchTiles, SLOWNESS } from '../tile/work';

const linked = linkedKernels();

function family(name: string, ...main: readonly Shader[]): (form: Form) => Kernel {
  return ({ mapping: { wide }, bias, walk, turns }) => {
    const words = [
      `attention.${name}`,
      ...(wide ? [] : ['narrow']),
      bias.name,
      ...(walk ? ['sparse'] : []),
      ...(turns ? ['rope'] : []),
    ];
    return linked(words.join('_'), [
      wide ? pack4 : pack1,
      ...main,
      score,
      hidden,
      tangent,
      bias.wgsl,
      walk ?? walkRange,
      ...turnOnLoad(turns),
      step,
      random,
    ]);
  };
}

const probabilities = family('probabilities', probabilitiesWgsl, pWgsl);
const probabilityGradients = family('probability_gradients', probabilitiesWgsl, dpWgsl);
const entropies = family('entropy', entropyWgsl);

/** A query for a map, checked. */
export interface Asked {
  readonly batch: number;
  readonly heads: readonly number[];
  /** How heads join in one map; 0 keeps them apart. As probabilities*.wgsl numbers it. */
  readonly combine: number;
  readonly maps: number;
  readonly rows: readonly [from: number, to: number] | null;
}

const COMBINE = { mean: 1, max: 2, min: 3 };

/** Checks what is asked of an attention of B sequences with T rows; throws ShapeError. */
export function checkQuery(
  where: string,
  z: { readonly B: number; readonly T: number; readonly heads: number },
  choice: HeadChoice,
  { batch = 0, rows, gradient = false }: AttentionQuery,
): Asked {
  const combine = choice === 'mean' || choice === 'max' || choice === 'min' ? COMBINE[choice] : 0;
  const heads = headsOf(where, choice, z.heads);
  const whole = (n: number): boolean => Number.isInteger(n) && n >= 0;
  if (!(whole(batch) && batch < z.B)) {
    throw new ShapeError(where, `no sequence ${batch}`, `The batch has ${z.B}, from 0 to ${z.B - 1}.`);
  }
  if (rows && !(whole(rows[0]) && whole(rows[1]) && rows[0] < rows[1] && rows[1] <= z.T)) {
    throw new ShapeError(
      where,
      `no rows ${rows[0]} to ${rows[1]}`,
      `It has ${z.T} query rows: give [from, to) with 0 ≤ from < to ≤ ${z.T}.`,
    );
  }
  if (gradient && combine !== 0) {
    throw new ShapeError(
      where,
      `no gradient of the ${String(choice)} of heads`,
      'Ask for heads one by one, or for all.',
    );
  }
  return { batch, heads, combine, maps: combine === 0 ? heads.length : 1, rows: rows ?? null };
}

/** What probabilities*.wgsl call `ask`. */
export function askWords(g: Graph, asked: Asked, from: number, to: number, keys: number): Tensor {
  const words = Uint32Array.of(
    asked.batch,
    from,
    to,
    keys,
    asked.combine,
    asked.heads.length,
    ...asked.heads,
  );
  return g.constant('ask', [words.length], words);
}

export function expectRoom(where: string, g: Graph, maps: number, rows: number, keys: number): void {
  const bytes = 4 * maps * rows * keys;
  if (bytes <= g.device.can.maxBinding) return;
  throw new ShapeError(
    where,
    `${maps} maps of ${rows} rows and ${keys} keys take ${bytes} bytes, more than a binding's ${g.device.can.maxBinding}`,
    'Ask for fewer rows or heads at a time.',
  );
}

function headsOf(where: string, choice: HeadChoice, heads: number): readonly number[] {
  if (typeof choice === 'string') return Array.from({ length: heads }, (_, h) => h);
  const list = typeof choice === 'number' ? [choice] : choice;
  const wrong = list.find((h) => !Number.isInteger(h) || h < 0 || h >= heads);
  if (wrong !== undefined || list.length === 0) {
    throw new ShapeError(
      where,
      wrong === undefined ? 'an empty list of heads' : `no head ${wrong}`,
      `It has ${heads}, from 0 to ${heads - 1}; 'all' shows all, 'mean', 'max' and 'min' combine them.`,
    );
  }
  return list;
}

/** The request for maps of `shown`; throws ShapeError for what it does not have. */
export function mapRequest(
  where: string,
  shown: Shown,
  place: Place,
  back: ShownGradient | null,
  choice: HeadChoice,
  query: AttentionQuery,
): LookRequest<AttentionMap> {
  const { q, kv, lse, masks, T, S, form } = shown;
  const asked = checkQuery(where, shown, choice, query);
  const { gradient = false } = query;
  if (gradient && !back) {
    throw new ShapeError(
      where,
      'no gradient reaches this attention in this plan',
      'Ask a plan that trains: a graph with { train: true } and backprop.',
    );
  }
  const { heads, maps } = asked;
  const [from, to] = asked.rows ?? [0, T];
  return {
    ...shown.look(gradient ? back!.place : place, (g): Readonly<Record<string, Tensor>> => {
      expectRoom(where, g, maps, to - from, S);
      const ask = askWords(g, asked, from, to, S);
      const tile = form.mapping.tile;
      const constants: Constants = { ...shown.constants, TILE: tile };
      const rows = 4 * (64 / (tile / 4)); // of a workgroup: four by four pairs a lane
      const groups = Math.ceil((4 * (Math.ceil(to / 4) - Math.floor(from / 4))) / rows);
      const how = {
        uniforms: shown.uniforms,
        work: new Array<number>(groups).fill(2 * heads.length * rows * S * shown.width),
        products: 1,
        slowness: SLOWNESS,
        grid: (count: number) => [count, maps] as const,
      };
      const p = g.value('probabilities', [maps, to - from, S], 'f32');
      const bind = { q, k: kv, lse, ask, map: p, ...masks };
      dispatchTiles(g, probabilities(form), bind, { ...how, constants });
      if (!gradient) return { p };
      const dp = g.value('probability gradients', p.shape, 'f32');
      // Neither a bias nor positions are in dout · v.
      const { bias: _bias, turns: _turns, ...unbiased } = masks;
      const {
        BIAS: _type,
        TURNS: _F,
        ADJACENT: _pairs,
        ...plain
      } = constants as Record<string, Constants[string]>;
      dispatchTiles(
        g,
        probabilityGradients({ ...form, bias: NONE.form, turns: false }),
        { dout: back!.dout, v: kv, ask, map: dp, ...unbiased },
        { ...how, constants: plain },
      );
      return { p, dp };
    }),
    answer: (read, { run }) =>
      new AttentionMap({
        heads: asked.combine === 0 ? heads : [],
        from,
        to,
        S,
        probabilities: read['p'],
        gradient: gradient ? read['dp'] : null,
        positions: null,
        run,
      }),
  };
}

export function entropyRequest(shown: Shown, place: Place): LookRequest<AttentionEntropy> {
  const { B, T, S, heads, form, q, kv, masks } = shown;
  return {
    ...shown.look(place, (g) => {
      const entropy = g.value('entropy', [B, heads, T], 'f32');
      const groups = Math.ceil((B * heads * Math.ceil(T / 4)) / 64);
      dispatchTiles(
        g,
        entropies(form),
        { q, k: kv, entropy, ...masks },
        {
          uniforms: shown.uniforms,
          constants: { ...shown.constants, TILE: form.mapping.tile },
          work: new Array<number>(groups).fill(2 * (64 * 4) * S * shown.width), // four rows a lane
          products: 1,
          slowness: SLOWNESS,
          grid: (count) => [count],
        },
      );
      return { entropy };
    }),
    answer: ({ entropy }) => ({ shape: [B, heads, T], values: entropy }),
  };
}
