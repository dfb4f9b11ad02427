/** Every op that is described, by family: a family is a file of checks/ops. */
import type { DescribedOp, OpsOf, Where } from './op';

export interface OpFamily {
  /** The file's name with spaces: 'cross entropy'. */
  readonly name: string;
  readonly ops: readonly DescribedOp[];
}

const FILES = import.meta.glob<OpsOf>('./ops/*.ts', { eager: true, import: 'ops' });

/** Families by name, with what is to be checked at such a place. */
export function families(where: Where): OpFamily[] {
  return Object.entries(FILES)
    .map(([file, ops]) => ({
      name: file.replace(/^.*\/|\.ts$/g, '').replaceAll('_', ' '),
      ops: typeof ops === 'function' ? ops(where) : ops,
    }))
    .sort((a, b) => a.name.localeCompare(b.name, 'en'));
}
