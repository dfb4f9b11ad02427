/** The tab that finds lines by what they mean. */
import { Latest, type Host } from './host';
import type { UnderstandEvent } from './session/protocol';
import { SearchPanel } from './view/search-panel';

export class Search {
  readonly panel = new SearchPanel();
  readonly #host: Host;
  readonly #reading: Latest;
  readonly #asking: Latest;
  /** What the map was made of. */
  #read: string | null = null;

  constructor(host: Host) {
    [this.#host, this.#reading, this.#asking] = [host, new Latest(host), new Latest(host)];
    this.panel.onLines = () => void this.read(true);
    this.panel.onQuery = () => {
      host.changed();
      void this.ask();
    };
  }

  hear({ done, total }: Extract<UnderstandEvent, { kind: 'work' }>): void {
    this.panel.progress = { done, total };
  }

  /** There is another encoder. */
  forget(): void {
    this.#read = null;
    this.panel.base();
    this.panel.found(null);
  }

  /** The classifier went: the encoder reads again. */
  taughtNoMore(): void {
    if (this.panel.rows === 'base') return;
    this.forget();
    void this.read(false);
  }

  /** `anew`: also where the same lines have been read. */
  async read(anew: boolean): Promise<void> {
    const { encoder, replay } = this.#host;
    if (replay) return this.#replay();
    if (!encoder) return;
    const { rows, text } = this.panel;
    const guests = await import('./examples/guests');
    const wanted = text ?? guests.messages();
    if (wanted === '') return;
    const key = `${rows}\n${wanted}`;
    if (!anew && this.#read === key) return;
    this.#read = key;
    this.panel.reading();
    this.#host.render();
    await this.#reading.run(async (isCurrent) => {
      try {
        const map = await this.#host.session!.readLines(wanted, rows);
        if (!isCurrent()) return;
        this.panel.found(map, text === null ? guests.meant() : null);
      } catch (error) {
        if (!isCurrent()) return;
        this.#read = null;
        return this.panel.failed(error as Error);
      }
      this.#host.render();
      await this.ask();
    });
  }

  ask(): Promise<void> {
    return this.#asking.run(async (isCurrent) => {
      const { query } = this.panel;
      const { replay, session } = this.#host;
      if (query === '') return this.panel.hits(null);
      if (replay) return this.panel.hits(replay.searched(query));
      const searched = await session!.search(query);
      if (!isCurrent()) return;
      if (searched) this.panel.hits(searched);
      else await this.read(true);
    });
  }

  async #replay(): Promise<void> {
    const { meant } = await import('./examples/guests');
    this.panel.found(this.#host.replay!.map, meant());
    await this.ask();
  }

  render(taught: boolean): void {
    const { strings, format, context, ready, encoder } = this.#host;
    const embeds = encoder !== null && !encoder.fills && this.panel.rows === 'base';
    this.panel.render(strings, format, { language: context.language, ready, taught, embeds });
  }
}
