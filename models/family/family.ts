import {
  DataError,
  parameters,
  piecesOf,
  RandomStream,
  sameShape,
  type WeightSource,
} from '../../engine/index';
import { checkpoint, namesOf, unwrapped, type Entry, type Part } from '../pretrained_checkpoint';
import type { Json, Names } from '../pretrained_config';
import { entriesOf, respelt, type WeightMap } from './weight_map';

/** A kind of models: how a Hugging Face folder describes one, and which tensors its parameters are. */
export interface Family<M extends object> {
  /** `model_type` of config.json. */
  readonly type: string;
  /** As people write it, for errors. */
  readonly title: string;
  /** Classes of Transformers whose checkpoints it reads and writes. */
  readonly architectures: readonly string[];
  /** The model of a config.json, without weights. Throws `DataError` for settings that change numbers and are not done. */
  build(config: Json, file: Names): M;
  weights(model: M): WeightMap;
}

/** A family of any model: what lists of families hold. */
export interface AnyFamily extends Omit<Family<object>, 'weights'> {
  weights(model: never): WeightMap;
}

/** A model beside a checkpoint. */
export interface Described<M> {
  readonly model: M;
  /** What each parameter is made of there, by our names. */
  readonly entries: ReadonlyMap<string, Entry>;
  /** The checkpoint under our names: all of it is checked, nothing is read yet. */
  readonly weights: WeightSource;
  /** The checkpoint under its own names, in today's spelling. */
  readonly source: WeightSource;
  /** Names there of what is kept aside. */
  readonly kept: readonly string[];
  /** Our names of parameters that the checkpoint lacks: those of a new head. */
  readonly fresh: readonly string[];
}

/**
 * The model that a config.json and a checkpoint make; nothing is read but names and shapes. With a seed it gets a new head:
 * parameters of the head that the checkpoint lacks, or has in another shape, begin as that draws them, and tensors of other
 * heads are left out.
 *
 * @throws DataError for settings that are not done, quantized weights, adapters, tensors that are missing or left over;
 * ShapeError where a tensor has another shape than the configuration makes it. By their names there.
 */
export function describe<M extends object>(
  family: Family<M>,
  config: Json,
  file: WeightSource,
  seed: number | null = null,
): Described<M> {
  const where = `${family.title} checkpoint`;
  const plain = unwrapped(file, where);
  const model = family.build(config, plain);
  const map = family.weights(model);
  const old = respelt(map, plain.names());
  if (old.size < plain.names().length) {
    const twice = plain.names().find((name) => ![...old.values()].includes(name))!;
    throw new DataError(where, `${twice} is there in two spellings`, 'Leave one of them out.');
  }
  const source: WeightSource = {
    names: () => [...old.keys()],
    info: (name) => plain.info(old.get(name)!),
    float32: (name, options) => plain.float32(old.get(name)!, options),
    pieces: (name, options) => piecesOf(plain, old.get(name)!, options),
  };
  const own = parameters(model);
  const entries = entriesOf(map, own, source.names());
  const { ignored: buffers, heads } = map;
  const there = new Set(source.names());
  const present = (part: Part): string[] => namesOf(part).filter((name) => there.has(name));
  const fits = (part: Part): boolean =>
    present(part).some((name) => sameShape(source.info(name).shape, part.shape));
  const isHead = ({ parts }: Entry): boolean => parts.every(({ name }) => heads?.test(name));
  const fresh = new Map([...entries].filter(([, entry]) => isHead(entry) && !entry.parts.every(fits)));
  let begun: ReadonlyMap<string, Entry> = entries;
  let others: readonly string[] = []; // of other heads
  if (seed === null) {
    const lacking = [...fresh.values()].flatMap(({ parts }) => parts.filter((p) => present(p).length === 0));
    if (lacking.length > 0) {
      const names = lacking.map(({ name }) => name).join(', ');
      const what = `weights of ${family.architectures[0]} are not in the checkpoint (${names})`;
      throw new DataError(where, what, 'To train new ones on a task, say newHead.');
    }
  } else {
    const drawn = [...fresh].map(([name, entry]): [string, Entry] => {
      const { size, init } = own.get(name)!;
      return [name, { ...entry, absent: () => init(size, new RandomStream(seed, name)) }];
    });
    begun = new Map([...entries, ...drawn]);
    const read = [...entries].flatMap(([name, { parts }]) => (fresh.has(name) ? [] : parts.flatMap(namesOf)));
    const used = new Set(read);
    others = source.names().filter((name) => heads?.test(name) && !used.has(name));
  }
  const kept = source.names().filter((name) => map.kept?.test(name) && !others.includes(name));
  const aside = new Set([...kept, ...others]);
  const used: WeightSource = { ...source, names: () => source.names().filter((name) => !aside.has(name)) };
  const weights = checkpoint(used, { where, entries: begun, ...(buffers && { buffers }) });
  return { model, entries, weights, source, kept, fresh: seed === null ? [] : [...fresh.keys()] };
}
