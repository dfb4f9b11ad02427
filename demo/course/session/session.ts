/** What the worker does for the course: follows a text through the writer that ships, number by number. */
import { EngineError } from '../../../engine/index';
import { GPT } from '../../../models/index';
import { Connection } from '../../session/connection';
import { farthest } from '../../session/farthest';
import type { Reader } from '../../session/reader';
import { ShippedReader, type ModelFiles } from '../../session/shipped-reader';
import { MOST, type CourseEvent, type CourseInfo, type Switches, type Walk } from './protocol';
import { WalkPlan } from './walk-plan';

export class CourseSession {
  readonly #emit: (event: CourseEvent) => void;
  readonly #connection = new Connection(
    (adapter) => this.#emit({ kind: 'adapter', adapter }),
    () => this.#emit({ kind: 'recovered' }),
  );
  readonly #shipped: ShippedReader;
  /** Those of a lost device went with it. */
  readonly #plans = new WeakMap<Reader, Promise<WalkPlan>>();
  /** Texts are read one after the other: the plan answers for the last one. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(emit: (event: CourseEvent) => void, shipped = ShippedReader.ofWorker) {
    [this.#emit, this.#shipped] = [emit, shipped];
  }

  /** Opens the adapter. Throws a `DeviceError` where there is none. */
  async open(): Promise<void> {
    await this.#connection.open();
  }

  /** `files` are those of the model, which the first call fetches. */
  about(files: ModelFiles): Promise<CourseInfo> {
    return this.#use(files, async (reader, plan) => {
      const { layers, heads, width } = modelOf(reader).config;
      return { ...reader.info(), layers, heads, width, positions: await plan.positions() };
    });
  }

  /** An empty text is a line break. Throws a `DataError` for characters that the tokenizer lacks. */
  walk(files: ModelFiles, text: string, switches: Switches): Promise<Walk> {
    return this.#use(files, async (reader, plan) => {
      const all = reader.encode(text);
      const ids = all.subarray(0, MOST);
      const walk = await plan.walk(ids, switches);
      const whole = switches.positions && switches.blocks.every((on) => on);
      const cut = all.length > ids.length;
      const difference = whole ? farthest(walk.logits, await lastLogits(reader, ids)) : null;
      return { ...walk, ids, cut, difference, text: reader.tokenizer.decode(ids) };
    });
  }

  /** For tests: destroys the device, as a driver crash would. */
  loseDevice(): void {
    this.#connection.lose();
  }

  #use<T>(files: ModelFiles, work: (reader: Reader, plan: WalkPlan) => Promise<T>): Promise<T> {
    const result = this.#last.then(() =>
      this.#shipped.use(this.#connection, files, async (reader) => work(reader, await this.#planOf(reader))),
    );
    this.#last = result.catch(() => undefined);
    return result;
  }

  #planOf(reader: Reader): Promise<WalkPlan> {
    const known = this.#plans.get(reader);
    if (known) return known;
    const plan = WalkPlan.record(reader.device, modelOf(reader));
    this.#plans.set(reader, plan);
    plan.catch(() => this.#plans.delete(reader));
    return plan;
  }
}

function modelOf({ model }: Reader): GPT {
  if (model instanceof GPT) return model;
  throw new EngineError('Course', 'the model is no GPT', 'Follow the writer that ships.');
}

/** (V), of what follows the last token when the model is called as one. */
async function lastLogits(reader: Reader, ids: Uint32Array): Promise<Float32Array> {
  const { logits } = await reader.read(ids, { attention: false });
  return logits.slice(-reader.model.config.vocabulary);
}
