import type { RunState } from '../session/protocol';
import type { RunStatus } from '../site/page';

/** A training for the header of other pages; null where none is under way. */
export function runStatus(state: RunState, step: number, loss: string): RunStatus | null {
  const goesOn = state === 'preparing' || state === 'training' || state === 'paused';
  return goesOn ? { state, step, loss } : null;
}
