/** What the worker does for the page Write: reads a text, with the writer that ships or with the GPT of this tab. */
import { EngineError } from '../../../engine/index';
import { Connection } from '../../session/connection';
import type { Reader } from '../../session/reader';
import { ShippedReader, type ModelFiles } from '../../session/shipped-reader';
import { Trained } from '../../session/trained';
import type { WriteEvent, WriterInfo, WriterName, WriterReading } from './protocol';

/** News of a GPT that learns are told at most this often. */
const EVERY_MS = 250;

/** A text, or the ids of its tokens. */
type Text = string | readonly number[];

export class WriteSession {
  readonly #emit: (event: WriteEvent) => void;
  readonly #connection = new Connection(
    (adapter) => this.#emit({ kind: 'adapter', adapter }),
    () => this.#emit({ kind: 'recovered' }),
  );
  readonly #shipped: ShippedReader;
  readonly #trained: Trained;
  #telling: ReturnType<typeof setTimeout> | undefined;
  #told = -Infinity;

  constructor(
    emit: (event: WriteEvent) => void,
    shipped = ShippedReader.ofWorker,
    trained = Trained.ofWorker,
  ) {
    [this.#emit, this.#shipped, this.#trained] = [emit, shipped, trained];
    trained.listen(() => this.#tellSoon());
  }

  /** Opens the adapter, and tells of the GPT of this tab. Throws a `DeviceError` where there is no adapter. */
  async open(): Promise<void> {
    await this.#connection.open();
    this.#tell();
  }

  /** What the page must know of a model: `files` are those of the one that ships, which the first call fetches. */
  async about(writer: WriterName, files: ModelFiles): Promise<WriterInfo> {
    if (writer === 'shipped') {
      return this.#shipped.use(this.#connection, files, (reader) =>
        Promise.resolve({ ...reader.info(), number: 0 }),
      );
    }
    return this.#own((reader, number) => Promise.resolve({ ...reader.info(), number }));
  }

  /** As `Reader.read`. */
  async read(writer: WriterName, files: ModelFiles, text: Text, attention: boolean): Promise<WriterReading> {
    if (writer === 'shipped') {
      return this.#shipped.use(this.#connection, files, async (reader) => {
        return { ...(await reader.read(text, { attention })), number: 0, step: null };
      });
    }
    return this.#own(async (reader, number, step) => {
      return { ...(await reader.read(text, { attention })), number, step };
    });
  }

  /** For tests: destroys the device, as a driver crash would. */
  loseDevice(): void {
    this.#connection.lose();
  }

  async #own<T>(work: (reader: Reader, number: number, step: number) => Promise<T>): Promise<T> {
    const { teacher } = this.#trained;
    if (!teacher?.trained) {
      throw new EngineError('Write', 'no GPT has been trained in this tab', 'Train one on the Train page.');
    }
    return teacher.whileStill((reader, step) => work(reader, teacher.trained!.number, step));
  }

  #tellSoon(): void {
    this.#telling ??= setTimeout(
      () => this.#tell(),
      Math.max(0, EVERY_MS - (performance.now() - this.#told)),
    );
  }

  #tell(): void {
    clearTimeout(this.#telling);
    this.#telling = undefined;
    this.#told = performance.now();
    this.#emit({ kind: 'trained', trained: this.#trained.teacher?.trained ?? null });
  }
}
