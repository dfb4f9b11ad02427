import type { Device } from '../runtime/device';
import { Graph } from './graph';
import type { LookPart, RunInfo } from './probe';
import type { Place } from './slice';
import type { Tensor } from './tensor';

/**
 * A part of a `LookRequest`: `record` records dispatches on a graph of its own, over the tensors that the plan has in
 * memory at `place` and new ones, and returns what to read.
 */
export function lookAt(
  device: Device,
  place: Place,
  record: (g: Graph, last: RunInfo) => Readonly<Record<string, Tensor>>,
): LookPart {
  return {
    place,
    record: (last) => {
      const g = new Graph(device, { label: 'look' });
      const outputs = record(g, last);
      return { dispatches: g.dispatches, outputs };
    },
  };
}
