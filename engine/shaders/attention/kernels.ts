import step from '../../graph/step.wgsl';
import { defineKernel, type Kernel } from '../../runtime/kernel';
import { byCapability, type ByCapability, type Shader } from '../../runtime/shader';
import random from '../lib/random.wgsl';
import backward from './backward.wgsl';
import keyWgsl from './backward_key.wgsl';
import queryWgsl from './backward_query.wgsl';
import type { BiasForm } from './bias';
import block from './block.wgsl';
import deltaWgsl from './delta.wgsl';
import forwardWgsl from './forward.wgsl';
import ownsKeys from './owns_keys.wgsl';
import ownsQueries from './owns_queries.wgsl';
import type { Mapping } from './layout';
import pack1 from './pack1.wgsl';
import pack4 from './pack4.wgsl';
import quad from './quad.wgsl';
import quadSubgroups from './quad_subgroups.wgsl';
import score from './score.wgsl';
import strip from './strip.wgsl';
import stripSoftware from './strip_software.wgsl';
import tangent from './tangent.wgsl';
import tile from './tile.wgsl';
import tileBackward from './tile_backward.wgsl';
import tileBackwardSoftware from './tile_backward_software.wgsl';
import tileSoftware from './tile_software.wgsl';
import turnNone from './turn_none.wgsl';
import turnPairs from './turn_pairs.wgsl';
import turnTable from './turn_table.wgsl';
import walkRange from './walk_range.wgsl';

const quads = byCapability({ base: quad, subgroups: quadSubgroups });

/** Which of the linked files a kernel takes; what else varies are constants. */
export interface Form {
  readonly mapping: Mapping;
  readonly bias: BiasForm;
  /** walk_tiles.wgsl for a sparse pattern; null: walk_range.wgsl. */
  readonly walk: Shader | null;
  /** Queries and keys turn on load; workgroup tiles only. */
  readonly turns: boolean;
}

export const turnOnLoad = (turns: boolean): readonly Shader[] =>
  turns ? [turnPairs, turnTable] : [turnNone];

/** What else a kernel's main needs. */
interface Needs {
  readonly backward?: boolean;
  readonly owns?: 'queries' | 'keys';
}

/** One kernel in all its forms: tiles of GPUs or software adapters, heads by fours or ones, biases, sparse walks. */
/*#__NO_SIDE_EFFECTS__*/
export function family(name: string, main: Shader, needs: Needs = {}): (form: Form) => Kernel {
  const known = new Map<string, Kernel>();
  return ({ mapping, bias, walk, turns }) => {
    const { software, wide } = mapping;
    const suffix = [
      software && 'software',
      !wide && 'narrow',
      bias.name !== 'none' && bias.name,
      walk !== null && 'sparse',
      turns && 'rope',
    ].filter((word) => word !== false);
    const full = [`attention.${name}`, ...suffix].join('_');
    let kernel = known.get(full);
    if (!kernel) {
      const tiles: readonly (Shader | ByCapability)[] = software
        ? [tileSoftware, stripSoftware, quads]
        : [tile, strip, ...turnOnLoad(turns)];
      kernel = defineKernel({
        name: full,
        wgsl: [
          wide ? pack4 : pack1,
          ...tiles,
          block,
          score,
          tangent,
          bias.wgsl,
          walk ?? walkRange,
          ...(needs.backward ? [backward, software ? tileBackwardSoftware : tileBackward] : []),
          ...(needs.owns ? [needs.owns === 'keys' ? ownsKeys : ownsQueries] : []),
          main,
          step,
          random,
        ],
      });
      known.set(full, kernel);
    }
    return kernel;
  };
}

export const forward = family('forward', forwardWgsl);
export const backwardQuery = family('backward_query', queryWgsl, { backward: true, owns: 'queries' });
export const backwardKey = family('backward_key', keyWgsl, { backward: true, owns: 'keys' });
const deltas = {
  wide: defineKernel({ name: 'attention.delta', wgsl: [pack4, deltaWgsl] }),
  narrow: defineKernel({ name: 'attention.delta_narrow', wgsl: [pack1, deltaWgsl] }),
};
export const delta = (wide: boolean): Kernel => (wide ? deltas.wide : deltas.narrow);
