import step from '../../../graph/step.wgsl';
import { defineKernel, linkedKernels, type Kernel } from '../../../runtime/kernel';
import { byCapability, type ByCapability, type Shader } from '../../../runtime/shader';
import hidden from '../../lib/hidden.wgsl';
import random from '../../lib/random.wgsl';
import backward from './backward.wgsl';
import keyWgsl from './backward_key.wgsl';
import queryWgsl from './backward_query.wgsl';
import keyOuter from './backward_key_outer.wgsl';
import queryOuter from './backward_query_outer.wgsl';
import block from './block.wgsl';
import deltaWgsl from './delta.wgsl';
import type { Mapping } from '../layout';
import type { Form } from './form';
import forwardWgsl from './forward.wgsl';
import forwardOuter from './forward_outer.wgsl';
import four1 from './four1.wgsl';
import four1Backward from './four1_backward.wgsl';
import four4 from './four4.wgsl';
import four4Backward from './four4_backward.wgsl';
import ownsKeys from './owns_keys.wgsl';
import ownsQueries from './owns_queries.wgsl';
import pack1 from './pack1.wgsl';
import pack4 from './pack4.wgsl';
import quad from './quad.wgsl';
import quadBackward from './quad_backward.wgsl';
import quadBackwardSubgroups from './quad_backward_subgroups.wgsl';
import quadSubgroups from './quad_subgroups.wgsl';
import reduce from './reduce.wgsl';
import reduceSubgroups from './reduce_subgroups.wgsl';
import rows from './rows.wgsl';
import score from './score.wgsl';
import strip from './strip.wgsl';
import stripSoftware from './strip_software.wgsl';
import tangent from './tangent.wgsl';
import tile from './tile.wgsl';
import tileOuter from './tile_outer.wgsl';
import tileOuterBackward from './tile_outer_backward.wgsl';
import tileBackward from './tile_backward.wgsl';
import tileBackwardSoftware from './tile_backward_software.wgsl';
import tileSoftware from './tile_software.wgsl';
import turnNone from '../rotary/turn_none.wgsl';
import turnPairs from '../rotary/turn_pairs.wgsl';
import turnTable from '../rotary/turn_table.wgsl';
import walkRange from '../pattern/walk_range.wgsl';

const quads = byCapability({ base: quad, subgroups: quadSubgroups });
const quadsBackward = byCapability({ base: quadBackward, subgroups: quadBackwardSubgroups });

export const turnOnLoad = (turns: boolean): readonly Shader[] =>
  turns ? [turnPairs, turnTable] : [turnNone];

/** What else a kernel's main needs. */
interface Needs {
  readonly backward?: boolean;
  readonly owns?: 'queries' | 'keys';
}

const linked = linkedKernels();
const outerTile = (wide: boolean, shuffles: boolean): readonly Shader[] => [
  tileOuter,
  wide ? four4 : four1,
  shuffles ? reduceSubgroups : reduce,
];

const backwardTile = ({ software, wide, outer }: Mapping): readonly (Shader | ByCapability)[] =>
  software
    ? [tileBackwardSoftware, quadsBackward]
    : outer
      ? [tileOuterBackward, wide ? four4Backward : four1Backward]
      : [tileBackward];

/** One kernel in all its forms: tiles of GPUs or software adapters, heads by fours or ones, biases, sparse walks. */
/*#__NO_SIDE_EFFECTS__*/
export function family(name: string, main: Shader, needs: Needs = {}): (form: Form) => Kernel {
  return ({ mapping, bias, walk, turns }) => {
    const { software, wide, outer } = mapping;
    const words = [
      software && 'software',
      outer && 'outer',
      outer?.shuffles && 'subgroups',
      !wide && 'narrow',
      bias.name !== 'none' && bias.name,
      walk !== null && 'sparse',
      turns && 'rope',
    ].filter((word) => word);
    const tiles: readonly (Shader | ByCapability)[] = software
      ? [tileSoftware, stripSoftware, quads]
      : [rows, ...(outer ? outerTile(wide, outer.shuffles) : [tile]), strip, ...turnOnLoad(turns)];
    return linked([`attention.${name}`, ...words].join('_'), [
      wide ? pack4 : pack1,
      ...tiles,
      block,
      score,
      hidden,
      tangent,
      bias.wgsl,
      walk ?? walkRange,
      ...(needs.backward ? [backward, ...backwardTile(mapping)] : []),
      ...(needs.owns ? [needs.owns === 'keys' ? ownsKeys : ownsQueries] : []),
      main,
      step,
      random,
    ]);
  };
}

/** Kernels whose mains differ where tiles are by outer products. */
const either =
  (inner: (form: Form) => Kernel, outer: (form: Form) => Kernel) =>
  (form: Form): Kernel =>
    (form.mapping.outer ? outer : inner)(form);

const ofQueries = { backward: true, owns: 'queries' } as const;
const ofKeys = { backward: true, owns: 'keys' } as const;
export const forward = either(family('forward', forwardWgsl), family('forward', forwardOuter));
export const backwardQuery = either(
  family('backward_query', queryWgsl, ofQueries),
  family('backward_query', queryOuter, ofQueries),
);
export const backwardKey = either(
  family('backward_key', keyWgsl, ofKeys),
  family('backward_key', keyOuter, ofKeys),
);
const deltas = {
  wide: defineKernel({ name: 'attention.delta', wgsl: [pack4, deltaWgsl] }),
  narrow: defineKernel({ name: 'attention.delta_narrow', wgsl: [pack1, deltaWgsl] }),
};
export const delta = (wide: boolean): Kernel => (wide ? deltas.wide : deltas.narrow);
