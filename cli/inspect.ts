import process from 'node:process';
import type { WeightStorage } from '../engine/index';
import { families, inspect as inspectFolder, type Need } from '../models/index';
import { modelFolder } from './model_folder';

export interface InspectArguments {
  readonly length?: number;
  readonly batch?: number;
  readonly f16?: boolean;
  readonly storage?: WeightStorage;
  readonly json?: boolean;
}

/** Tells what a model is and takes, before it is loaded. Gives the exit status: 1 where it would be refused. */
export async function inspect(model: string, args: InspectArguments): Promise<number> {
  const { length, batch, f16 = false, storage, json = false } = args;
  const found = await inspectFolder(modelFolder(model), {
    ...{ families, dtype: f16 ? 'f16' : 'f32' },
    ...(length !== undefined && { length }),
    ...(batch !== undefined && { batch }),
    ...(storage && { storage }),
  });
  if (json) {
    process.stdout.write(`${JSON.stringify(found)}\n`);
    return found.refused === null ? 0 : 1;
  }
  const sizes = Object.entries(found.bytes).map(([dtype, bytes]) => `${mebibytes(bytes)} of ${dtype}`);
  const lines = [
    ['family', found.family ?? `none (model_type ${found.type ?? 'is not said'})`],
    ['class', found.architecture ?? 'not said'],
    ['parameters', found.parameters.toLocaleString('en')],
    ['weights', sizes.join(', ')],
    ...(found.refused ? [['refused', found.refused]] : []),
    ...(found.run ? [['to run', needOf(found.run)]] : []),
    ...(found.train ? [['to train', needOf(found.train)]] : []),
  ];
  for (const [name, text] of lines) process.stdout.write(`${name.padEnd(11)} ${text}\n`);
  return found.refused === null ? 0 : 1;
}

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

function needOf({ total, refused, ...parts }: Need): string {
  if (total === null) return refused ?? 'unknown';
  const own = Object.entries(parts).filter(([, bytes]) => (bytes ?? 0) > 0);
  const list = own.map(([name, bytes]) => `${name} ${mebibytes(bytes!)}`).join(', ');
  return `${mebibytes(total)} of GPU memory (${list})${refused ? `; refused: ${refused}` : ''}`;
}
