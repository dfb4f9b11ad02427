/** What the worker does for the page See: says what is in pictures. */
import { Connection } from '../../session/connection';
import { servedFolder } from '../../session/fetched';
import type { ModelFiles } from '../../session/shipped-reader';
import { Captioner } from './captioner';
import type { Drawn, Said, SeeEvent } from './protocol';

export class SeeSession {
  readonly #emit: (event: SeeEvent) => void;
  readonly #connection = new Connection(
    (adapter) => this.#emit({ kind: 'adapter', adapter }),
    () => this.#emit({ kind: 'recovered' }),
  );
  #opened: Promise<Captioner> | null = null;
  /** Pictures are said one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(emit: (event: SeeEvent) => void) {
    this.#emit = emit;
  }

  /** Opens the adapter. Throws a `DeviceError` where there is none. */
  async open(): Promise<void> {
    await this.#connection.open();
  }

  /** What is in a picture. The model is fetched by the first call. Throws a `DataError` for a file that is none. */
  say(files: ModelFiles, image: Drawn | Blob): Promise<Said> {
    const turn = this.#last.then(() =>
      this.#connection.use(async (device) => (await this.#captioner(device, files)).say(image)),
    );
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** For tests: destroys the device, as a driver crash would. */
  loseDevice(): void {
    this.#connection.lose();
  }

  async #captioner(device: Captioner['device'], files: ModelFiles): Promise<Captioner> {
    const opened = await this.#opened?.catch(() => null);
    if (opened?.device === device) return opened;
    this.#opened = Captioner.open(device, servedFolder(files));
    return this.#opened;
  }
}
