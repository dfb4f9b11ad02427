/** A training that began here as a folder that PyTorch goes on with, and the way back: docs/distributed.md. */
import {
  DataError,
  openSafetensors,
  safetensorsBlob,
  saveSafetensors,
  type NamedTensor,
  type Parameter,
  type Shape,
  type WeightSource,
} from '../../engine/index';
import { blobOf, jsonOf, opener, type ModelFolder } from '../files/folder';
import { checkpoint, theirTensors, type Entry } from '../pretrained_checkpoint';
import type { Json } from '../pretrained_config';

/** A model as it came: what `Pretrained` knows. */
export interface TrainedModel {
  readonly own: ReadonlyMap<string, Parameter>;
  readonly entries: ReadonlyMap<string, Entry>;
  /** Names that its checkpoint had. */
  readonly names: ReadonlySet<string>;
  /** Tensors of parts that the model does not have. */
  readonly kept: readonly { readonly name: string; readonly shape: Shape; readonly data: Float32Array }[];
  readonly config: Json;
}

const FORMAT = 'heed.training.1';
const MOMENTS = ['first', 'second'] as const;
const WEIGHTS = 'model.safetensors';
const OPTIMIZER = 'optimizer.safetensors';
const TRAINING = 'training.json';

/**
 * config.json and model.safetensors for `from_pretrained`, AdamW's moments under the same names in optimizer.safetensors
 * (`first.NAME`, `second.NAME`), and in training.json the next step, the schedule and all else that the checkpoint says.
 *
 * Throws `DataError` for a file that is no such checkpoint of this model, or holds what PyTorch would not go on with.
 */
export async function writeTrainingFolder(
  { own, entries, names, kept, config }: TrainedModel,
  file: Uint8Array | Blob,
): Promise<ReadonlyMap<string, Blob>> {
  const source = await openSafetensors(file);
  const { format, run, extras = '{}' } = source.metadata;
  if (format !== 'heed.train.2' || run === undefined) {
    throw new DataError(
      'saveTraining',
      'this is no training checkpoint',
      "Give that of a run over this model's weights.",
    );
  }
  const about = JSON.parse(run) as Json;
  if (about.optimizerKind !== undefined && about.optimizerKind !== 'adamw') {
    throw new DataError(
      'saveTraining',
      `its optimizer is ${about.optimizerKind as string}`,
      'Train by AdamW.',
    );
  }
  const known = new Set(
    [...own.values()].flatMap(({ name }) => [name, ...MOMENTS.map((which) => `optimizer.${which}.${name}`)]),
  );
  const other = source.names().find((name) => !known.has(name));
  if (other !== undefined) {
    const todo = 'Train without keepLast, in f32, and with an objective that keeps no state.';
    throw new DataError('saveTraining', `${other} is nothing that PyTorch goes on with`, todo);
  }
  /** Of all parameters that the file has it for. */
  const all = async (prefix: string): Promise<NamedTensor[]> => {
    const there = new Set(source.names());
    const data = new Map<string, Float32Array>();
    for (const [name, parameter] of own) {
      const stored = prefix + parameter.name;
      if (there.has(stored)) data.set(name, await source.float32(stored));
      else if (prefix === '')
        throw new DataError('saveTraining', `${stored} is not there`, "Give this model's.");
    }
    return theirTensors(entries, names, data).map((tensor) => ({ ...tensor, dtype: 'F32' }));
  };
  const weights = await all('');
  const others = kept.map((tensor): NamedTensor => ({ ...tensor, dtype: 'F32' }));
  const moments: NamedTensor[] = [];
  for (const which of MOMENTS)
    for (const tensor of await all(`optimizer.${which}.`))
      moments.push({ ...tensor, name: `${which}.${tensor.name}` });
  const json = (value: unknown): Blob => new Blob([`${JSON.stringify(value, null, 2)}\n`]);
  return new Map([
    ['config.json', json(config)],
    [WEIGHTS, safetensorsBlob([...others, ...weights], { format: 'pt' })],
    [OPTIMIZER, safetensorsBlob(moments, { format: 'pt' })],
    [TRAINING, json({ format: FORMAT, run: about, extras: JSON.parse(extras) as Json })],
  ]);
}

/**
 * The checkpoint that such a folder is now, for `Run.create({ resume })`. Throws `DataError` for files that are not there or not
 * those of this model.
 */
export async function readTrainingFolder(
  { own, entries, kept }: TrainedModel,
  folder: ModelFolder,
): Promise<Uint8Array<ArrayBuffer>> {
  const open = opener(folder, {});
  const about = await jsonOf(open, TRAINING);
  if (about?.format !== FORMAT) {
    throw new DataError(
      TRAINING,
      'it is not there, or not what saveTraining writes',
      'Give the folder that went to PyTorch.',
    );
  }
  const opened = async (name: string): Promise<WeightSource> => {
    const blob = await blobOf(open, name);
    if (!blob) throw new DataError(name, 'it is not there', 'Give all files of the folder.');
    return openSafetensors(blob);
  };
  const tensors: NamedTensor[] = [];
  const read = async (
    source: WeightSource,
    some: ReadonlyMap<string, Entry>,
    prefix: string,
  ): Promise<void> => {
    const ours = checkpoint(source, { where: 'openTraining', entries: some });
    for (const name of some.keys()) {
      const { shape, name: stored } = own.get(name)!;
      tensors.push({ name: prefix + stored, shape, dtype: 'F32', data: await ours.float32(name) });
    }
  };
  const aside = new Set(kept.map(({ name }) => name));
  const weights = await opened(WEIGHTS);
  await read(
    only(weights, (name) => (aside.has(name) ? null : name)),
    entries,
    '',
  );
  const moments = await opened(OPTIMIZER);
  const trained = new Map([...entries].filter(([name]) => own.get(name)!.trainable));
  for (const which of MOMENTS) {
    const inner = (name: string): string | null =>
      name.startsWith(`${which}.`) ? name.slice(which.length + 1) : null;
    await read(only(moments, inner), trained, `optimizer.${which}.`);
  }
  return saveSafetensors(tensors, {
    format: 'heed.train.2',
    run: JSON.stringify(about.run),
    extras: JSON.stringify(about.extras ?? {}),
  });
}

/** Some of a file's tensors, by other names. */
function only(source: WeightSource, nameOf: (name: string) => string | null): WeightSource {
  const names = new Map(
    source.names().flatMap((name) => {
      const other = nameOf(name);
      return other === null ? [] : [[other, name] as const];
    }),
  );
  return {
    names: () => [...names.keys()],
    info: (name) => source.info(names.get(name)!),
    float32: (name, options) => source.float32(names.get(name)!, options),
  };
}
