/** Is it right? The cases that the tests run, on this device. */
import { tellWrong } from '../../../checks/bound';
import { families, type OpFamily } from '../../../checks/catalogue';
import {
  bySize,
  label,
  runCase,
  smallest,
  type DescribedOp,
  type Fields,
  type Storage,
} from '../../../checks/op';
import { as } from '../../../checks/rungs';
import { DeviceError, throwIfAborted, type Device } from '../../../engine/index';
import type { Cell } from './protocol';

export function familiesOf(device: Device, only: readonly string[] | null): OpFamily[] {
  const { software, subgroups } = device.can;
  const all = families({ gpu: true, subgroups: subgroups !== null, slow: software });
  return all.filter(({ name }) => !only || only.includes(name));
}

type Kind = Pick<Cell, 'rung' | 'own' | 'dtype'>;

/** Rungs and storage types to check here: a software adapter compiles slowly, and does what it would do by itself. */
function kindsOf(device: Device): Kind[] {
  const { software, f16 } = device.can;
  if (software) return [{ rung: 'software', own: true, dtype: 'f32' }];
  const dtypes: readonly Storage[] = f16 ? ['f32', 'f16'] : ['f32'];
  return [true, false].flatMap((own) =>
    dtypes.map((dtype): Kind => ({ rung: own ? 'hardware' : 'software', own, dtype })),
  );
}

/** Whether an op is to be checked so; one without rungs has the same kernels on both, and is checked once. */
function applies({ spec }: DescribedOp, { rung, own, dtype }: Kind): boolean {
  const { rungs, dtypes = ['f32', 'f16'] } = spec;
  return (rungs ? rungs.includes(rung) : own) && (dtypes === 'either' || dtypes.includes(dtype));
}

/** The smallest case, and the largest where the device checks in earnest. */
function casesOf(op: DescribedOp, device: Device, { own }: Kind): Fields[] {
  const few = device.can.software || !own;
  return few ? [smallest(op)] : [...new Set([smallest(op), bySize(op).at(-1)!])];
}

/** Checks families one after the other. Throws when the device is lost, and the signal's reason. */
export async function checkFamilies(
  device: Device,
  list: readonly OpFamily[],
  signal: AbortSignal,
  onCell: (cell: Cell) => void,
  onProgress: (share: number) => void,
): Promise<void> {
  const kinds = kindsOf(device);
  for (const [done, family] of list.entries()) {
    for (const kind of kinds) {
      const ops = family.ops.filter((op) => applies(op, kind));
      if (ops.length > 0) onCell(await checkFamily(device, family.name, ops, kind, signal));
    }
    onProgress((done + 1) / list.length);
  }
}

async function checkFamily(
  device: Device,
  family: string,
  ops: readonly DescribedOp[],
  kind: Kind,
  signal: AbortSignal,
): Promise<Cell> {
  const shares: { forward: number | null; backward: number | null } = { forward: null, backward: null };
  const wrong: string[] = [];
  const used = as(device, kind.rung);
  let cases = 0;
  for (const op of ops) {
    // On software adapters one op stands for its family.
    if (device.can.software && cases > 0) break;
    for (const c of casesOf(op, device, kind)) {
      throwIfAborted(signal);
      cases++;
      const where = `${op.name} ${kind.dtype} ${label(c)}`;
      try {
        for (const compared of await runCase(op, c, used, kind.dtype)) {
          const pass = compared.backward ? 'backward' : 'forward';
          shares[pass] = Math.max(shares[pass] ?? 0, compared.share);
          if (compared.wrong > 0) {
            const output = compared.backward ? `gradient of ${compared.key}` : compared.key;
            wrong.push(`${where}: ${output}: ${tellWrong(compared)}`);
          }
        }
      } catch (error) {
        const loss = await device.loss();
        if (loss) throw loss;
        if (error instanceof DeviceError) throw error;
        wrong.push(`${where}: ${(error as Error).message}`);
      }
    }
  }
  return { family, ...kind, cases, ...shares, wrong };
}
