/** A model on the device that was taught a task, or is to be: its head, and what is done with it. */
import { EngineError, type Device } from '../../../engine/index';
import { jsonOf, opener } from '../../../models/files/folder';
import { openFor, type OpenedFor, type Task } from '../../../models/finetune/index';
import type { ModelFolder } from '../../../models/index';
import type { OpenOptions } from './encoder';

type Tools = Readonly<Record<string, Disposable>>;

export abstract class Pupil<T extends Tools = Tools> implements Disposable {
  readonly opened: OpenedFor;
  /** What its head tells apart. */
  readonly labels: readonly string[];
  #device: Device;
  /** Made of the model where it is now. */
  #tools: T | null = null;

  constructor(device: Device, opened: OpenedFor, labels: readonly string[]) {
    [this.#device, this.opened, this.labels] = [device, opened, labels];
  }

  protected abstract make(device: Device): T;

  get device(): Device {
    return this.#device;
  }

  /** It has gone on learning: on this device, perhaps another one. */
  moved(device: Device): void {
    this.#drop();
    this.#device = device;
  }

  protected get tools(): T {
    return (this.#tools ??= this.make(this.#device));
  }

  #drop(): void {
    for (const one of Object.values(this.#tools ?? {})) one[Symbol.dispose]();
    this.#tools = null;
  }

  [Symbol.dispose](): void {
    this.#drop();
    this.opened[Symbol.dispose]();
  }
}

/** Labels of a checkpoint's own head, in their order, and how it tells them. */
export async function headOf(
  folder: ModelFolder,
  signal: AbortSignal,
): Promise<{ readonly labels: readonly string[]; readonly problem: unknown; readonly architecture: string }> {
  const config = (await jsonOf(opener(folder, { signal }), 'config.json')) ?? {};
  const labels = Object.entries((config.id2label as Record<string, string> | undefined) ?? {})
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, label]) => label);
  const architecture = [config.architectures].flat()[0];
  const named = typeof architecture === 'string' ? architecture : '';
  return { labels, problem: config.problem_type, architecture: named };
}

/** Opens a folder for a task with a head that is to learn, or with its own: throws `EngineError` where it has none. */
export async function openPupil<E extends object>(
  folder: ModelFolder,
  task: Task<E>,
  own: boolean,
  { device, signal, onWeights }: OpenOptions,
): Promise<OpenedFor> {
  if (own) {
    const { architecture } = await headOf(folder, signal);
    if (!task.classes.test(architecture)) {
      const what = `config.json names ${architecture || 'no architecture'}, which has no head for this`;
      throw new EngineError('Model', what, 'Open a folder that was saved in this tab, or one of its kind.');
    }
  }
  return openFor(folder, task, { device, signal, onProgress: onWeights });
}
